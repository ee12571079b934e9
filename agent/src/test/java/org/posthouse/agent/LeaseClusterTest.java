package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.ResourceTypes;

/// A resource that needs the node lease, in a cluster of real agents.
@Timeout(600)
class LeaseClusterTest {
    @TempDir
    private Path folder;

    @Test
    void itFollowsItsVirtualServerAndIsNeverOnTwoNodes() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 1)) {
            cluster.startAll();
            cluster.awaitWhole("vs1");
            cluster.await("all nodes have told their types", () -> ResourceTypes.known(cluster.image())
                    .containsKey(TestCluster.LEASED));
            accepted(
                    cluster,
                    new Command.CreateResource(
                            "vs1", "address", TestCluster.LEASED, new TreeMap<>(), List.of("storage"), true));
            awaitOn(cluster, cluster.owner("vs1"));

            // A move: the old owner says that it has nothing online any more, and the new one need not wait.
            String heir = cluster.heir("vs1");
            accepted(cluster, new Command.Move("vs1", heir));
            cluster.await("moved", () -> heir.equals(cluster.online.get("vs1")));
            long moved = System.nanoTime();
            awaitOn(cluster, heir);
            System.out.printf("the lease moved %d ms after the rest%n", millisSince(moved));

            // A loss, of the coordinator too if it is the same node: mail goes on at once, the address after 5 s.
            cluster.awaitWhole("vs1");
            String next = cluster.heir("vs1");
            cluster.stop(heir);
            cluster.await("mail goes on", () -> next.equals(cluster.online.get("vs1")));
            assertThat(cluster.online).doesNotContainKey("vs1/leased");
            long lost = System.nanoTime();
            awaitOn(cluster, next);
            System.out.printf("the lease was taken over %d ms after the rest%n", millisSince(lost));
            assertThat(cluster.doubles).isEmpty();

            accepted(cluster, new Command.DeleteResource("vs1", "address"));
            cluster.await("deleted", () -> !cluster.online.containsKey("vs1/leased"));
            assertThat(cluster.online).containsEntry("vs1", next);
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static void accepted(TestCluster cluster, Command command) throws Exception {
        var reply = cluster.any().submit(command, Duration.ofSeconds(30));
        assertThat(reply.accepted()).as(reply.message()).isTrue();
    }

    private static void awaitOn(TestCluster cluster, String node) {
        cluster.await("online on " + node, () -> node.equals(cluster.online.get("vs1/leased")));
    }
}
