package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.replication.SharedFolder;
import org.posthouse.wire.PeerIdentity;
import picocli.CommandLine;

/// The folder of a virtual server that a third-party cluster service starts. How it runs: `faults pacemaker`.
class ServerCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter said = new StringWriter();

    private int posthouse(String... arguments) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(said, true));
        line.setErr(new PrintWriter(said, true));
        return line.execute(arguments);
    }

    private Path create() {
        Path at = folder.resolve("vs1");
        assertThat(posthouse("server", "create", "vs1", "--dir", at.toString(), "--domain", "example.org"))
                .as(said.toString())
                .isZero();
        return at;
    }

    @Test
    void everyStartFindsTheSameNodeInAFolderOfItsOwn() throws IOException {
        OutsideServer server = new OutsideServer(create());
        Path earlier;
        try (SharedFolder first = server.takeOver("n1", why -> {})) {
            earlier = first.epoch();
            NodeSetup node = server.node(first);
            assertThat(node.name()).isEqualTo("vs1");
            assertThat(node.address()).isEqualTo("127.0.0.1");
            assertThat(PeerIdentity.load(node.tls()).name()).isEqualTo("node:vs1");
            ClusterImage planned = node.planned().orElseThrow();
            assertThat(planned.virtualServers()
                            .get("vs1")
                            .resources()
                            .get("imap")
                            .properties())
                    .containsEntry("port", "143");
        }
        try (SharedFolder second = server.takeOver("n2", why -> {})) {
            assertThat(second.epoch()).isNotEqualTo(earlier);
            NodeSetup node = server.node(second);
            assertThat(node.planned()).as("not formed yet").isPresent();
            node.formed();
        }
        try (SharedFolder third = server.takeOver("n3", why -> {})) {
            assertThat(server.node(third).planned()).isEmpty();
        }
    }

    @Test
    void commandsFindItOnTheMachineOnWhichItRuns() throws IOException {
        Machine machine = (Machine) Installation.open(create());
        assertThat(machine.known()).containsEntry("vs1", "127.0.0.1:2801");
        assertThat(PeerIdentity.load(machine.operatorTls()).name()).isEqualTo("operator:admin");
    }

    @Test
    void aLocalFileSystemTakesFencing() throws IOException {
        Path at = create();
        String fileSystem = Files.getFileStore(at).type();
        boolean local = List.of("ext4", "xfs", "btrfs", "overlay", "tmpfs").contains(fileSystem);
        assertThat(posthouse("server", "check", "--dir", at.toString()))
                .as(fileSystem)
                .isEqualTo(local ? 1 : 0);
        assertThat(said.toString()).contains(local ? "it is refused" : "limited support");
        assertThat(posthouse("server", "check", "--dir", at.toString(), "--fencing", "node"))
                .isZero();
        assertThat(posthouse("server", "check", "--dir", at.toString(), "--fencing", "stonith"))
                .isEqualTo(2);
    }

    @Test
    void aFolderThatIsNotMountedIsNotTakenForANewOne() {
        assertThat(posthouse("server", "run", "--dir", folder.toString(), "--fencing", "node"))
                .isEqualTo(1);
        assertThat(said.toString()).contains("is the folder mounted?");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void noNodeIsAdmittedToIt() {
        assertThat(posthouse("node", "admit", "n2", "--dir", create().toString()))
                .isEqualTo(1);
        assertThat(said.toString()).contains("for a third-party cluster service to start");
    }

    @Test
    void aFolderInUseIsLeftAlone() {
        Path at = create();
        assertThat(posthouse("server", "create", "vs2", "--dir", at.toString(), "--domain", "example.org"))
                .isEqualTo(1);
        assertThat(said.toString()).contains("is not empty");
    }
}
