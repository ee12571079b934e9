package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.GroupState;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.Replica;
import org.posthouse.cluster.Reply;
import org.posthouse.cluster.RoomPolicy;
import org.posthouse.cluster.VirtualServer;

/// Virtual servers that come and go in a running cluster, on real Raft groups and stores.
@Timeout(600)
class GroupsTest {
    @TempDir
    private Path folder;

    @Test
    void oneThatIsRenamedServesFailsOverAndIsThereAfterARestartOfAll() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 1)) {
            cluster.startAll();
            cluster.awaitWhole("vs1");
            cluster.deliver("vs1", "first");
            accepted(cluster, new Command.RenameGroup("vs1", "vs9"));
            cluster.awaitWhole("vs9");
            cluster.deliver("vs1", "second");
            assertThat(cluster.online).containsOnlyKeys("vs1");

            String owner = cluster.owner("vs1");
            cluster.stop(owner);
            cluster.deliver("vs1", "third");
            cluster.start(owner);
            cluster.awaitWhole("vs9");
            cluster.awaitEqualDigests();

            cluster.stopAll();
            cluster.startAll();
            cluster.awaitWhole("vs9");
            assertThat(cluster.messages("vs1")).isEqualTo(3);
            ClusterClient client = new ClusterClient(cluster.operator("n2"));
            assertThat(client.image(Duration.ofSeconds(10)).virtualServers()).containsOnlyKeys("vs9");
            assertThat(client.status().virtualServers().getFirst().storage()).isEqualTo("vs1");
        }
    }

    @Test
    void oneIsCreatedServesFailsOverIsDeletedAndItsNameGivenAgain() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 4, 2)) {
            cluster.startAll();
            cluster.awaitWhole("vs1", "vs2");
            create(cluster);
            cluster.awaitWhole("vs3");
            cluster.deliver("vs3", "first");
            assertThat(cluster.messages("vs3")).isEqualTo(1);
            OpenEpoch before = server(cluster).opened().orElseThrow().epoch();

            String heir = cluster.heir("vs3");
            Reply moved = cluster.any().submit(new Command.Move("vs3", heir), Duration.ofSeconds(10));
            assertThat(moved.accepted()).as(moved.message()).isTrue();
            cluster.await("vs3 is on " + heir, () -> cluster.owner("vs3").equals(heir));
            cluster.awaitWhole("vs3");
            cluster.deliver("vs3", "second");

            // One of its nodes is away while it is deleted.
            String away = server(cluster).replicas().voters().stream()
                    .map(Replica::node)
                    .filter(node -> !node.equals(cluster.owner("vs3")))
                    .toList()
                    .getLast();
            Replica held = server(cluster).replicas().replicas().stream()
                    .filter(replica -> replica.node().equals(away))
                    .findFirst()
                    .orElseThrow();
            String here = cluster.owner("vs3");
            refused(cluster, new Command.DeleteGroup("vs3"), "group offline vs3");
            accepted(cluster, new Command.SetGroupWanted("vs3", false));
            cluster.await("vs3 to be offline", () -> server(cluster).state() == GroupState.OFFLINE);
            cluster.stop(away);
            accepted(cluster, new Command.DeleteGroup("vs3"));
            cluster.await(
                    "the others to have put it aside", () -> remains(cluster).equals(List.of(away)));
            assertThat(cluster.folder(here).resolve("store/vs3")).doesNotExist();
            assertThat(cluster.folder(here).resolve("raft/vs3")).doesNotExist();
            assertThat(cluster.folder(away).resolve("store/vs3")).isDirectory();
            refused(cluster, creation(), "'vs3' was deleted, and [" + away + "] may still hold replicas of it");

            cluster.start(away);
            cluster.await("nothing to be left", () -> remains(cluster).isEmpty());
            Path aside = cluster.folder(away).resolve("removed/vs3." + held.incarnation());
            assertThat(aside.resolve("store")).isDirectory();
            assertThat(aside.resolve("raft/member")).isRegularFile();
            assertThat(Files.exists(cluster.folder(away).resolve("store/vs3"))).isFalse();

            // The name is given again: to an empty virtual server, in later epochs.
            create(cluster);
            cluster.awaitWhole("vs3", "vs1", "vs2");
            assertThat(cluster.messages("vs3")).isZero();
            assertThat(server(cluster).opened().orElseThrow().epoch()).isGreaterThan(before);
            cluster.deliver("vs3", "third");
            cluster.awaitEqualDigests();
            cluster.stopAll();
            cluster.startAll();
            cluster.awaitWhole("vs1", "vs2", "vs3");
            assertThat(cluster.messages("vs3")).isEqualTo(1);
        }
    }

    private static Command creation() {
        return new Command.CreateGroup(
                new FirstPlan.PlannedServer(
                        "vs3",
                        List.of(
                                new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of()),
                                new FirstPlan.PlannedResource("imap", "imap", new TreeMap<>(), List.of("storage")))),
                RoomPolicy.ONE_PER_NODE,
                Optional.empty());
    }

    private static void create(TestCluster cluster) throws Exception {
        cluster.await("all nodes to have told their types", () -> cluster.image().nodes().values().stream()
                .noneMatch(node -> node.types().isEmpty()));
        accepted(cluster, creation());
        cluster.await("vs3 to be online", () -> {
            VirtualServer server = server(cluster);
            return server != null
                    && server.state() == GroupState.ONLINE
                    && server.permission().owner().equals(cluster.online.get("vs3"));
        });
    }

    private static VirtualServer server(TestCluster cluster) {
        return cluster.image().virtualServers().get("vs3");
    }

    private static List<String> remains(TestCluster cluster) {
        return cluster.image().nodes().values().stream()
                .filter(node -> !node.remains().isEmpty())
                .map(node -> node.name())
                .toList();
    }

    private static void accepted(TestCluster cluster, Command command) throws Exception {
        Reply reply = cluster.any().submit(command, Duration.ofSeconds(20));
        assertThat(reply.accepted()).as(reply.message()).isTrue();
    }

    private static void refused(TestCluster cluster, Command command, String because) throws Exception {
        Reply reply = cluster.any().submit(command, Duration.ofSeconds(20));
        assertThat(reply.accepted()).isFalse();
        assertThat(reply.message()).contains(because);
    }
}
