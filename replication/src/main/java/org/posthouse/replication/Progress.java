package org.posthouse.replication;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// What a group's threads note about themselves as they go, for the [Watchdog], which must not take a lock that a
/// stuck one may hold. Plain counters; each is written by few threads and read by one.
final class Progress {
    /// What the apply thread does.
    enum Stage {
        WAITING,
        APPLYING,
        SNAPSHOT
    }

    /// Proposals inside the call that appends them. It waits when the log's queue is full.
    final AtomicInteger appending = new AtomicInteger();
    /// Appends that came back from that call.
    final AtomicLong appends = new AtomicLong();
    /// Highest index that this process appended as leader.
    final AtomicLong appendedIndex = new AtomicLong(-1);

    private volatile Stage stage = Stage.WAITING;
    private volatile long stageSince = System.nanoTime();

    // Only the watchdog's thread uses these.
    private long flushedSeen = Long.MIN_VALUE;
    private long flushedSince;
    private long appendsSeen = -1;
    private long appendsSince;

    void enter(Stage now) {
        stageSince = System.nanoTime();
        stage = now;
    }

    void appended(long index) {
        appendedIndex.accumulateAndGet(index, Math::max);
        appends.incrementAndGet();
    }

    /// Whether the group hangs, and how.
    ///
    /// @param now [System#nanoTime]
    /// @param flushed index up to which the log is on disk here
    Optional<String> hangs(long now, long flushed, Limits limits) {
        long limit = limits.gray().after().toNanos();
        boolean unflushed = appendedIndex.get() > flushed;
        if (flushed != flushedSeen || !unflushed) {
            flushedSeen = flushed;
            flushedSince = now;
        }
        if (appends.get() != appendsSeen || appending.get() == 0) {
            appendsSeen = appends.get();
            appendsSince = now;
        }
        if (now - flushedSince >= limit) {
            return Optional.of("the log was not forced to disk for " + millis(now - flushedSince) + " ms, with entry "
                    + appendedIndex.get() + " waiting (on disk: up to " + flushed + ")");
        }
        if (now - appendsSince >= limit) {
            return Optional.of("no entry could be appended for " + millis(now - appendsSince) + " ms");
        }
        Stage doing = stage;
        long busy = now - stageSince;
        Duration allowed = doing == Stage.SNAPSHOT
                ? limits.gray().inSnapshotAfter()
                : limits.gray().after();
        if (doing != Stage.WAITING && busy >= allowed.toNanos()) {
            return Optional.of((doing == Stage.SNAPSHOT ? "a snapshot holds up" : "one entry holds up")
                    + " the replica for " + millis(busy) + " ms");
        }
        return Optional.empty();
    }

    /// Nobody watched for a while, so what took that while is not held against the group.
    ///
    /// @param now [System#nanoTime]
    void watchedLate(long now) {
        flushedSince = now;
        appendsSince = now;
        stageSince = now;
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }
}
