package org.posthouse.replication;

import java.util.concurrent.CompletableFuture;

/// What a state machine's user needs of its group: to propose entries and to confirm that this process leads.
/// Both complete exceptionally with a [ReplicationException]; neither blocks.
public interface ReplicatedLog {

    /// Appends an entry. Completes, with what [Replica#apply] returned here, once a majority has the entry on
    /// stable storage and this process has applied it. When it fails with kind `UNKNOWN`, the entry may still
    /// be committed later; with every other kind it never will be.
    ///
    /// @param entry at most [#ENTRY_BYTES_MAX] bytes; not changed by the caller afterwards
    CompletableFuture<byte[]> propose(byte[] entry);

    /// Completes when this process was certainly the group's leader at some instant after the call (a leader's
    /// lease or a round of heartbeats). Says nothing on a follower: ask your own latch before and after.
    CompletableFuture<Void> confirmLeadership();

    /// Largest entry in bytes. Bodies above 256 kB are staged in several entries.
    int ENTRY_BYTES_MAX = 3 << 20;
}
