package org.posthouse.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.posthouse.testkit.SampleCluster;

/// Switches the text index of a sample cluster's one virtual server, as an operator would. Clients lose their
/// connections.
final class TextIndexSwitch {
    private static final String RESOURCE = "vs1/imap";
    private static final String CAUGHT_UP = "the text index has caught up";
    private static final Duration CAUGHT_UP_WITHIN = Duration.ofMinutes(5);
    private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final SampleCluster cluster;
    private final Target ours;

    /// @param ours the cluster as a target; others are left as they are
    TextIndexSwitch(SampleCluster cluster, Target ours) {
        this.cluster = cluster;
        this.ours = ours;
    }

    /// Deletes the index.
    void off(Target target) throws IOException {
        if (target.equals(ours)) {
            set("off");
        }
    }

    /// Has it made anew, and returns when the node's log says that it has caught up.
    void on(Target target) throws IOException {
        if (!target.equals(ours)) {
            return;
        }
        set("off");
        long before = timesCaughtUp();
        set("on");
        long end = System.nanoTime() + CAUGHT_UP_WITHIN.toNanos();
        while (timesCaughtUp() == before) {
            if (System.nanoTime() > end) {
                throw new IOException("the text index has not caught up in " + CAUGHT_UP_WITHIN);
            }
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
    }

    private void set(String value) throws IOException {
        for (List<String> command : List.of(
                List.of("resource", "offline", RESOURCE),
                List.of("resource", "prop", RESOURCE, "full-text=" + value),
                List.of("resource", "online", RESOURCE))) {
            var _ = cluster.command(command.toArray(String[]::new));
        }
    }

    private long timesCaughtUp() throws IOException {
        Path log = cluster.folder().resolve("n1").resolve("log").resolve("n1.log");
        return Files.readAllLines(log).stream()
                .filter(line -> line.contains(CAUGHT_UP))
                .count();
    }
}
