package org.posthouse.mailstore;

import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// What can be set for one replica of a storage group. None of it is part of the replicated state: replicas may
/// differ.
///
/// @param segmentBytesMax a body segment is closed when it has grown past this
/// @param flushBytes size of a memtable; small values make the index flush often (fault tests)
/// @param reserveBytes new mail is refused while less than this is free on the disk
/// @param viewMessagesMax messages of all cached mailbox views together (12 bytes each)
/// @param fatal called when going on would break a promise (a body that cannot be brought to disk); must not
///     return in production
/// @param corrupt told the id of each body found damaged, and what was found; must return at once
public record StoreSettings(
        long segmentBytesMax,
        long flushBytes,
        long reserveBytes,
        long viewMessagesMax,
        Consumer<Throwable> fatal,
        BiConsumer<Long, String> corrupt) {

    /// Exit status of a process that halted itself because its disk failed.
    public static final int EXIT_DISK_FAILED = 74;

    /// What a production node uses.
    public static StoreSettings defaults() {
        return new StoreSettings(
                64L << 20,
                4L << 20,
                64L << 20,
                2_000_000,
                cause -> {
                    StorageGroup.LOG.error(
                            "A message body could not be brought to disk; halting, so that no acknowledged mail is"
                                    + " lost. Check the disk, then start the node again.",
                            cause);
                    Runtime.getRuntime().halt(EXIT_DISK_FAILED);
                },
                (body, what) -> {});
    }

    /// With another size of memtables.
    public StoreSettings withFlushBytes(long bytes) {
        return new StoreSettings(segmentBytesMax, bytes, reserveBytes, viewMessagesMax, fatal, corrupt);
    }

    /// With another size of segments.
    public StoreSettings withSegmentBytesMax(long bytes) {
        return new StoreSettings(bytes, flushBytes, reserveBytes, viewMessagesMax, fatal, corrupt);
    }

    /// With another reserve on disk.
    public StoreSettings withReserveBytes(long bytes) {
        return new StoreSettings(segmentBytesMax, flushBytes, bytes, viewMessagesMax, fatal, corrupt);
    }

    /// With another limit on cached views.
    public StoreSettings withViewMessagesMax(long messages) {
        return new StoreSettings(segmentBytesMax, flushBytes, reserveBytes, messages, fatal, corrupt);
    }

    /// With another fatal action.
    public StoreSettings withFatal(Consumer<Throwable> action) {
        return new StoreSettings(segmentBytesMax, flushBytes, reserveBytes, viewMessagesMax, action, corrupt);
    }

    /// With another report of damage.
    public StoreSettings withCorrupt(BiConsumer<Long, String> report) {
        return new StoreSettings(segmentBytesMax, flushBytes, reserveBytes, viewMessagesMax, fatal, report);
    }
}
