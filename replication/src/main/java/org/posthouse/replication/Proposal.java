package org.posthouse.replication;

import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/// An entry on its way into the log. Ratis passes this very object on to the state machine of the process that
/// proposed it, so it can carry what only that process knows.
final class Proposal implements Message {
    final byte[] entry;
    final CompletableFuture<byte[]> answer = new CompletableFuture<>();
    final long proposedAt = System.nanoTime();

    /// Set under the log's lock just before the entry gets its place. While it is false the entry certainly is in no
    /// log; once it is true, only its application says that it is committed.
    volatile boolean appended;

    /// Ratis' side of it; holds the log entry once that is made.
    volatile TransactionContext context;

    private final ByteString content;

    Proposal(byte[] entry) {
        this.entry = entry;
        content = UnsafeByteOperations.unsafeWrap(entry);
    }

    /// The entry's index, or -1 while it has none.
    long index() {
        TransactionContext known = context;
        return appended && known != null && known.getLogEntry() != null
                ? known.getLogEntry().getIndex()
                : -1;
    }

    @Override
    public ByteString getContent() {
        return content;
    }

    /// What the replica answered, on its way back.
    record Answer(byte[] bytes) implements Message {
        @Override
        public ByteString getContent() {
            return UnsafeByteOperations.unsafeWrap(bytes);
        }
    }
}
