package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.posthouse.bench.Table;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.MarkedMessage;
import org.posthouse.testkit.SampleCluster;
import org.posthouse.testkit.SmtpClient;
import org.posthouse.testkit.SmtpClient.Protocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A very large message is delivered and appended while small ones go on.
@Command(
        name = "large",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A large message delivered and appended while small deliveries go on: no change of owner, and the"
                + " small ones' p99 in the same run with and without it.")
final class LargeMessage extends Campaign {
    private static final Duration LARGE_LIMIT = Duration.ofMinutes(5);
    private static final double RATIO_GOAL = 5;

    @Option(names = "--large-bytes", defaultValue = "50000000", description = "Default: ${DEFAULT-VALUE}.")
    private int largeBytes;

    @Option(names = "--seconds", defaultValue = "60", description = "Without the large one. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(names = "--repeats", defaultValue = "3", description = "Large messages of each kind. Default: 3.")
    private int repeats;

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "messages of " + largeBytes + " bytes beside small ones";
    }

    @Override
    Duration limit() {
        return LARGE_LIMIT.multipliedBy(2L * repeats).plusSeconds(seconds).plusMinutes(10);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Ledger ledger = new Ledger();
        var _ = awaitSafe(cluster);
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            letPass(Duration.ofSeconds(10));
            Map<String, String> epochs = epochs(cluster.status());
            long from = System.nanoTime();
            letPass(Duration.ofSeconds(seconds));
            long middle = System.nanoTime();
            for (int k = 1; k <= repeats; k++) {
                deliver(cluster, ledger, "user1@example.org", k);
                append(cluster, ledger, "user1@example.org", k);
            }
            long to = System.nanoTime();
            Map<String, String> after = epochs(cluster.status());
            report().expect(epochs.equals(after), "no new epoch: %s before, %s after", epochs, after);
            running.stop();
            compare(running, from, middle, to);
            report().say("refusals: %s", running.refusals());
        }
        var _ = expectKept(cluster, ledger);
    }

    private static Map<String, String> epochs(ClusterStatus status) {
        Map<String, String> epochs = new TreeMap<>();
        status.virtualServers().forEach(server -> epochs.put(server.name(), String.valueOf(server.epoch())));
        return epochs;
    }

    private void deliver(SampleCluster cluster, Ledger ledger, String user, int k) throws IOException {
        String id = Long.toHexString(seed()) + "-large-delivered-" + k;
        byte[] message = MarkedMessage.of(id, user, largeBytes);
        long begun = System.nanoTime();
        try (SmtpClient client = SmtpClient.connect(Protocol.SMTP, cluster.smtp(1), LARGE_LIMIT)) {
            var _ = client.deliver("load@example.org", user, message);
            ledger.note(id, user, Ledger.Outcome.ACKNOWLEDGED);
        }
        said("delivered", begun);
    }

    private void append(SampleCluster cluster, Ledger ledger, String user, int k) throws IOException {
        String id = Long.toHexString(seed()) + "-large-appended-" + k;
        byte[] message = MarkedMessage.of(id, user, largeBytes);
        long begun = System.nanoTime();
        try (ImapClient client = ImapClient.login(cluster.imap(1), user, SampleCluster.PASSWORD, LARGE_LIMIT)) {
            var _ = client.append("INBOX", "", message);
            ledger.note(id, user, Ledger.Outcome.ACKNOWLEDGED);
        }
        said("appended", begun);
    }

    private void said(String how, long begun) {
        double taken = (System.nanoTime() - begun) / 1e9;
        report().say("%,d bytes %s in %.1f s (%.1f MB/s)", largeBytes, how, taken, largeBytes / 1e6 / taken);
    }

    private void compare(Load running, long from, long middle, long to) {
        Figures without = figures(running.between(from, middle));
        Figures with = figures(running.between(middle, to));
        double ratio = with.at(99) / without.at(99);
        report().table(
                        "Small deliveries",
                        new Table("", "count", "seconds", "p50 ms", "p99 ms", "max ms")
                                .row(row("without", without, middle - from))
                                .row(row("with", with, to - middle)));
        report().goal(
                        ratio < RATIO_GOAL,
                        "p99 of the small ones with large ones is %.1f times that without (goal: under %.0f)",
                        ratio,
                        RATIO_GOAL);
    }

    private static Object[] row(String name, Figures figures, long nanos) {
        return new Object[] {
            name,
            figures.count(),
            nanos / 1_000_000_000,
            Math.round(figures.median()),
            Math.round(figures.at(99)),
            Math.round(figures.at(100))
        };
    }

    private static Figures figures(List<Load.Acknowledgement> acknowledgements) {
        Figures figures = new Figures();
        figures.addAll(
                acknowledgements.stream().map(each -> each.latencyNanos() / 1e6).toList());
        return figures;
    }
}
