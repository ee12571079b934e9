package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.posthouse.bench.Machine;
import org.posthouse.bench.Table;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.RunningCluster;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// A campaign: faults done to a sample cluster of real processes, and a verdict. The same seed makes the same
/// choices; what the machine makes of them is its own.
///
/// Exit codes: 0 everything held, 1 something did not, 2 nothing could be tried.
abstract class Campaign implements Callable<Integer> {
    /// How long the cluster may take to be safe again after a fault.
    static final Duration SAFE_LIMIT = Duration.ofMinutes(3);

    @Spec
    private CommandSpec spec;

    @Option(names = "--seed", description = "Makes the same choices again. Default: a new one, printed.")
    private Long chosenSeed;

    @Option(
            names = "--dir",
            paramLabel = "FOLDER",
            defaultValue = "/tmp",
            description = "Where the cluster's temporary folder is made. Default: ${DEFAULT-VALUE}.")
    private Path parent;

    @Option(names = "--keep", description = "Leave the cluster's folder in place.")
    private boolean keep;

    @Option(names = "--strict", description = "A missed goal fails the campaign.")
    private boolean strict;

    @Option(
            names = "--limit-minutes",
            description = "End everything after so long. Default: as long as the campaign's own waits allow.")
    private Integer limitMinutes;

    private final List<RunningCluster> clusters = new CopyOnWriteArrayList<>();
    private Report report;
    private Random random;
    private long seed;

    /// What it does, for the head of its report.
    abstract String title();

    /// Does it. What it expects is noted in the report; an exception means that it could not go on.
    abstract void run() throws IOException;

    /// How long it takes at most.
    abstract Duration limit();

    /// The cluster that this campaign needs.
    SampleCluster.Layout layout() {
        return SampleCluster.Layout.standard();
    }

    /// Why nothing can be tried here; empty if it can.
    Optional<String> missing() {
        return SampleCluster.missing();
    }

    final Report report() {
        return report;
    }

    final Random random() {
        return random;
    }

    final long seed() {
        return seed;
    }

    final Path parent() {
        return parent;
    }

