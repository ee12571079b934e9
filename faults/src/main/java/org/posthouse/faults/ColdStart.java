package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// All nodes are killed at once under load and started again.
@Command(
        name = "cold-start",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "All nodes killed at once under load and started again: everything acknowledged is there, and"
                + " the replicas agree.")
final class ColdStart extends Campaign {
    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "How long mail flows before. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "all nodes killed at once and started again";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(20).plusSeconds(seconds);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Ledger ledger = new Ledger();
        ClusterStatus before = awaitSafe(cluster);
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            letPass(Duration.ofSeconds(seconds).plus(upTo(Duration.ofSeconds(1))));
            long killed = killAll(before);
            List<String> names =
                    before.nodes().stream().map(ClusterStatus.Node::name).toList();
            forEach(names, cluster::startNode);
            for (ClusterStatus.VirtualServer server : before.virtualServers()) {
                var next = running.next(server.name(), killed, SAFE_LIMIT);
                report().expect(next.isPresent(), "%s acknowledges writes again", server.name());
                next.ifPresent(write -> report().say(
                                "%s: next acknowledged write %.1f s after the kill",
                                server.name(), (write.answeredNanos() - killed) / 1e9));
            }
            var _ = awaitSafe(cluster);
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        var _ = expectKept(cluster, ledger);
        expectDigestsAgree(cluster);
    }

    private long killAll(ClusterStatus status) {
        long now = System.nanoTime();
        status.nodes().forEach(node -> Processes.kill(node.pid()));
        report().say("killed %d nodes within %.1f ms", status.nodes().size(), (System.nanoTime() - now) / 1e6);
        return now;
    }
}
