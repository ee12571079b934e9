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

/// Power loss by proxy: all nodes die at random moments under load, again and again, with the index being flushed
/// often, so that the files on disk are caught in every state.
@Command(
        name = "power-loss",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "kill -9 of all nodes at random moments under load with the index flushed often; in the end every"
                + " acknowledged body is read back and its checksum compared.")
final class PowerLoss extends Campaign {
    private static final Duration ROUND_LIMIT = Duration.ofMinutes(4);

    @Option(names = "--rounds", defaultValue = "100", description = "Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--flush-bytes",
            defaultValue = "262144",
            description = "The index is flushed at so many bytes. Default: ${DEFAULT-VALUE}.")
    private long flushBytes;

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "kill -9 of all nodes at random moments, " + rounds + " times";
    }

    @Override
    Duration limit() {
        return ROUND_LIMIT.multipliedBy(rounds).plusMinutes(15);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout().with("POSTHOUSE_FLUSH_BYTES", Long.toString(flushBytes)));
        Ledger ledger = new Ledger();
        Figures back = new Figures();
        var _ = awaitSafe(cluster);
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            for (int round = 1; round <= rounds; round++) {
                once(cluster, ledger, running, back, round);
            }
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        var _ = awaitSafe(cluster);
        var _ = expectKept(cluster, ledger);
        expectDigestsAgree(cluster);
        report().say("all virtual servers writing again after the kill: %s", back);
    }

    private void once(SampleCluster cluster, Ledger ledger, Load running, Figures back, int round) throws IOException {
        ClusterStatus before = cluster.await("every virtual server is online", SAFE_LIMIT, ClusterStatus::online);
        letPass(Duration.ofMillis(500).plus(upTo(Duration.ofSeconds(3))));
        long killed = System.nanoTime();
        before.nodes().forEach(node -> Processes.kill(node.pid()));
        long acknowledged = ledger.count(Ledger.Outcome.ACKNOWLEDGED);
        List<String> names =
                before.nodes().stream().map(ClusterStatus.Node::name).toList();
        forEach(names, cluster::startNode);
        for (ClusterStatus.VirtualServer server : before.virtualServers()) {
            if (running.next(server.name(), killed, SAFE_LIMIT).isEmpty()) {
                throw new IOException(server.name() + " took no mail within " + SAFE_LIMIT.toSeconds()
                        + " s after power loss " + round);
            }
        }
        back.add((System.nanoTime() - killed) / 1e6);
        long there = Reading.count(cluster);
        report().expect(
                        there >= acknowledged,
                        "power loss %d: %d acknowledged before it, %d messages there after it, %.1f s later",
                        round,
                        acknowledged,
                        there,
                        (System.nanoTime() - killed) / 1e9);
    }
}
