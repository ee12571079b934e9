package org.posthouse.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/// Several connections that do the same at the same time, each as fast as it is answered.
final class Crowd {
    private static final Duration GRACE = Duration.ofMinutes(3);
    private static final long LATENCY_MICROS_MAX = TimeUnit.MINUTES.toMicros(10);

    /// One connection.
    interface Member extends AutoCloseable {
        /// Does it once.
        void act() throws IOException;

        /// How much of the time in [#act] so far went into what is not to be measured.
        default long asideNanos() {
            return 0;
        }

        @Override
        void close() throws IOException;
    }

    /// Opens connections.
    interface Opening {
        /// Opens the k-th, from 0.
        Member open(int k) throws IOException;
    }

    private Crowd() {}

    static Histogram histogram() {
        return new Histogram(LATENCY_MICROS_MAX, 3);
    }

    /// Opens all connections, then lets all act again and again until the time is over or so many acts are begun.
    ///
    /// @throws IOException if one of them failed
    static Measured run(int connections, Opening opening, Duration duration, long actsMax) throws IOException {
        CountDownLatch ready = new CountDownLatch(connections);
        CountDownLatch go = new CountDownLatch(1);
        AtomicLong begun = new AtomicLong();
        AtomicLong endNanos = new AtomicLong();
        AtomicLong asideNanos = new AtomicLong();
        try (var tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Histogram>> members = new ArrayList<>();
            for (int k = 0; k < connections; k++) {
                int number = k;
                members.add(tasks.submit(() -> {
                    Histogram latencies = histogram();
                    try (Member member = open(opening, number, ready)) {
                        go.await();
                        long end = endNanos.get();
                        while (System.nanoTime() - end < 0 && begun.getAndIncrement() < actsMax) {
                            long before = System.nanoTime() - member.asideNanos();
                            member.act();
                            latencies.recordValue((System.nanoTime() - member.asideNanos() - before) / 1_000);
                        }
                        asideNanos.addAndGet(member.asideNanos());
                    }
                    return latencies;
                }));
            }
            if (!ready.await(GRACE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("could not open " + connections + " connections within " + GRACE);
            }
            long start = System.nanoTime();
            endNanos.set(start + duration.toNanos());
            go.countDown();
            Histogram all = histogram();
            for (Future<Histogram> member : members) {
                all.add(member.get(duration.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS));
            }
            long nanos = System.nanoTime() - start - asideNanos.get() / connections;
            return new Measured(all.getTotalCount(), nanos, all);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IOException("a connection of the load failed", e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("a connection of the load did not end", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static Member open(Opening opening, int number, CountDownLatch ready) throws IOException {
        try {
            return opening.open(number);
        } finally {
            ready.countDown();
        }
    }
}
