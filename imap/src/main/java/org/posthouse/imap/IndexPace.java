package org.posthouse.imap;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// How fast the text index is made: a little work, then a rest, longer while mail comes in. One thread works.
final class IndexPace {
    private static final long WORK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long REST_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);
    private static final int RESTS_WHILE_BUSY = 9; // for each unit of work: a tenth of the time is worked

    private final BooleanSupplier stopping;
    private volatile boolean busy;
    private long since = System.nanoTime();

    /// @param stopping ends a rest, and the work
    IndexPace(BooleanSupplier stopping) {
        this.stopping = stopping;
    }

    /// Something else is done here now. Called very often.
    void busy() {
        if (!busy) {
            busy = true;
        }
    }

    /// Work begins: what was before is no work.
    void begin() {
        since = System.nanoTime();
    }

    /// Called after each bit of work; rests if it is time.
    void worked() {
        long worked = System.nanoTime() - since;
        if (worked < WORK_NANOS) {
            return;
        }
        long rest = Math.min(REST_NANOS_MAX, worked * (busy ? RESTS_WHILE_BUSY : 1));
        busy = false;
        long end = System.nanoTime() + rest;
        for (long left = rest; left > 0 && !stopping.getAsBoolean(); left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
        begin();
    }

    /// Whether no more work is wanted.
    boolean stopping() {
        return stopping.getAsBoolean();
    }
}
