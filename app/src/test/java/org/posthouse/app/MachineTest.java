package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.frontend.FrontEndSettings.Port;
import org.posthouse.wire.JoinToken;
import org.posthouse.wire.PeerIdentity;
import picocli.CommandLine;

/// Folders of machines of a real cluster, as commands make them. How they run together: `faults failover`.
class MachineTest {
    @TempDir
    private Path folder;

    private final StringWriter said = new StringWriter();

    private int posthouse(String... arguments) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(said, true));
        line.setErr(new PrintWriter(said, true));
        return line.execute(arguments);
    }

    private int create(Path at) {
        return posthouse(
                "cluster",
                "create",
                "acme",
                "--dir",
                at.toString(),
                "--address",
                "10.0.0.1",
                "--domain",
                "example.org,example.net",
                "--virtual-server",
                "vs1,vs2");
    }

    @Test
    void aClusterIsMadeWithItsFirstNode() throws IOException {
        Path at = folder.resolve("a");
        assertThat(create(at)).as(said.toString()).isZero();
        Machine machine = (Machine) Installation.open(at);
        NodeSetup node = machine.node();
        assertThat(node.name()).isEqualTo("n1");
        assertThat(node.address()).isEqualTo("10.0.0.1");
        assertThat(node.peers()).isEmpty();
        assertThat(node.loginInClear()).isFalse();
        assertThat(PeerIdentity.load(node.tls()).name()).isEqualTo("node:n1");
        assertThat(PeerIdentity.load(machine.operatorTls()).name()).isEqualTo("operator:admin");
        ClusterImage planned = node.planned().orElseThrow();
        assertThat(planned.id()).isEqualTo(node.clusterId().toString());
        assertThat(planned.virtualServers().keySet()).containsExactly("vs1", "vs2");
        assertThat(planned.directory().domains().keySet()).containsExactly("example.net", "example.org");
        assertThat(planned.virtualServers().get("vs1").resources().get("smtp").properties())
                .isEqualTo(Map.of("host-name", "vs1.example.org", "postmaster-domain", "example.org"));
        assertThat(machine.known()).isEqualTo(Map.of("n1", "10.0.0.1:2801"));
        try (var files = Files.walk(machine.nodeFolder())) {
            assertThat(files.map(file -> file.getFileName().toString())).doesNotContain("ca.key");
        }
        node.formed();
        assertThat(machine.node().planned()).isEmpty();
    }

    @Test
    void aFolderInUseIsLeftAlone() throws IOException {
        Path at = folder.resolve("a");
        Files.createDirectories(at);
        Files.writeString(at.resolve("letter"), "dear");
        assertThat(create(at)).isEqualTo(1);
        assertThat(said.toString()).contains("is not empty");
        assertThat(create(folder.resolve("b"))).isZero();
        UUID id = new Machine(folder.resolve("b")).node().clusterId();
        assertThat(create(folder.resolve("b"))).isEqualTo(1);
        assertThat(new Machine(folder.resolve("b")).node().clusterId()).isEqualTo(id);
    }

    @Test
    void namesAreChecked() {
        assertThat(posthouse(
                        "cluster",
                        "create",
                        "acme",
                        "--dir",
                        folder.resolve("c").toString(),
                        "--address",
                        "10.0.0.1",
                        "--domain",
                        "example.org",
                        "--virtual-server",
                        "cluster"))
                .isEqualTo(2);
        assertThat(said.toString()).contains("can not be named 'cluster'");
        assertThat(folder.resolve("c")).doesNotExist();
    }

    @Test
    void aFrontEndListensWhereItIsTold() throws IOException {
        Machine machine = new Machine(folder);
        machine.write(new Machine.FrontEndFile(
                UUID.randomUUID(),
                "f1",
                "0.0.0.0",
                new TreeMap<>(Map.of("smtp", 25, "imap", 0, "imaps", 993)),
                "mail.example.org",
                "example.org",
                new TreeMap<>(Map.of("n1", "10.0.0.1:2801"))));
        FrontEndSetup setup = machine.frontEnd();
        assertThat(setup.listeners().keySet()).containsExactlyInAnyOrder(Port.SMTP, Port.IMAPS);
        assertThat(setup.nodes().get("n1").getPort()).isEqualTo(2801);
    }

    @Test
    void commandsSayWhereTheyCanBeGiven() throws IOException {
        Machine machine = new Machine(folder);
        machine.write(new Machine.NodeFile(
                UUID.randomUUID(), "n2", "10.0.0.2", 2800, 2801, new TreeMap<>(Map.of("n1", "10.0.0.1:2801"))));
        assertThat(posthouse("status", "--dir", folder.toString())).isEqualTo(1);
        assertThat(said.toString()).contains("the machine on which the cluster was created, or on one to which");
        assertThat(posthouse("node", "admit", "n3", "--dir", folder.toString())).isEqualTo(1);
        assertThat(said.toString()).contains("certificate authority is kept");
        assertThat(posthouse("down", "--dir", folder.toString())).isEqualTo(1);
        assertThat(said.toString()).contains("that is for sample clusters");
    }

    @Test
    void aTokenForSomethingElseIsRefused() {
        assertThat(posthouse("node", "join", "abc", "--address", "10.0.0.2", "--dir", folder.toString()))
                .isEqualTo(1);
        assertThat(said.toString()).contains("that is no token");
        assertThat(folder.resolve("node")).doesNotExist();
    }

    /// A join that was cut short may be repeated; a node's data is never joined over.
    @Test
    void aMachineThatHoldsANodeDoesNotJoin() throws IOException {
        String token = new JoinToken("127.0.0.1", 1, "node:n2", new byte[32], new byte[16]).text();
        String[] join = {"node", "join", token, "--address", "10.0.0.2", "--dir", folder.toString()};
        Files.createDirectories(folder.resolve("node/tls"));
        assertThat(posthouse(join)).isEqualTo(1);
        assertThat(said.toString()).contains("nobody waits at 127.0.0.1:1").doesNotContain("holds a node");
        Files.createDirectories(folder.resolve("node/raft"));
        assertThat(posthouse(join)).isEqualTo(1);
        assertThat(said.toString()).contains("holds a node already");
    }

    @Test
    void anAddressThatIsNoneIsNamed() throws IOException {
        Machine machine = new Machine(folder);
        machine.write(new Machine.NodeFile(
                UUID.randomUUID(), "n2", "10.0.0.2", 2800, 2801, new TreeMap<>(Map.of("n1", "nonsense"))));
        assertThatThrownBy(machine::node).hasMessageContaining("n1").hasMessageContaining("nonsense");
    }
}
