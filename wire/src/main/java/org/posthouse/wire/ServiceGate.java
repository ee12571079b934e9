package org.posthouse.wire;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Whether a service may answer clients now. Listeners are bound from the start of the process, long before the
/// virtual server behind them is open on this node; what they accept meanwhile waits here (DESIGN.md section 4).
public final class ServiceGate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition opened = lock.newCondition();
    private boolean open;

    /// A gate that is closed until [#open] is called.
    public static ServiceGate closed() {
        return new ServiceGate();
    }

    /// A gate for a service that serves from the start.
    public static ServiceGate alwaysOpen() {
        ServiceGate gate = new ServiceGate();
        gate.open();
        return gate;
    }

    private ServiceGate() {}

    /// Lets everybody in who waits, and whoever comes later.
    public void open() {
        lock.lock();
        try {
            open = true;
            opened.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Holds whoever comes from now on. Those already in are not concerned; see [Listener#dismiss].
    public void close() {
        lock.lock();
        try {
            open = false;
        } finally {
            lock.unlock();
        }
    }

    /// Whether it is open now.
    public boolean isOpen() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until it is open.
    ///
    /// @return whether it opened within that time
    public boolean await(Duration wait) throws InterruptedException {
        long left = wait.toNanos();
        lock.lock();
        try {
            while (!open && left > 0) {
                left = opened.awaitNanos(Math.min(left, TimeUnit.DAYS.toNanos(1)));
            }
            return open;
        } finally {
            lock.unlock();
        }
    }
}
