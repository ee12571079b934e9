package org.posthouse.mailstore;

import org.rocksdb.Env;
import org.rocksdb.LRUCache;
import org.rocksdb.Priority;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/// The memory that all storage groups of a process share: one block cache, from which memtables take their part
/// too, so that the sum is bounded whatever the number of groups. Close it after the groups.
public final class StoreMemory implements AutoCloseable {
    private static final int BACKGROUND_THREADS = 2;

    static {
        RocksDB.loadLibrary();
    }

    private final LRUCache cache;
    private final WriteBufferManager writeBuffers;

    /// 24 MB, of which memtables take 16 at most.
    public StoreMemory() {
        this(24L << 20, 16L << 20);
    }

    /// @param cacheBytes for blocks, filters and memtables together
    /// @param memtableBytes of it for memtables; past that the largest is flushed
    public StoreMemory(long cacheBytes, long memtableBytes) {
        cache = new LRUCache(cacheBytes, 2);
        writeBuffers = new WriteBufferManager(memtableBytes, cache);
        Env.getDefault().setBackgroundThreads(BACKGROUND_THREADS, Priority.LOW);
        Env.getDefault().setBackgroundThreads(BACKGROUND_THREADS, Priority.HIGH);
    }

    LRUCache cache() {
        return cache;
    }

    WriteBufferManager writeBuffers() {
        return writeBuffers;
    }

    @Override
    public void close() {
        writeBuffers.close();
        cache.close();
    }
}
