package org.posthouse.smtp;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkStream;

/// Follows one virtual server's owner while something is to be brought there: waits for changes, and cuts the
/// stream in use when its owner is deposed. A frozen owner resets nothing by itself.
final class OwnerWait implements AutoCloseable {
    private final Owners owners;
    private final String virtualServer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Owners.Watch watch;
    private long changes;
    private Link usedLink;
    private LinkStream usedStream;

    OwnerWait(Owners owners, String virtualServer) {
        this.owners = owners;
        this.virtualServer = virtualServer;
        this.watch = owners.watch(virtualServer, this::noteChange);
    }

    /// How many changes there were; to be read before [#owner] and given to [#await].
    long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    Optional<Link> owner() {
        return owners.owner(virtualServer);
    }

    /// Waits for a change after those seen, or until the time is over.
    void await(long seen, Duration atMost) {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (changes == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody interrupts these threads but the end of the process
        } finally {
            lock.unlock();
        }
    }

    /// From now on the stream is reset as soon as the owner is another.
    void use(Link link, LinkStream stream) {
        lock.lock();
        try {
            usedLink = link;
            usedStream = stream;
        } finally {
            lock.unlock();
        }
        cutIfDeposed();
    }

    /// The stream is not in use any more.
    void done() {
        lock.lock();
        try {
            usedLink = null;
            usedStream = null;
        } finally {
            lock.unlock();
        }
    }

    private void noteChange() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        cutIfDeposed();
    }

    private void cutIfDeposed() {
        Optional<Link> now = owner();
        LinkStream deposed;
        lock.lock();
        try {
            boolean same = usedLink == null || now.isEmpty() || now.get() == usedLink;
            deposed = same ? null : usedStream;
        } finally {
            lock.unlock();
        }
        if (deposed != null) {
            deposed.reset("another node owns " + virtualServer + " now");
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
