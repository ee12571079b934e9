package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A machine that is short of processor time is no dead machine: nothing may fail over for it.
@Command(
        name = "starve",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Load beside 'stress-ng --cpu' at equal nice: no owner may change while its process runs. Prints"
                + " the longest time for which this process was not given a processor.")
final class Starve extends Campaign {
    private static final Path STRESS = Path.of("/usr/bin/stress-ng");
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    @Option(names = "--minutes", defaultValue = "60", description = "Default: ${DEFAULT-VALUE}.")
    private int minutes;

    @Option(names = "--cpu", defaultValue = "2", description = "Of stress-ng. Default: ${DEFAULT-VALUE}.")
    private int hogs;

    @Mixin
    private LoadOptions load;

    private final AtomicLong longestGapNanos = new AtomicLong();

    @Override
    String title() {
        return "stress-ng --cpu " + hogs + " beside the load for " + minutes + " min";
    }

    @Override
    Optional<String> missing() {
        return Files.isExecutable(STRESS)
                ? super.missing()
                : Optional.of("there is no stress-ng here (apt-get install stress-ng)");
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(minutes + 15L);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Ledger ledger = new Ledger();
        ClusterStatus begun = awaitSafe(cluster);
        Map<String, String> epochs = epochs(begun);
        Process stress = new ProcessBuilder(STRESS.toString(), "--cpu", Integer.toString(hogs), "--timeout", "0")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Thread naps = Thread.ofPlatform().daemon().name("naps").start(this::nap);
        int changes = 0;
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
            while (System.nanoTime() - end < 0) {
                letPass(LOOK);
                changes += changed(epochs, cluster);
            }
            running.stop();
            report().say("refusals: %s", running.refusals());
        } finally {
            naps.interrupt();
            stress.descendants().forEach(ProcessHandle::destroyForcibly);
            stress.destroyForcibly();
        }
        var _ = expectKept(cluster, ledger);
        expectDigestsAgree(cluster);
        report().goal(
                        changes == 0,
                        "no owner changed in %d min: %d; this process once waited %.0f ms for a processor",
                        minutes,
                        changes,
                        longestGapNanos.get() / 1e6);
    }

    private static Map<String, String> epochs(ClusterStatus status) {
        Map<String, String> epochs = new TreeMap<>();
        status.virtualServers().forEach(server -> epochs.put(server.name(), server.epoch()));
        return epochs;
    }

    /// How many have another epoch than before.
    private int changed(Map<String, String> epochs, SampleCluster cluster) {
        try {
            int changes = 0;
            for (Map.Entry<String, String> now : epochs(cluster.status()).entrySet()) {
                String before = epochs.put(now.getKey(), now.getValue());
                if (!now.getValue().equals(before)) {
                    changes++;
                    report().say("%s: epoch %s after %s", now.getKey(), now.getValue(), before);
                }
            }
            return changes;
        } catch (IOException e) {
            report().say("no status just now: %s", e.getMessage());
            return 0;
        }
    }

    private void nap() {
        while (!Thread.currentThread().isInterrupted()) {
            long before = System.nanoTime();
            LockSupport.parkNanos(NAP_NANOS);
            long gap = System.nanoTime() - before - NAP_NANOS;
            longestGapNanos.accumulateAndGet(gap, Math::max);
        }
    }
}
