package org.posthouse.replication;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds a gray leader in this process: one whose heartbeats go out while its disk or its replica hangs. Nobody outside
/// can depose it, so it must notice itself. The thread reads counters only and takes no lock, of Ratis or of ours. When
/// it was late itself, the process was paused or had no processor, and that is no hang: everything is counted anew.
final class Watchdog {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
    private static final long PERIOD_NANOS = Duration.ofMillis(100).toNanos();
    private static final long LATE_NANOS = 3 * PERIOD_NANOS;

    private final Supplier<Iterable<HostedGroup>> groups;
    private final Settings.GrayOwner grayOwner;
    private final Limits limits;
    private final Thread thread;
    /// When each gray leader was told to step down.
    private final Map<GroupName, Long> told = new HashMap<>();
    private volatile boolean stopped;

    private Watchdog(Supplier<Iterable<HostedGroup>> groups, Settings settings) {
        this.groups = groups;
        this.grayOwner = settings.grayOwner();
        this.limits = settings.limits();
        thread = Thread.ofPlatform().daemon().name("watchdog").unstarted(this::run);
    }

    static Watchdog start(Supplier<Iterable<HostedGroup>> groups, Settings settings) {
        Watchdog watchdog = new Watchdog(groups, settings);
        watchdog.thread.start();
        return watchdog;
    }

    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        long looked = System.nanoTime();
        while (!stopped) {
            LockSupport.parkNanos(PERIOD_NANOS);
            long now = System.nanoTime();
            boolean late = now - looked > LATE_NANOS;
            looked = now;
            if (late) {
                told.replaceAll((group, since) -> now);
            }
            for (HostedGroup group : groups.get()) {
                try {
                    if (late) {
                        group.watchedLate(now);
                    }
                    look(group, now);
                } catch (RuntimeException e) {
                    LOG.warn("{}: the watchdog could not look", group.group(), e);
                }
            }
        }
    }

    private void look(HostedGroup group, long now) {
        Optional<String> hang = group.hangs(now);
        if (hang.isEmpty()) {
            if (told.remove(group.group()) != null) {
                Thread.ofVirtual().name("gray-" + group.group()).start(group::standAgain);
            }
            return;
        }
        if (!group.leads()) {
            // It does no harm; but elected again while it still hangs, it is not asked twice.
            return;
        }
        Long since = told.putIfAbsent(group.group(), now);
        if (since == null) {
            LOG.error("{}: this leader is gray, {}; it steps down", group.group(), hang.get());
            grayOwner.gray(group.group(), hang.get());
            // On its own thread: the way to stepping down may itself be blocked.
            Thread.ofVirtual().name("gray-" + group.group()).start(group::giveWay);
        } else if (now - since > limits.gray().haltAfter().toNanos()) {
            told.put(group.group(), now);
            LOG.error("{}: this leader is gray, {}, and cannot step down", group.group(), hang.get());
            grayOwner.halt(group.group(), hang.get());
        }
    }
}
