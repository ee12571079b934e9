package org.posthouse.mailstore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.posthouse.replication.Position;
import org.posthouse.replication.Replica;
import org.posthouse.replication.ReplicatedLog;
import org.posthouse.replication.ReplicationException;

/// A log that keeps its entries, so that another replica, or one after a crash, can be brought to the same place.
/// Every seventh index holds nothing for the state machine, as a leader's first entry would.
final class RecordingLog implements ReplicatedLog {
    private final List<byte[]> entries = new ArrayList<>(); // null where nothing is; index 0 first
    private final Replica replica;
    private boolean leading = true;
    private int confirmations;

    RecordingLog(Replica replica) {
        this.replica = replica;
        try {
            replica.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized CompletableFuture<byte[]> propose(byte[] entry) {
        if (!leading) {
            return CompletableFuture.failedFuture(
                    new ReplicationException(ReplicationException.Kind.NOT_LEADER, "not leading"));
        }
        while (entries.size() % 7 == 0) {
            entries.add(null);
            replica.advance(new Position(1, entries.size() - 1L));
        }
        entries.add(entry);
        return CompletableFuture.completedFuture(replica.apply(
                new Position(1, entries.size() - 1L), ByteBuffer.wrap(entry).asReadOnlyBuffer()));
    }

    @Override
    public synchronized CompletableFuture<Void> confirmLeadership() {
        confirmations++;
        return leading
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(
                        new ReplicationException(ReplicationException.Kind.NOT_LEADER, "not leading"));
    }

    synchronized void leading(boolean now) {
        leading = now;
    }

    synchronized int confirmations() {
        return confirmations;
    }

    synchronized long last() {
        return entries.size() - 1L;
    }

    /// Applies what follows `after`, up to `upTo`, to another replica.
    synchronized void replay(Replica to, long after, long upTo) {
        for (long i = after + 1; i <= upTo; i++) {
            Position position = new Position(1, i);
            byte[] entry = entries.get((int) i);
            if (entry == null) {
                to.advance(position);
            } else {
                byte[] _ = to.apply(position, ByteBuffer.wrap(entry).asReadOnlyBuffer());
            }
        }
    }
}
