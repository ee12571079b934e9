package org.posthouse.agent;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A thread of its own that does something every so often, and at once when nudged; several nudges while it works
/// make it work once more. What it throws is logged, and it goes on.
///
/// A platform thread: native calls elsewhere may hold all carriers of virtual threads for a while, and that must not
/// look like this node's death.
final class NudgedLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NudgedLoop.class);
    private static final long JOIN_MILLIS = 1_000;

    private final long everyNanos;
    private final Runnable work;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition nudged = lock.newCondition();
    private boolean due; // under lock
    private boolean closed; // under lock

    /// Begins with [#start].
    ///
    /// @param name of the thread
    NudgedLoop(String name, long everyMillis, Runnable work) {
        this.everyNanos = TimeUnit.MILLISECONDS.toNanos(everyMillis);
        this.work = work;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// Has it work at once; returns at once.
    void nudge() {
        lock.lock();
        try {
            due = true;
            nudged.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitTurn()) {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.error("'{}' failed for a reason of our own; it is tried again.", thread.getName(), e);
            }
        }
    }

    private boolean awaitTurn() {
        lock.lock();
        try {
            long left = everyNanos;
            while (!due && !closed && left > 0) {
                left = nudged.awaitNanos(left);
            }
            due = false;
            return !closed;
        } catch (InterruptedException _) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /// Ends it when what is under way is done, and waits a second for that.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            nudged.signal();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(JOIN_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
