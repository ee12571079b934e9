package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.agent.NodeAgent;
import picocli.CommandLine;

/// `cluster recover` on a machine's folder: what it tells, what it refuses, and that the node runs after it.
@Timeout(300)
class RecoverCommandTest {
    @TempDir
    private Path folder;

    private StringWriter said;
    private Machine machine;

    private int posthouse(String... arguments) {
        said = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(said, true));
        line.setErr(new PrintWriter(said, true));
        return line.execute(arguments);
    }

    private int recover(String... more) {
        List<String> arguments = new ArrayList<>(List.of("cluster", "recover", "--dir", folder.toString()));
        arguments.addAll(List.of(more));
        return posthouse(arguments.toArray(String[]::new));
    }

    @BeforeEach
    void create() throws IOException {
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String[] create = {
                "cluster",
                "create",
                "acme",
                "--dir",
                folder.toString(),
                "--address",
                "127.0.0.1",
                "--replication-port",
                Integer.toString(one.getLocalPort()),
                "--link-port",
                Integer.toString(two.getLocalPort()),
                "--domain",
                "example.org"
            };
            assertThat(posthouse(create)).as(said.toString()).isZero();
        }
        machine = new Machine(folder);
    }

    private NodeAgent start() throws IOException {
        NodeAgent agent = NodeProcess.start(machine.node());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!agent.image().created()
                || agent.image().virtualServers().get("vs1").opened().isEmpty()
                || agent.status().virtualServers().stream()
                        .noneMatch(server -> !server.epoch().isEmpty())) {
            assertThat(System.nanoTime()).as("vs1 opens in time").isLessThan(end);
            LockSupport.parkNanos(20_000_000);
        }
        return agent;
    }

    @Test
    void itTellsRefusesActsAndTheNodeGoesOn() throws Exception {
        assertThat(recover()).isEqualTo(1);
        assertThat(said.toString()).contains("holds no replica of the cluster group");
        UUID before = machine.node().clusterId();
        try (NodeAgent _ = start()) {
            assertThat(recover()).isEqualTo(1);
            assertThat(said.toString()).contains("n1 runs: stop it first");
        }

        assertThat(recover()).as(said.toString()).isZero();
        assertThat(said.toString())
                .contains("cluster acme")
                .contains("n1.1")
                .contains("vs1 goes on with what is here. LOST is what only the lost nodes had")
                .contains("Nothing was changed");
        assertThat(machine.node().clusterId()).isEqualTo(before);

        // Another node takes connections: there may be a majority without this one.
        Machine.NodeFile file = machine.nodeFile().orElseThrow();
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            machine.write(new Machine.NodeFile(
                    file.cluster(),
                    file.name(),
                    file.address(),
                    file.replicationPort(),
                    file.linkPort(),
                    new TreeMap<>(Map.of("n2", "127.0.0.1:" + other.getLocalPort()))));
            assertThat(recover("--yes")).isEqualTo(1);
            assertThat(said.toString()).contains("still answer: n2 at 127.0.0.1:" + other.getLocalPort());
            assertThat(machine.node().clusterId()).isEqualTo(before);
        }

        assertThat(recover("--yes", "--reason", "a fire")).as(said.toString()).isZero();
        assertThat(said.toString()).contains("n1 is the only node of the cluster now");
        UUID after = machine.node().clusterId();
        assertThat(after).isNotEqualTo(before);
        assertThat(machine.node().peers()).isEmpty();
        assertThat(folder.resolve("node.json.before-recovery")).content().contains(before.toString());
        assertThat(folder.resolve("node/recovery.json")).doesNotExist();
        try (NodeAgent agent = start()) {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
            while (agent.image()
                            .virtualServers()
                            .get("vs1")
                            .opened()
                            .orElseThrow()
                            .epoch()
                            .generation()
                    < 2) {
                assertThat(System.nanoTime()).as("vs1 opens anew in time").isLessThan(end);
                LockSupport.parkNanos(20_000_000);
            }
            assertThat(agent.image().id()).isEqualTo(after.toString());
            assertThat(agent.image().history())
                    .anyMatch(line -> line.text().contains("recovered on node n1 alone")
                            && line.text().contains("a fire"));
        }
    }

    /// With the journal there the node does not start, and the command finishes what was begun.
    @Test
    void aRecoveryThatWasCutShortIsFinishedFirst() throws Exception {
        Path node = machine.nodeFolder();
        UUID to = UUID.randomUUID();
        new RecoveryJournal(machine.node().clusterId(), to, "n1", List.of(), List.of(), List.of("n2")).write(node);
        assertThat(posthouse("node", "run", "--dir", folder.toString())).isEqualTo(1);
        assertThat(said.toString()).contains("was cut short").contains("cluster recover --yes");
        assertThat(recover()).isZero();
        assertThat(said.toString()).contains("'cluster recover --yes' finishes it");
        assertThat(node.resolve(RecoveryJournal.FILE)).exists();
        assertThat(recover("--yes")).isZero();
        assertThat(said.toString()).contains("it is finished now");
        assertThat(node.resolve(RecoveryJournal.FILE)).doesNotExist();
        assertThat(machine.node().clusterId()).isEqualTo(to);
        assertThat(Files.exists(node.resolve(NodeSetup.FORMING))).isFalse();
    }

    @Test
    void aSampleClusterForgetsTheLost() {
        SampleCluster sample = new SampleCluster("s", UUID.randomUUID(), 0, 20_000, 4, 1, 1, 1, List.of("n2"));
        UUID to = UUID.randomUUID();
        SampleCluster recovered = sample.recovered(to, "n3");
        assertThat(recovered.nodeNames()).containsExactly("n3");
        assertThat(recovered.id()).isEqualTo(to);
        assertThat(recovered.nextNode()).isEqualTo("n5");
    }
}
