package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.posthouse.bench.Table;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// A cluster that begins as one node and becomes another one altogether, while mail comes.
@Command(
        name = "grow",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "One node grows to three and five; the first node, owner and coordinator, is evicted; one is"
                + " drained, a dead one is evicted; all under load. What each step costs is the longest time without an"
                + " acknowledged write.")
final class Grow extends Campaign {
    private static final Duration BETWEEN_STEPS = Duration.ofSeconds(5);

    private final Table table = new Table("step", "took s", "longest time without a write ms");

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "nodes that join and leave under load";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(40);
    }

    @Override
    SampleCluster.Layout layout() {
        return new SampleCluster.Layout(1, 1, 2, 10, Map.of());
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Ledger ledger = new Ledger();
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            step(
                    cluster,
                    running,
                    "n2 joins",
                    cluster::addNode,
                    now -> now.nodes().size() == 2 && now.online());
            step(cluster, running, "n3 joins", cluster::addNode, now -> votes(now, 3) && now.safe());
            step(cluster, running, "n4 joins", cluster::addNode, now -> votes(now, 3) && now.safe());
            step(cluster, running, "n5 joins", cluster::addNode, now -> votes(now, 5) && now.safe());
            step(cluster, running, "n1 is evicted", () -> cluster.evictNode("n1"), now -> votes(now, 3) && now.safe());
            String owner = cluster.status().virtualServers().getFirst().owner();
            step(
                    cluster,
                    running,
                    owner + " is drained",
                    () -> cluster.command("node", "drain", owner),
                    now -> now.ownedBy(owner).isEmpty() && now.safe());
            var _ = cluster.command("node", "resume", owner);
            ClusterStatus status = awaitSafe(cluster);
            String lost = status.virtualServers().getFirst().owner();
            step(
                    cluster,
                    running,
                    lost + " is killed and evicted",
                    () -> {
                        long pid = status.node(lost).pid();
                        report().expect(Processes.kill(pid), "%s (pid %d) killed", lost, pid);
                        return cluster.evictNode(lost);
                    },
                    now -> now.nodes().size() == 3 && votes(now, 3) && now.safe());
            expectRefused(cluster, cluster.status().nodes().getFirst().name());
            running.stop();
            report().table("Steps", table);
            report().say("refusals: %s", running.refusals());
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD) == 0, "no message was refused with 5xx");
        expectDigestsAgree(cluster);
    }

    private static boolean votes(ClusterStatus now, int wanted) {
        return now.cluster().quorum().voters() == wanted;
    }

    private interface Action {
        String run() throws IOException;
    }

    private void step(SampleCluster cluster, Load running, String what, Action action, Predicate<ClusterStatus> done)
            throws IOException {
        letPass(BETWEEN_STEPS);
        long begun = System.nanoTime();
        String said = action.run().strip();
        var _ = cluster.await(what, SAFE_LIMIT, done);
        double seconds = (System.nanoTime() - begun) / 1e9;
        double gap = running.longestGapNanos(begun) / 1e6;
        report().expect(true, "%s after %.1f s, longest time without a write %.0f ms: %s", what, seconds, gap, said);
        table.row(what, String.format(Locale.ROOT, "%.1f", seconds), String.format(Locale.ROOT, "%.0f", gap));
    }

    private void expectRefused(SampleCluster cluster, String node) {
        try {
            report().failed("a node of three was let go: " + cluster.evictNode(node));
        } catch (IOException e) {
            report().expect(
                            e.getMessage().contains("add another node first"),
                            "to evict %s, one of three, is refused: %s",
                            node,
                            e.getMessage().lines().reduce((first, last) -> last).orElse(""));
        }
    }
}
