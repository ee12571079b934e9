package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.NodeDuty;
import org.posthouse.cluster.Reply;

/// A node that a third-party cluster service started, as an operator's commands find it.
@Timeout(300)
class OutsideNodeTest {
    private static final Duration WITHIN = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    @Test
    void whatRunsWhereIsNotThisClustersToDecideAllElseIs() throws Exception {
        try (var warrant = new OutsideWarrant("a folder", "a test", () -> true, reason -> {});
                TestCluster cluster = new TestCluster(folder, 1, 1)) {
            cluster.warrant = Optional.of(warrant);
            cluster.startAll();
            cluster.await("vs1 to be online", () -> "n1".equals(cluster.online.get("vs1")));
            ClusterClient operator = new ClusterClient(cluster.operator("n1"));
            for (Command placing : List.of(
                    new Command.Move("vs1", "n2"),
                    new Command.MoveReplica("vs1", "n1", "n2"),
                    new Command.SetGroupWanted("vs1", false),
                    new Command.DeleteGroup("vs1"),
                    new Command.RemovePossibleOwner("vs1", "imap", "n1"),
                    new Command.SetNodeDuty("n1", NodeDuty.DRAINING),
                    new Command.AddNode("n2", "127.0.0.1", 1, 2, "", false),
                    new Command.EvictNode("n1"),
                    new Command.WriteOffNode("n1"))) {
                Reply reply = operator.submit(placing, WITHIN);
                assertThat(reply.accepted()).as(placing.toString()).isFalse();
                assertThat(reply.message()).contains("a third-party cluster service decides", "crm_resource --move");
            }
            Reply reply = operator.submit(new Command.SetResourceWanted("vs1", "imap", false), WITHIN);
            assertThat(reply.accepted()).as(reply.message()).isTrue();
            cluster.await("imap to be offline", () -> cluster.online.isEmpty());
        }
    }
}
