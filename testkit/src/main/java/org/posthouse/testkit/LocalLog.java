package org.posthouse.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.posthouse.replication.Position;
import org.posthouse.replication.Replica;
import org.posthouse.replication.ReplicatedLog;
import org.posthouse.replication.ReplicationException;

/// A log with one member and no disk: every entry is committed and applied at once. For tests of state machines
/// and of what stands on them.
public final class LocalLog implements ReplicatedLog {
    private final Replica replica;
    private long term = 1;
    private long index;
    private boolean leading = true;

    /// Opens the replica and goes on behind what it has applied.
    public LocalLog(Replica replica) {
        this.replica = replica;
        try {
            this.index = Math.max(0, replica.open().index());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized CompletableFuture<byte[]> propose(byte[] entry) {
        if (!leading) {
            return CompletableFuture.failedFuture(
                    new ReplicationException(ReplicationException.Kind.NOT_LEADER, "this log was told not to lead"));
        }
        if (entry.length > ENTRY_BYTES_MAX) {
            return CompletableFuture.failedFuture(
                    new ReplicationException(ReplicationException.Kind.REFUSED, "entry of " + entry.length + " bytes"));
        }
        index++;
        byte[] answer =
                replica.apply(new Position(term, index), ByteBuffer.wrap(entry).asReadOnlyBuffer());
        return CompletableFuture.completedFuture(answer);
    }

    @Override
    public synchronized CompletableFuture<Void> confirmLeadership() {
        return leading
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(new ReplicationException(
                        ReplicationException.Kind.NOT_LEADER, "this log was told not to lead"));
    }

    /// Loses or regains leadership; a regained one is in the next term.
    public synchronized void leading(boolean now) {
        if (now && !leading) {
            term++;
        }
        leading = now;
    }

    /// The current term.
    public synchronized long term() {
        return term;
    }
}
