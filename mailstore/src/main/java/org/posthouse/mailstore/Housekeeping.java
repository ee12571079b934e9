package org.posthouse.mailstore;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;

/// What a storage group does beside its work: on the owner, `Expire` entries; on every replica, compaction and
/// scrubbing. Driven by [#tick], which its caller calls about every second with its monotonic clock, and which
/// returns at once: the work is done on one thread of its own, one thing at a time.
public final class Housekeeping implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration EXPIRE_TIMEOUT = Duration.ofSeconds(10);
    private static final int EXPIRE_ROWS_MAX = 1000;
    private static final int EXPIRE_ENTRIES_MAX = 50;
    private static final Duration ROUND_MAX = Duration.ofMinutes(5);
    private static final int FAILURES_MAX = 5;

    /// How often and how long.
    ///
    /// @param expireEvery between two `Expire` entries; a minute at most counts well, two minutes are the limit
    /// @param records how long expunged rows, records, staged bodies and rows of deleted mailboxes are kept
    /// @param history how long a client may stay away and still be told what was expunged
    /// @param compactEvery between two looks for garbage
    /// @param scrubBytesPerSecond how fast everything is read
    public record Schedule(
            Duration expireEvery, Duration records, Duration history, Duration compactEvery, long scrubBytesPerSecond) {
        /// A minute, an hour, 30 days, 30 s, 1 MB.
        public static final Schedule DEFAULT = new Schedule(
                Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofDays(30), Duration.ofSeconds(30), 1 << 20);
    }

    private final StoreService store;
    private final StorageGroup group;
    private volatile Schedule schedule = Schedule.DEFAULT;
    private final Compaction compaction;
    private final Scrubber scrubber;
    private final ExecutorService worker;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile long roundNanos; // when the round under way began
    private final AtomicInteger failures = new AtomicInteger(); // in a row
    private volatile String failure = "";

    // of the worker
    private Epoch epoch;
    private long epochNanos;
    private long expiredNanos;
    private long compactedNanos;
    private long scrubbedNanos;
    private boolean started;

    /// For one virtual server's replica in this process.
    public Housekeeping(StoreService store) {
        this.store = store;
        this.group = store.group();
        this.compaction = new Compaction(group);
        this.scrubber = new Scrubber(group);
        this.worker = Executors.newSingleThreadExecutor(Thread.ofPlatform()
                .daemon()
                .name("housekeeping-" + group.folder().getFileName())
                .factory());
    }

    /// Goes by another schedule from now on.
    public void follow(Schedule changed) {
        schedule = changed;
    }

    /// Lets due work be done, unless some is still under way.
    ///
    /// @param monotonicNanos as [System#nanoTime]
    /// @param expires whether `Expire` entries may be proposed
    public void tick(long monotonicNanos, boolean expires) {
        if (!busy.compareAndSet(false, true)) {
            return;
        }
        roundNanos = monotonicNanos;
        try {
            worker.execute(() -> {
                try {
                    work(monotonicNanos, expires);
                    failures.set(0);
                } catch (StoreException e) {
                    StorageGroup.LOG.info("Housekeeping of {} waits: {}", group.folder(), e.getMessage());
                } catch (IOException | RuntimeException e) {
                    failure = e.toString();
                    failures.incrementAndGet();
                    StorageGroup.LOG.warn("Housekeeping of {} failed; it goes on later.", group.folder(), e);
                } finally {
                    busy.set(false);
                }
            });
        } catch (RejectedExecutionException e) {
            busy.set(false);
            StorageGroup.LOG.debug("housekeeping of {} is closed", group.folder(), e);
        }
    }

    /// Whether some is under way.
    boolean busy() {
        return busy.get();
    }

    /// What is wrong with it: that one round has taken too long, or that several have failed, one after the other.
    ///
    /// @param monotonicNanos as [System#nanoTime]
    public Optional<String> trouble(long monotonicNanos) {
        long taken = monotonicNanos - roundNanos;
        if (busy.get() && taken > ROUND_MAX.toNanos()) {
            return Optional.of("one round of it has taken " + TimeUnit.NANOSECONDS.toSeconds(taken) + " s");
        }
        int inARow = failures.get();
        return inARow < FAILURES_MAX
                ? Optional.empty()
                : Optional.of("it failed " + inARow + " times in a row, last: " + failure);
    }

    /// The same, done when it returns: for tests.
    void work(long nowNanos, boolean expires) throws IOException {
        if (!started) {
            started = true;
            compactedNanos = nowNanos;
            scrubbedNanos = nowNanos;
        }
        Schedule now = schedule;
        expire(nowNanos, now, expires);
        if (nowNanos - compactedNanos >= now.compactEvery.toNanos()) {
            compactedNanos = nowNanos;
            long freed = compaction.run();
            if (freed > 0) {
                StorageGroup.LOG.info("Freed {} kB of dead messages in {}.", freed >> 10, group.folder());
            }
        }
        long nanos = Math.min(nowNanos - scrubbedNanos, TimeUnit.SECONDS.toNanos(10));
        scrubbedNanos = nowNanos;
        scrubber.scrub(now.scrubBytesPerSecond * nanos / TimeUnit.SECONDS.toNanos(1));
    }

    private void expire(long nowNanos, Schedule by, boolean may) {
        Epoch current = group.gate().epoch().orElse(null);
        if (current == null || !current.equals(epoch)) {
            // Counting begins at the first look after this node's `Open` was applied: late, never early.
            epoch = current;
            epochNanos = nowNanos;
            expiredNanos = nowNanos;
            return;
        }
        if (!may || nowNanos - expiredNanos < by.expireEvery.toNanos() || !anythingToExpire()) {
            return;
        }
        expiredNanos = nowNanos;
        long elapsed = TimeUnit.NANOSECONDS.toMillis(nowNanos - epochNanos);
        for (int i = 0; i < EXPIRE_ENTRIES_MAX; i++) {
            if (!store.expire(epoch, elapsed, by.records, by.history, EXPIRE_ROWS_MAX, EXPIRE_TIMEOUT)) {
                return;
            }
        }
    }

    private boolean anythingToExpire() {
        Lock using = group.use();
        try {
            return Expiry.anything(group.index());
        } finally {
            using.unlock();
        }
    }

    /// How many times the scrubber has read everything.
    public long scrubRounds() {
        return scrubber.rounds();
    }

    /// Waits for the work under way, 30 s at most. Does not interrupt it: an interrupt closes files.
    @Override
    public void close() {
        worker.shutdown();
        try {
            if (!worker.awaitTermination(CLOSE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                StorageGroup.LOG.warn("Housekeeping of {} is still busy.", group.folder());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
