package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Node;
import org.posthouse.cluster.Replica;
import org.posthouse.cluster.Reply;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.Links;
import org.posthouse.wire.PeerIdentity;

/// Agents of several nodes in one process, on real Raft groups, links and stores.
@Timeout(600)
class NodeAgentTest {
    private static final String[] ALL = {"vs1", "vs2", "vs3"};

    @TempDir
    private Path folder;

    @Test
    void aClusterFormsFailsOverMovesAndRefillsAWipedNode() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 4, 3)) {
            cluster.startAll();
            cluster.awaitWhole(ALL);
            for (int i = 0; i < 20; i++) {
                cluster.deliver("vs1", "before-" + i);
            }

            // The owner dies: the heir serves, with everything, and nothing moves back when the owner returns.
            String owner = cluster.owner("vs1");
            String heir = cluster.heir("vs1");
            long stopped = System.nanoTime();
            cluster.stop(owner);
            long closed = System.nanoTime();
            cluster.deliver("vs1", "after-loss");
            long delivered = System.nanoTime();
            System.out.printf(
                    "failover in one process: closing took %d ms, the next delivery %d ms more%n",
                    TimeUnit.NANOSECONDS.toMillis(closed - stopped), TimeUnit.NANOSECONDS.toMillis(delivered - closed));
            cluster.await(
                    "the heir's open is recorded", () -> cluster.owner("vs1").equals(heir));
            assertThat(cluster.messages("vs1")).isEqualTo(21);
            cluster.await("services follow", () -> heir.equals(cluster.online.get("vs1")));
            cluster.start(owner);
            cluster.awaitWhole(ALL);
            assertThat(cluster.owner("vs1")).as("nothing moves back unasked").isEqualTo(heir);

            // A move is asked for.
            Reply reply = cluster.any().submit(new Command.Move("vs1", owner), Duration.ofSeconds(10));
            assertThat(reply.accepted()).as(reply.message()).isTrue();
            cluster.await("vs1 is on " + owner, () -> cluster.owner("vs1").equals(owner));
            cluster.deliver("vs1", "after-move");
            cluster.awaitWhole(ALL);

            // A node loses its disk and comes back under its name.
            String wiped = cluster.owner("vs2");
            cluster.stop(wiped);
            cluster.wipe(wiped);
            cluster.deliver("vs1", "while-gone");
            cluster.start(wiped);
            cluster.awaitWhole(ALL);
            Node again = cluster.image().nodes().get(wiped);
            assertThat(again.incarnation()).isGreaterThan(1);
            cluster.await("the wiped node votes in the cluster group again", () -> {
                ClusterImage image = cluster.image();
                return image.clusterGroup().change().isEmpty()
                        && image.clusterGroup().of(image.nodes().get(wiped)).isPresent();
            });
            assertThat(cluster.messages("vs1")).isEqualTo(23);
            cluster.awaitEqualDigests();

            // What the coordinators decided can be decided again.
            cluster.stopAll();
            for (Path file : keptInputs()) {
                assertThat(InputLog.replay(file)).as(file.toString()).isEmpty();
            }
        }
    }

    @Test
    void allNodesStoppedAtOnceComeBackByThemselves() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 2)) {
            cluster.startAll();
            cluster.awaitWhole("vs1", "vs2");
            cluster.deliver("vs1", "one");
            cluster.deliver("vs2", "two");

            cluster.stopAll();
            cluster.startAll();

            cluster.awaitWhole("vs1", "vs2");
            assertThat(cluster.messages("vs1")).isEqualTo(1);
            assertThat(cluster.messages("vs2")).isEqualTo(1);
        }
    }

    @Test
    void theVoteOfALostNodeMovesSoThatASecondLossIsSurvived() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 4, 3)) {
            cluster.startAll();
            cluster.awaitWhole("vs1", "vs2", "vs3");
            assertThat(voters(cluster)).containsExactly("n1", "n2", "n3");
            cluster.stop("n3");
            cluster.await("n4 to have the vote of n3", () -> voters(cluster).equals(List.of("n1", "n2", "n4")));

            cluster.stop("n1");
            cluster.await(
                    "the loss of n1 to be recorded",
                    () -> !cluster.image("n2").nodes().get("n1").up());
            cluster.deliver("vs2", "after two losses");

            // Nodes that were taken out while they were away follow again.
            cluster.start("n3");
            cluster.start("n1");
            cluster.await(
                    "n3 to be back in the cluster group",
                    () -> cluster.image("n2").clusterGroup().on("n3")
                            && cluster.image("n2").clusterGroup().change().isEmpty());
            cluster.awaitWhole("vs1", "vs2", "vs3");
            cluster.await(
                    "n3 to have the newest image",
                    () -> cluster.image("n3").version() == cluster.image("n2").version());
        }
    }

    private static List<String> voters(TestCluster cluster) {
        ClusterImage image = cluster.image("n2");
        return image.clusterGroup().change().isPresent()
                ? List.of()
                : image.clusterGroup().voters().stream().map(Replica::node).toList();
    }

    /// The first node owns, coordinates and has the only vote at first; in the end it is gone. Mail never stops.
    @Test
    void aClusterOfOneGrowsAndItsFirstNodeLeaves() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 1, 1)) {
            cluster.startAll();
            cluster.deliver("vs1", "alone");
            AtomicBoolean enough = new AtomicBoolean();
            AtomicInteger delivered = new AtomicInteger(1);
            Thread sender = Thread.ofVirtual().start(() -> {
                while (!enough.get()) {
                    cluster.deliver("vs1", "meanwhile-" + delivered.get());
                    delivered.incrementAndGet();
                }
            });
            cluster.join("n2");
            cluster.join("n3");
            cluster.await(
                    "three votes",
                    () -> cluster.agents.containsKey("n2") && voters(cluster).equals(List.of("n1", "n2", "n3")));
            cluster.awaitWhole("vs1");
            cluster.join("n4");
            cluster.await(
                    "n4 to follow", () -> cluster.image("n2").clusterGroup().on("n4"));

            Reply reply = cluster.any().submit(new Command.EvictNode("n1"), Duration.ofSeconds(10));
            assertThat(reply.accepted()).as(reply.message()).isTrue();
            cluster.await("n1 to be gone", () -> !cluster.image("n2").nodes().containsKey("n1"));
            assertThat(voters(cluster)).containsExactly("n2", "n3", "n4");
            cluster.stop("n1");
            cluster.awaitWhole("vs1");
            enough.set(true);
            sender.join();
            assertThat(cluster.messages("vs1")).isEqualTo(delivered.get());
            cluster.awaitEqualDigests();
            assertThat(cluster.image().virtualServers().get("vs1").replicas().voters())
                    .hasSize(3);
        }
    }

    @Test
    void aNodeThatWasEvictedIsRefusedByAllAlsoWhenAnotherHasItsName() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 4, 1)) {
            cluster.startAll();
            cluster.awaitWhole("vs1");
            cluster.await(
                    "the certificates to be noted",
                    () -> cluster.image().certificates().shown().size() == 4);
            Path copy = Files.createDirectories(folder.resolve("copy"));
            for (String file : List.of("peer.key", "peer.pem", "ca.pem")) {
                Files.copy(cluster.folder("n4").resolve("tls").resolve(file), copy.resolve(file));
            }
            assertThat(refused(cluster, copy, "n1", Duration.ofSeconds(20))).isFalse();
            Reply reply = cluster.any().submit(new Command.EvictNode("n4"), Duration.ofSeconds(10));
            assertThat(reply.accepted()).as(reply.message()).isTrue();
            for (String node : List.of("n1", "n2", "n3")) {
                cluster.await(
                        node + " to know",
                        () -> cluster.image(node).certificates().revoked().size() == 1);
                assertThat(refused(cluster, copy, node, Duration.ofSeconds(1))).isTrue();
            }
            cluster.stop("n4");

            cluster.stop("n2");
            cluster.start("n2");
            cluster.await(
                    "n2 to know again",
                    () -> cluster.image("n2").certificates().revoked().size() == 1);
            assertThat(refused(cluster, copy, "n2", Duration.ofSeconds(1))).isTrue();

            cluster.wipe("n4");
            cluster.join("n4");
            cluster.await(
                    "the new n4 to take part",
                    () -> cluster.image().clusterGroup().on("n4"));
            cluster.await(
                    "its certificate",
                    () -> cluster.image("n1").certificates().shown().containsKey("n4"));
            assertThat(refused(cluster, copy, "n1", Duration.ofSeconds(1))).isTrue();
        }
    }

    /// Whether no link to a node comes about with a copy of a certificate.
    private static boolean refused(TestCluster cluster, Path copy, String node, Duration within) throws IOException {
        try (Links links = new Links(PeerIdentity.load(copy), new LinkServices(), LinkSettings.DEFAULT)) {
            links.peers(Map.of("node:" + node, cluster.agents.get(node).linkAddress()));
            return !links.await("node:" + node, within).up();
        } catch (IOException _) {
            return true;
        }
    }

    @Test
    void theCommandLineReachesTheCoordinatorThroughAnyNode() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 1)) {
            cluster.startAll();
            cluster.awaitWhole("vs1");
            for (String node : cluster.agents.keySet()) {
                Link link = cluster.operator(node);
                ClusterClient client = new ClusterClient(link);
                String user = node + "@example.org";
                Reply added =
                        client.submit(new Command.AddUser(user, "hash", Optional.empty(), 0), Duration.ofSeconds(10));
                assertThat(added.accepted()).as(added.message()).isTrue();
                assertThat(added.values()).containsEntry("virtual-server", "vs1");
                assertThat(client.image(Duration.ofSeconds(10)).directory().users())
                        .containsKey(user);
                assertThat(client.status().virtualServers().getFirst().survivesOwnerLoss())
                        .isTrue();
                Reply twice =
                        client.submit(new Command.AddUser(user, "hash", Optional.empty(), 0), Duration.ofSeconds(10));
                assertThat(twice.accepted()).isFalse();
                assertThat(twice.message()).contains("exists already");
            }
        }
    }

    private List<Path> keptInputs() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".jsonl")).toList();
        }
    }
}
