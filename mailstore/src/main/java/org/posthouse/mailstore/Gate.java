package org.posthouse.mailstore;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.posthouse.mailstore.StoreException.Kind;

/// The latch of one virtual server on this node (DESIGN.md section 4, "The gate"). It opens when this node's own
/// `Open` is applied while the node still leads in the term of that entry, and closes when the node leads no
/// more, by `Close`, by another `Open`, and when the storage group is closed or restored here. The agent tells it
/// of leadership, apply of the rest.
public final class Gate {

    /// Told of the latch. Calls come on the thread that applies the log, or the one that told of leadership; they
    /// return at once.
    public interface Listener {
        /// This node owns the virtual server now.
        default void opened(Epoch epoch) {}

        /// It does not any more.
        default void closed(Epoch epoch, String reason) {}
    }

    private final String self;
    private final BooleanSupplier held;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private long leadingTerm; // under lock, 0 while this node does not lead
    private volatile Epoch open;

    /// @param self this replica's name in `Open` entries: node and incarnation
    public Gate(String self) {
        this(self, () -> true);
    }

    /// One whose log has no other member, so that nobody would notice if another process had taken it over.
    ///
    /// @param held whether this process holds the log at this instant: asked before anything is answered
    public Gate(String self, BooleanSupplier held) {
        this.self = self;
        this.held = held;
    }

    /// This replica's name in `Open` entries.
    public String self() {
        return self;
    }

    /// Adds a listener.
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    /// This node leads the storage group and has applied the first entry of its term.
    public void leaderReady(long term) {
        tell(leading(term), "leadership began anew");
    }

    /// This node does not lead (any more).
    public void notLeader() {
        tell(leading(0), "this node does not lead the storage group any more");
    }

    /// The epoch under which this node owns the virtual server, if it does.
    public Optional<Epoch> epoch() {
        return Optional.ofNullable(open);
    }

    /// The same.
    ///
    /// @throws StoreException `NOT_OPEN` if it does not
    public Epoch require() {
        Epoch now = open;
        if (now == null) {
            throw new StoreException(Kind.NOT_OPEN, "this node does not own the virtual server");
        }
        requireHeld(Kind.NOT_OPEN);
        return now;
    }

    /// Returns if this node owns the virtual server under that epoch.
    ///
    /// @throws StoreException `NOT_OPEN` if it does not
    public void require(Epoch epoch) {
        if (!epoch.equals(open)) {
            throw new StoreException(Kind.NOT_OPEN, "this node does not own the virtual server any more");
        }
        requireHeld(Kind.NOT_OPEN);
    }

    /// Returns if what is on disk by now may be answered for.
    ///
    /// @throws StoreException `UNKNOWN` if not: another process may have taken the log over before that
    void requireWritten() {
        requireHeld(Kind.UNKNOWN);
    }

    private void requireHeld(Kind kind) {
        if (!held.getAsBoolean()) {
            throw new StoreException(kind, "this node is not certain to hold the virtual server's folder");
        }
    }

    /// Of apply: somebody's `Open` was accepted.
    void openApplied(String node, Epoch epoch, long term) {
        Epoch closed;
        boolean mine;
        lock.lock();
        try {
            closed = open;
            mine = node.equals(self) && term == leadingTerm;
            open = mine ? epoch : null;
        } finally {
            lock.unlock();
        }
        tell(closed, node + " opened it");
        if (mine) {
            listeners.forEach(listener -> listener.opened(epoch));
        }
    }

    /// Of apply: closed for a reason.
    void closed(String reason) {
        Epoch closed;
        lock.lock();
        try {
            closed = open;
            open = null;
        } finally {
            lock.unlock();
        }
        tell(closed, reason);
    }

    private Epoch leading(long term) {
        lock.lock();
        try {
            Epoch before = open;
            leadingTerm = term;
            open = null;
            return before;
        } finally {
            lock.unlock();
        }
    }

    private void tell(Epoch closed, String reason) {
        if (closed != null) {
            listeners.forEach(listener -> listener.closed(closed, reason));
        }
    }
}
