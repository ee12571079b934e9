package org.posthouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NudgedLoopTest {
    private static final long NEVER_MILLIS = TimeUnit.DAYS.toMillis(1);

    private final AtomicInteger turns = new AtomicInteger();
    private final LinkedBlockingQueue<Integer> begun = new LinkedBlockingQueue<>();
    private final Semaphore mayEnd = new Semaphore(0);

    private void work() {
        begun.add(turns.incrementAndGet());
        mayEnd.acquireUninterruptibly();
    }

    @Test
    void worksByItselfAfterAWhile() throws InterruptedException {
        try (NudgedLoop loop = new NudgedLoop("test", 1, this::work)) {
            loop.start();
            mayEnd.release(1_000_000);
            assertThat(begun.take()).isEqualTo(1);
            assertThat(begun.take()).isEqualTo(2);
        }
    }

    @Test
    void severalNudgesWhileItWorksMakeItWorkOnceMore() throws InterruptedException {
        try (NudgedLoop loop = new NudgedLoop("test", NEVER_MILLIS, this::work)) {
            loop.start();
            loop.nudge();
            assertThat(begun.take()).isEqualTo(1);
            loop.nudge();
            loop.nudge();
            loop.nudge();
            mayEnd.release();
            assertThat(begun.take()).isEqualTo(2);
            mayEnd.release(10);
            assertThat(begun.poll(200, TimeUnit.MILLISECONDS)).isNull();
        }
    }

    @Test
    void goesOnAfterAThrow() throws InterruptedException {
        CountDownLatch second = new CountDownLatch(2);
        try (NudgedLoop loop = new NudgedLoop("test", 1, () -> {
            second.countDown();
            throw new IllegalStateException("told to fail");
        })) {
            loop.start();
            assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void doesNothingOnceClosed() throws InterruptedException {
        NudgedLoop loop = new NudgedLoop("test", NEVER_MILLIS, this::work);
        loop.start();
        loop.nudge();
        assertThat(begun.take()).isEqualTo(1);
        mayEnd.release(10);
        loop.close();
        loop.nudge();
        assertThat(begun.poll(200, TimeUnit.MILLISECONDS)).isNull();
    }
}
