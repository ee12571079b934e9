package org.posthouse.mailstore;

import java.nio.ByteBuffer;

/// Entries of a storage group's log for those that handle the log of a stopped process.
public final class LogEntries {
    private LogEntries() {}

    /// An entry that begins a new generation: whatever is opened after it has a higher epoch than anything before, on
    /// this replica and on any other. For a storage group that goes on from one replica alone.
    ///
    /// @param timeMillis Unix time
    public static byte[] recovered(long timeMillis) {
        return Entry.encode(new Entry.Recovered(timeMillis));
    }

    /// When an entry was proposed, Unix time in milliseconds by its leader's clock.
    ///
    /// @throws IllegalArgumentException if this release cannot read it
    public static long timeMillis(ByteBuffer entry) {
        return Entry.decode(entry).timeMillis();
    }
}
