package org.posthouse.wire;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ticks for the links of a process, on a platform thread (see [LinkConnection]). The pause lies between two
/// ticks, so a process that was frozen does not catch up on the ticks that it missed.
final class LinkClock implements AutoCloseable {
    private final CountDownLatch stopped = new CountDownLatch(1);

    LinkClock(String name, Duration liveness, Runnable tick) {
        long pause = liveness.toNanos() / LinkSettings.TICKS_PER_LIVENESS;
        Thread.ofPlatform().daemon().name(name + "-clock").start(() -> {
            try {
                while (!stopped.await(pause, TimeUnit.NANOSECONDS)) {
                    tick.run();
                }
            } catch (InterruptedException _) {
                // Nobody interrupts this thread but the machine's end.
                Thread.currentThread().interrupt();
            }
        });
    }

    /// Ends many links at once: each may wait for a peer that does not take its farewell.
    static void closeAll(Collection<LinkConnection> links, String reason) {
        List<Thread> closers = links.stream()
                .map(link -> Thread.ofVirtual().start(() -> link.close(reason)))
                .toList();
        for (Thread closer : closers) {
            try {
                closer.join();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
