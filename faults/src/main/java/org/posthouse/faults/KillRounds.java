package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.posthouse.bench.Table;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Each node in turn is killed (or frozen) under load, and brought back, round after round.
@Command(
        name = "kill-rounds",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "kill -9 (or SIGSTOP) of each node in turn under a constant load; then every acknowledged message"
                + " is looked for. Prints how long each lost virtual server took until its next acknowledged write.")
final class KillRounds extends Campaign {
    private static final Duration NEXT_WRITE_LIMIT = Duration.ofSeconds(90);
    private static final Duration STAY_DOWN = Duration.ofSeconds(2);
    private static final double MEDIAN_GOAL_MILLIS = 1_500;

    @Option(names = "--rounds", defaultValue = "10", description = "Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--freeze", description = "SIGSTOP, and SIGCONT to bring back, instead of SIGKILL and a start.")
    private boolean freeze;

    @Option(
            names = "--nodes",
            split = ",",
            paramLabel = "NAME",
            description = "Only these nodes, in this order. Default: every node.")
    private List<String> only = List.of();

    @Mixin
    private LoadOptions load;

    private final Figures gaps = new Figures();
    private final Map<String, Figures> gapsByServer = new TreeMap<>();
    private final Figures safeAgain = new Figures();
    private final Table table = new Table("round", "node", "owned", "next write ms", "safe again s");

    @Override
    String title() {
        return (freeze ? "freeze" : "kill -9") + " of each node in turn, " + rounds + " rounds";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(5L + 5L * rounds * layout().nodes());
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Ledger ledger = new Ledger();
        var _ = awaitSafe(cluster);
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            List<String> every = cluster.status().nodes().stream()
                    .map(ClusterStatus.Node::name)
                    .toList();
            List<String> nodes = only.isEmpty() ? every : only;
            for (int round = 1; round <= rounds; round++) {
                for (String node : nodes) {
                    once(cluster, running, round, node);
                }
            }
            running.stop();
            report().table("Faults", table);
            report().say("refusals: %s", running.refusals());
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD) == 0, "no message was refused with 5xx");
        expectDigestsAgree(cluster);
        Table summary = Figures.table("kill to next write");
        gapsByServer.forEach((server, figures) -> summary.row(figures.row(server)));
        summary.row(gaps.row("all")).row(safeAgain.row("safe again"));
        report().table("Times", summary);
        report().goal(
                        gaps.median() < MEDIAN_GOAL_MILLIS,
                        "median time to the next acknowledged write under %.0f ms: %s",
                        MEDIAN_GOAL_MILLIS,
                        gaps);
    }

    private void once(SampleCluster cluster, Load running, int round, String node) throws IOException {
        ClusterStatus before = awaitSafe(cluster);
        List<String> owned = before.ownedBy(node);
        long pid = before.node(node).pid();
        letPass(upTo(Duration.ofSeconds(1)));
        long hit = System.nanoTime();
        if (freeze) {
            Processes.signal(pid, "STOP");
        } else {
            report().expect(Processes.kill(pid), "round %d: %s (pid %d) killed", round, node, pid);
        }
        List<String> waits = new ArrayList<>();
        for (String server : owned) {
            Optional<Load.Acknowledgement> next = running.next(server, hit, NEXT_WRITE_LIMIT);
            if (next.isEmpty()) {
                report().failed(server + " acknowledged no write within " + NEXT_WRITE_LIMIT.toSeconds() + " s after "
                        + node + " was lost in round " + round);
                continue;
            }
            double millis = (next.get().answeredNanos() - hit) / 1e6;
            gaps.add(millis);
            gapsByServer.computeIfAbsent(server, _ -> new Figures()).add(millis);
            waits.add(String.format(Locale.ROOT, "%.0f", millis));
        }
        letPass(STAY_DOWN);
        long back = System.nanoTime();
        if (freeze) {
            Processes.signal(pid, "CONT");
        } else {
            cluster.startNode(node);
        }
        var _ = awaitSafe(cluster);
        double seconds = (System.nanoTime() - back) / 1e9;
        safeAgain.add(seconds * 1e3);
        String lost = owned.isEmpty() ? "-" : String.join(",", owned);
        String waited = waits.isEmpty() ? "-" : String.join(",", waits);
        table.row(round, node, lost, waited, String.format(Locale.ROOT, "%.1f", seconds));
        report().say(
                        "round %d: %s %s, owned %s, next write after %s ms, safe again %.1f s after it came back",
                        round, node, freeze ? "frozen" : "killed", lost, waited, seconds);
    }
}