    @Override
    public final Integer call() throws IOException {
        report = new Report(spec.commandLine().getOut(), strict);
        seed = chosenSeed == null ? new Random().nextLong() >>> 16 : chosenSeed;
        random = new Random(seed);
        report.print(String.format("Posthouse faults: %s (seed %d)%n", title(), seed));
        var missing = missing();
        if (missing.isPresent()) {
            report.print("Nothing was tried: " + missing.get() + ".\n");
            return 2;
        }
        report.print(Machine.conditions(parent, Duration.ofSeconds(1)));
        Duration limit = limitMinutes == null ? limit() : Duration.ofMinutes(limitMinutes);
        ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().factory());
        try {
            var _ = watch.schedule(() -> expired(limit), limit.toSeconds(), TimeUnit.SECONDS);
            run();
        } catch (IOException e) {
            report.failed("could not go on: " + e.getMessage());
        } finally {
            watch.shutdown();
            end();
        }
        List<String> failures = report.failures();
        report.print(
                failures.isEmpty()
                        ? "\nEverything held.\n"
                        : "\n" + failures.size() + " failed (seed " + seed + "):\n  " + String.join("\n  ", failures)
                                + "\n");
        return failures.isEmpty() ? 0 : 1;
    }

    private void expired(Duration limit) {
        report.failed("not finished within " + limit.toMinutes() + " min: all processes are ended");
        try {
            end();
        } catch (IOException e) {
            report.failed("cannot end all processes: " + e.getMessage());
        }
    }

    private void end() throws IOException {
        boolean left = keep || !report.failures().isEmpty();
        for (RunningCluster cluster : clusters) {
            if (left) {
                cluster.keep();
                report.print("The cluster's folder is left for inspection: " + cluster.folder() + "\n");
            }
            cluster.close();
        }
        clusters.clear();
    }

    /// Starts a cluster that ends with the campaign, in a folder of its own.
    final SampleCluster start(SampleCluster.Layout layout) throws IOException {
        return start(Files.createTempDirectory(parent, "posthouse-faults"), layout);
    }

    /// Starts a cluster that ends with the campaign, in this folder.
    final SampleCluster start(Path folder, SampleCluster.Layout layout) throws IOException {
        long before = System.nanoTime();
        SampleCluster cluster = SampleCluster.start(folder, layout);
        endsWithThis(cluster);
        report.say(
                "up in %.1f s: %d nodes, %d virtual servers, %d front ends in %s",
                (System.nanoTime() - before) / 1e9,
                layout.nodes(),
                layout.virtualServers(),
                layout.frontEnds(),
                cluster.folder());
        return cluster;
    }

    /// Has a cluster end when the campaign does.
    final void endsWithThis(RunningCluster cluster) {
        clusters.add(cluster);
    }

    /// Waits until every node is up and every virtual server survives the loss of its owner.
    final ClusterStatus awaitSafe(RunningCluster cluster) throws IOException {
        return cluster.await("every virtual server survives the loss of its owner", SAFE_LIMIT, ClusterStatus::safe);
    }

    /// Waits until the replicas of each virtual server have applied the same entries and agree about the result.
    final void expectDigestsAgree(RunningCluster cluster) throws IOException {
        ClusterStatus status = cluster.await(
                "all replicas of each virtual server stand at the same index",
                SAFE_LIMIT,
                now -> now.online() && now.virtualServers().stream().allMatch(Digests::comparable));
        for (ClusterStatus.VirtualServer server : status.virtualServers()) {
            report.expect(
                    Digests.agree(server),
                    "the %d replicas of %s agree: %s",
                    Digests.full(server).count(),
                    server.name(),
                    Digests.line(server));
        }
    }

    /// Reads everything that is there and compares it with the ledger.
    final Ledger.Verdict expectKept(RunningCluster cluster, Ledger ledger) throws IOException {
        List<Ledger.Found> found = Reading.everything(cluster);
        Ledger.Verdict verdict = ledger.check(found);
        report.table(
                "Messages",
                new Table(
                                "acknowledged",
                                "refused 4xx",
                                "refused 5xx",
                                "no answer",
                                "found",
                                "lost",
                                "doubled",
                                "unwanted",
                                "damaged",
                                "strangers")
                        .row(
                                verdict.sent(Ledger.Outcome.ACKNOWLEDGED),
                                verdict.sent(Ledger.Outcome.REFUSED_FOR_NOW),
                                verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD),
                                verdict.sent(Ledger.Outcome.UNKNOWN),
                                verdict.found(),
                                verdict.lost().count(),
                                verdict.doubled().count(),
                                verdict.unwanted().count(),
                                verdict.damaged().count(),
                                verdict.strangers().count()));
        report.expect(
                verdict.kept(),
                "no acknowledged message lost, doubled, unwanted, damaged or strange: %s",
                verdict.kept() ? verdict.found() + " found" : complaints(verdict));
        return verdict;
    }

    private static String complaints(Ledger.Verdict verdict) {
        return "lost " + verdict.lost() + ", doubled " + verdict.doubled() + ", unwanted " + verdict.unwanted()
                + ", damaged " + verdict.damaged() + ", strangers " + verdict.strangers();
    }

    /// Does the same for several nodes at the same time.
    final void forEach(List<String> nodes, NodeAction action) throws IOException {
        List<String> failures = new ArrayList<>();
        try (var tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            Map<String, Future<?>> under = new LinkedHashMap<>();
            for (String node : nodes) {
                under.put(node, tasks.submit(() -> {
                    action.act(node);
                    return null;
                }));
            }
            for (var each : under.entrySet()) {
                try {
                    var _ = each.getValue().get(2, TimeUnit.MINUTES);
                } catch (ExecutionException | TimeoutException e) {
                    failures.add(each.getKey() + ": " + e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (!failures.isEmpty()) {
            throw new IOException(String.join("; ", failures));
        }
    }

    /// What is done to a node.
    interface NodeAction {
        /// Does it.
        void act(String node) throws IOException;
    }

    /// Lets time pass, as a part of what is tried.
    static void letPass(Duration duration) throws IOException {
        try {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// A random time up to this.
    final Duration upTo(Duration longest) {
        return Duration.ofMillis(random.nextLong(longest.toMillis() + 1));
    }
}
