package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.agent.StatusReport.ReplicaStatus;

/// Two real agents and a third that only votes and keeps a log.
@Timeout(600)
class WitnessTest {
    @TempDir
    private Path folder;

    private static ReplicaStatus witness(TestCluster cluster) {
        return cluster.any().status().virtualServers().getFirst().replicas().stream()
                .filter(replica -> replica.node().equals("w1"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void itHostsNothingAndItsVoteIsEnoughForEither() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 2, 1)) {
            cluster.startAll();
            cluster.await("vs1 online", () -> cluster.online.containsKey("vs1"));
            cluster.join("w1", true);
            cluster.awaitWhole("vs1");
            for (int i = 0; i < 5; i++) {
                cluster.deliver("vs1", "one-" + i);
            }
            assertThat(witness(cluster).role()).isEqualTo("witness");
            assertThat(witness(cluster).keptEntries()).isPositive();

            String owner = cluster.owner("vs1");
            cluster.stop(owner);
            cluster.await(
                    "vs1 on the other node",
                    () -> !cluster.owner("vs1").equals(owner)
                            && cluster.owner("vs1").equals(cluster.online.get("vs1")));
            cluster.deliver("vs1", "without " + owner);
            cluster.start(owner);
            cluster.awaitWhole("vs1");

            // It knows by itself what it is, before it knows any image.
            cluster.stop("w1");
            cluster.deliver("vs1", "without w1");
            cluster.start("w1");
            cluster.awaitWhole("vs1");
            assertThat(cluster.messages("vs1")).isEqualTo(7);
            assertThat(cluster.online).doesNotContainValue("w1");
            assertThat(cluster.folder("w1").resolve("store").resolve("vs1")).doesNotExist();
            assertThat(cluster.folder("w1").resolve("raft").resolve("vs1")).isDirectory();

            cluster.stopAll();
            assertThatThrownBy(() -> NodeRecovery.look(cluster.folder("w1"), cluster.id, "w1"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("w1 is a witness: it holds no mail");
        }
    }
}
