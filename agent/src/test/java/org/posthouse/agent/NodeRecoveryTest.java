package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.GroupState;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.Reply;
import org.posthouse.wire.Link;
import org.posthouse.wire.Opening;

/// One of three real agents goes on alone, and the cluster grows again.
@Timeout(600)
class NodeRecoveryTest {
    private static final UUID NEW = UUID.randomUUID();

    @TempDir
    private Path folder;

    private static void recover(TestCluster cluster, String node) throws IOException {
        NodeRecovery found = NodeRecovery.look(cluster.folder(node), cluster.id, node);
        found.prepare(NEW, "a test", 1_800_000_000_000L);
        List<String> groups = List.copyOf(found.held().keySet());
        List<String> lost = List.copyOf(found.lost());
        NodeRecovery.commit(cluster.folder(node), cluster.id, NEW, groups, lost);
        NodeRecovery.commit(cluster.folder(node), cluster.id, NEW, groups, lost);
        cluster.ids.put(node, NEW);
    }

    private static OpenEpoch epoch(TestCluster cluster, String server) {
        return cluster.image()
                .virtualServers()
                .get(server)
                .opened()
                .orElseThrow()
                .epoch();
    }

    private static void set(TestCluster cluster, String server, String room) throws IOException {
        Reply reply = cluster.any().submit(new Command.SetGroupProperty(server, "room", room), Duration.ofSeconds(30));
        assertThat(reply.accepted()).as(reply.message()).isTrue();
    }

