package org.posthouse.replication;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/// A state machine kept the same on every member of a group by applying the same log. All methods but
/// [#applied] and [#prepareCheckpoint] are called on one thread at a time, in log order.
public interface Replica extends AutoCloseable {

    /// Whether there is any state. A witness has none: its group's member votes and keeps the log, makes no snapshot
    /// and gives none, and its log goes only when its owner says so ([GroupMember#covered]).
    default boolean keepsState() {
        return true;
    }

    /// Opens what is in the replica's own folder after a start, a crash included, or finds it empty. If the live
    /// state cannot be trusted, it says so by returning [Position#START] with its folder emptied; the newest
    /// whole snapshot is then given to [#restore].
    ///
    /// @return the position up to which the state has applied the log
    Position open() throws IOException;

    /// Applies one committed entry: deterministic, no clock, no random number. A throw stops the group here.
    ///
    /// @param position of the entry; never at or below one applied before
    /// @param entry read-only, valid during the call
    /// @return the answer for whoever proposed it
    byte[] apply(Position position, ByteBuffer entry);

    /// The log passed a position that holds nothing for the state machine (a configuration, a leader's first
    /// entry). To be remembered as applied together with the next batch.
    void advance(Position position);

    /// The position applied last. Any thread.
    Position applied();

    /// Does in the background what makes a following [#checkpoint] short (a flush). Any thread.
    void prepareCheckpoint() throws IOException;

    /// Makes hard links of closed files, complete up to [#applied], in an empty folder. Runs on the apply
    /// thread: replies wait for it. The host writes the manifest, syncs and renames.
    ///
    /// @return the files, relative names with checksums; none of them changes afterwards
    List<CheckpointFile> checkpoint(Path folder) throws IOException;

    /// Replaces the whole state by that of a checkpoint whose files the host has verified. The folder stays the
    /// host's: link or copy from it.
    void restore(Path folder, Position position) throws IOException;

    /// Flushes and closes. Does not throw.
    @Override
    void close();

    /// One file of a checkpoint.
    ///
    /// @param name relative to the checkpoint's folder, `/` between parts
    /// @param length in bytes
    /// @param crc32c of the whole content
    record CheckpointFile(String name, long length, int crc32c) {}
}
