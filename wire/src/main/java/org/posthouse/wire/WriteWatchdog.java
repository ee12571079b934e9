package org.posthouse.wire;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Closes connections under writes that their clients do not take: one thread for all of them, since a write then
/// costs no more than noting when it began.
public final class WriteWatchdog implements AutoCloseable {
    /// A client that takes nothing for so long is gone (RFC 5321 section 4.5.3.2 has no write timeout of its own).
    public static final Duration DEADLINE = Duration.ofSeconds(60);

    private final Duration deadline;
    private final Set<SocketConnection> guarded = ConcurrentHashMap.newKeySet();
    private final CountDownLatch ended = new CountDownLatch(1);

    /// Starts its thread.
    ///
    /// @param deadline for one write; found out up to a quarter of it later
    public WriteWatchdog(String name, Duration deadline) {
        this.deadline = deadline;
        Thread.ofVirtual().name("write-watchdog " + name).start(this::watch);
    }

    Duration deadline() {
        return deadline;
    }

    void guard(SocketConnection connection) {
        guarded.add(connection);
    }

    void release(SocketConnection connection) {
        guarded.remove(connection);
    }

    private void watch() {
        long periodNanos = Math.clamp(deadline.toNanos() / 4, 1_000_000L, 1_000_000_000L);
        try {
            while (!ended.await(periodNanos, TimeUnit.NANOSECONDS)) {
                long now = System.nanoTime();
                for (SocketConnection connection : guarded) {
                    connection.closeIfStuck(now, deadline.toNanos());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread but the end of the process
        }
    }

    /// Ends the thread; connections that still stand have no write deadline any more.
    @Override
    public void close() {
        ended.countDown();
    }
}