    @Test
    void theSurvivorServesWhatItHadAndTheClusterGrowsAgain() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 2)) {
            cluster.startAll();
            cluster.awaitWhole("vs1", "vs2");
            for (int i = 0; i < 10; i++) {
                cluster.deliver("vs1", "one-" + i);
                cluster.deliver("vs2", "two-" + i);
            }
            cluster.awaitEqualDigests();
            assertThatThrownBy(() -> NodeRecovery.look(cluster.folder("n1"), cluster.id, "n1"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
            cluster.stopAll();
            cluster.wipe("n3");

            NodeRecovery found = NodeRecovery.look(cluster.folder("n1"), cluster.id, "n1");
            assertThat(found.held().keySet()).containsExactly("cluster", "vs1", "vs2");
            assertThat(found.lost()).isEmpty();
            assertThat(found.held().get("vs1").lastMillis()).isGreaterThan(1_700_000_000_000L);
            assertThat(found.held().get("vs1").filling()).isFalse();
            assertThat(found.image().nodes().keySet()).containsExactly("n1", "n2", "n3");
            recover(cluster, "n1");

            cluster.start("n1");
            cluster.await("vs1 online on n1 alone", () -> online(cluster, "vs1"));
            assertThat(cluster.messages("vs1")).isEqualTo(10);
            cluster.deliver("vs1", "alone");
            assertThat(cluster.messages("vs1")).isEqualTo(11);
            assertThat(epoch(cluster, "vs1").generation()).isEqualTo(2);
            ClusterImage image = cluster.image();
            assertThat(image.id()).isEqualTo(NEW.toString());
            assertThat(image.nodes().keySet()).containsExactly("n1");
            assertThat(image.history()).anyMatch(line -> line.text().contains("recovered on node n1 alone"));

            // By policy a node has one; an operator lets it have both.
            set(cluster, "vs1", "stack 2");
            set(cluster, "vs2", "stack 2");
            cluster.await("vs2 online on n1 too", () -> online(cluster, "vs2"));
            assertThat(cluster.messages("vs2")).isEqualTo(10);

            for (String name : List.of("n4", "n5")) {
                cluster.ids.put(name, NEW);
                Files.createDirectories(cluster.folder(name));
                cluster.join(name);
            }
            cluster.awaitWhole("vs1", "vs2");
            cluster.stop("n1");
            cluster.deliver("vs1", "without the survivor");
            cluster.await(
                    "another owner of vs1",
                    () -> !cluster.owner("vs1").equals("n1")
                            && cluster.stores.get(cluster.owner("vs1") + "/vs1") != null);
            assertThat(cluster.messages("vs1")).isEqualTo(12);
        }
    }

    /// By an image from after the recovery, once there was one: a node that starts sees those before it go by.
    private static boolean online(TestCluster cluster, String server) {
        String id = cluster.ids.getOrDefault("n1", cluster.id).toString();
        return cluster.image().id().equals(id)
                && cluster.image().virtualServers().containsKey(server)
                && cluster.image().virtualServers().get(server).state() == GroupState.ONLINE
                && "n1".equals(cluster.online.get(server));
    }

    @Test
    void aReplicaThatCannotBeUsedIsNotMadeAnewEmptyAndIsKeptAside() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 1, 2)) {
            cluster.startAll();
            cluster.await("both open", () -> online(cluster, "vs1") && online(cluster, "vs2"));
            cluster.deliver("vs1", "kept");
            cluster.deliver("vs2", "lost");
            cluster.stopAll();
            Path node = cluster.folder("n1");
            try (Stream<Path> files = Files.walk(node.resolve("raft/vs2"))) {
                Files.delete(files.filter(file -> file.endsWith("raft-meta"))
                        .findFirst()
                        .orElseThrow());
            }
            NodeRecovery found = NodeRecovery.look(node, cluster.id, "n1");
            assertThat(found.lost()).containsExactly("vs2");
            assertThat(found.unusable("vs2").orElseThrow()).contains("vote");
            recover(cluster, "n1");

            cluster.start("n1");
            cluster.await("vs1 online", () -> online(cluster, "vs1"));
            assertThat(cluster.messages("vs1")).isEqualTo(1);
            cluster.await("vs2 failed", () -> {
                var lost = cluster.image().virtualServers().get("vs2");
                return lost.state() == GroupState.FAILED && lost.reason().contains("no replica survived");
            });
            // By then the node has looked after what it holds.
            assertThat(cluster.image().virtualServers().get("vs2").replicas().replicas())
                    .isEmpty();
            assertThat(node.resolve("store/vs2")).doesNotExist();
            assertThat(node.resolve("store/vs2.before-recovery")).isNotEmptyDirectory();
            assertThat(node.resolve("raft/vs2.before-recovery")).isNotEmptyDirectory();
        }
    }

    /// Two of three are a majority of the old cluster, and go on as that: it cannot be prevented from here. What they
    /// say and do counts for nothing in the new one.
    @Test
    void oldNodesThatReturnAreAnotherCluster() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 1)) {
            cluster.startAll();
            cluster.awaitWhole("vs1");
            cluster.deliver("vs1", "before");
            cluster.awaitEqualDigests();
            cluster.stopAll();
            recover(cluster, "n1");
            cluster.start("n1");
            cluster.await("vs1 online on n1 alone", () -> online(cluster, "vs1"));
            OpenEpoch epoch = epoch(cluster, "vs1");

            cluster.start("n2");
            cluster.start("n3");
            cluster.await(
                    "the old majority to elect a coordinator of its own",
                    () -> cluster.agents.get("n2").image().version() > 0
                            && cluster.agents
                                    .get("n2")
                                    .image()
                                    .virtualServers()
                                    .get("vs1")
                                    .opened()
                                    .isPresent()
                            && !cluster.agents
                                    .get("n2")
                                    .image()
                                    .nodes()
                                    .get("n1")
                                    .up());
            cluster.deliver("vs1", "new");
            assertThat(cluster.image("n1").nodes().keySet()).containsExactly("n1");
            assertThat(cluster.image("n1")
                            .virtualServers()
                            .get("vs1")
                            .opened()
                            .orElseThrow()
                            .epoch())
                    .isEqualTo(epoch);
            assertThat(cluster.image("n2").id()).isEqualTo(cluster.id.toString());
            assertThat(cluster.messages("vs1")).isEqualTo(2);
            // One that asks to be let in again is told that it is in another cluster.
            Link towards = cluster.agents.get("n2").links().await("node:n1", Duration.ofSeconds(30));
            Opening head = new Opening(
                    ClusterMember.SUBMIT, new TreeMap<>(Map.of(Pulse.CLUSTER_FIELD, cluster.id.toString())));
            byte[] rejoin = Json.bytes(new Command.RejoinNode("n2", true, 0, 0, "x"));
            assertThatThrownBy(() -> towards.call(head, rejoin, Duration.ofSeconds(10)))
                    .hasMessageContaining("left behind");
        }
    }
}
