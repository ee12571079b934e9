package org.posthouse.smtp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// Bytes from one thread to another, that can break.
final class Pipe {
    private final byte[] ring = new byte[8192];
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long written;
    private long read;
    private long breaksAt = Long.MAX_VALUE;
    private boolean ended;
    private String broken;
    private volatile long timeoutMillis;

    /// Breaks once so many bytes have been written.
    void breakAt(long bytes) {
        breaksAt = bytes;
    }

    void timeout(long millis) {
        timeoutMillis = millis;
    }

    void end() {
        change(() -> ended = true);
    }

    void fail(String reason) {
        change(() -> broken = reason);
    }

    private void change(Runnable how) {
        lock.lock();
        try {
            how.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until the condition holds or the pipe is broken; with the lock held.
    private void awaitUntil(BooleanSupplier condition) throws IOException {
        long left = timeoutMillis == 0 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        try {
            while (!condition.getAsBoolean() && broken == null) {
                left = changed.awaitNanos(left);
                if (left <= 0) {
                    throw new SocketTimeoutException("pipe");
                }
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                lock.lock();
                try {
                    awaitUntil(() -> written > read || ended);
                    if (broken != null) {
                        throw new IOException(broken);
                    }
                    int taken = (int) Math.min(length, written - read);
                    for (int i = 0; i < taken; i++) {
                        into[offset + i] = ring[(int) (read++ % ring.length)];
                    }
                    changed.signalAll();
                    return taken == 0 ? -1 : taken;
                } finally {
                    lock.unlock();
                }
            }
        };
    }

    OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int octet) throws IOException {
                lock.lock();
                try {
                    awaitUntil(() -> written - read < ring.length);
                    if (written >= breaksAt) {
                        broken = "cut after " + breaksAt + " bytes";
                        changed.signalAll();
                    }
                    if (broken != null || ended) {
                        throw new IOException(broken == null ? "ended" : broken);
                    }
                    ring[(int) (written++ % ring.length)] = (byte) octet;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        };
    }
}
