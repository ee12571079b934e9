package org.posthouse.mailstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.AbstractEventListener;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Checkpoint;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushJobInfo;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/// RocksDB as the storage group uses it: one column family, no log of its own. What is on its disk is always the
/// state at the end of some batch; before any of it gets there, `beforeFlush` has run (RocksDB picks the
/// memtables of a flush, calls the listener, then writes: db_impl_compaction_flush.cc,
/// `FlushMemTableToOutputFile`; only while it shuts down it calls no listener, so [#close] runs it itself).
final class Index implements AutoCloseable {
    private static final int FLUSH_BYTES_MIN = 64 << 10; // RocksDB takes no less

    private static final int WALK = 3; // so many rows are passed over in the time of one look-up

    private final Path folder;
    private final Runnable beforeFlush;
    private final long flushBytes;
    private final BloomFilter filter = new BloomFilter(10, false);
    private final AbstractEventListener listener;
    private final Options options;
    private final WriteOptions writeOptions = new WriteOptions().setDisableWAL(true);
    private final RocksDB db;
    private long unflushedBytes; // of the applying thread

    /// Called for each row of a scan.
    interface Visitor {
        /// @return whether to go on
        boolean row(byte[] key, byte[] value);
    }

    /// Rows as they were at one moment.
    interface View extends AutoCloseable {
        byte[] get(byte[] key);

        void scan(byte[] prefix, byte[] from, Visitor visitor);

        @Override
        void close();
    }

    Index(Path folder, StoreMemory memory, long flushBytes, Runnable beforeFlush) throws IOException {
        this.folder = folder;
        this.beforeFlush = beforeFlush;
        this.flushBytes = flushBytes;
        Files.createDirectories(folder);
        listener = new AbstractEventListener(AbstractEventListener.EnabledEventCallback.ON_FLUSH_BEGIN) {
            @Override
            public void onFlushBegin(RocksDB flushing, FlushJobInfo info) {
                beforeFlush.run();
            }
        };
        options = new Options()
                .setCreateIfMissing(true)
                .setWriteBufferSize(Math.max(flushBytes, FLUSH_BYTES_MIN))
                .setMaxWriteBufferNumber(3)
                .setWriteBufferManager(memory.writeBuffers())
                .setListeners(List.of(listener))
                .setTargetFileSizeBase(16L << 20)
                .setMaxBytesForLevelBase(64L << 20)
                .setMaxBackgroundJobs(2)
                .setMaxOpenFiles(128)
                .setStatsDumpPeriodSec(0)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(1L << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(memory.cache())
                        .setCacheIndexAndFilterBlocks(true)
                        .setFilterPolicy(filter)
                        .setFormatVersion(5));
        try {
            db = RocksDB.open(options, folder.toString());
        } catch (RocksDBException e) {
            closeOptions();
            throw new IOException("the index in " + folder + " cannot be opened: " + e.getMessage(), e);
        }
    }

    byte[] get(byte[] key) {
        try {
            return db.get(key);
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /// Several rows, in the order of their keys; null where there is none.
    ///
    /// @param numbers that the keys differ by: where these lie close together a walk takes a fraction of the time
    byte[][] get(byte[][] keys, long[] numbers) {
        boolean close = keys.length > 1 && numbers[numbers.length - 1] - numbers[0] < (long) WALK * keys.length;
        for (int i = 1; i < numbers.length && close; i++) {
            close = numbers[i] > numbers[i - 1];
        }
        return close ? walk(keys) : get(keys);
    }

    /// Several rows, in the order of their keys; null where there is none.
    byte[][] get(byte[][] keys) {
        try {
            return db.multiGetAsList(Arrays.asList(keys)).toArray(new byte[0][]);
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /// The same for keys of one length, in ascending order, passing over what lies between them.
    private byte[][] walk(byte[][] keys) {
        byte[][] values = new byte[keys.length][];
        try (RocksIterator rows = db.newIterator()) {
            byte[] key = new byte[keys[0].length];
            ByteBuffer found = ByteBuffer.wrap(key);
            int next = 0;
            for (rows.seek(keys[0]); next < keys.length && rows.isValid(); rows.next()) {
                if (rows.key(found.clear()) != key.length || key[0] != keys[0][0]) {
                    break; // the table is at its end
                }
                int order = Arrays.compareUnsigned(keys[next], key);
                while (order < 0 && ++next < keys.length) {
                    order = Arrays.compareUnsigned(keys[next], key);
                }
                if (order == 0) {
                    values[next++] = rows.value();
                }
            }
            rows.status();
        } catch (RocksDBException e) {
            throw damaged(e);
        }
        return values;
    }

    void write(WriteBatch batch) {
        try {
            unflushedBytes += batch.getDataSize();
            db.write(writeOptions, batch);
            if (flushBytes < FLUSH_BYTES_MIN && unflushedBytes > flushBytes) {
                flush(false);
            }
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /// Rows with a prefix, from a key on, in order of their keys, as they are while one looks.
    void scan(byte[] prefix, byte[] from, Visitor visitor) {
        try (RocksIterator rows = db.newIterator()) {
            scan(rows, prefix, from, visitor);
        }
    }

    private static void scan(RocksIterator rows, byte[] prefix, byte[] from, Visitor visitor) {
        for (rows.seek(from); rows.isValid(); rows.next()) {
            byte[] key = rows.key();
            if (!Keys.startsWith(key, prefix) || !visitor.row(key, rows.value())) {
                return;
            }
        }
        try {
            rows.status();
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /// Whether any row has a prefix.
    boolean any(byte[] prefix) {
        boolean[] found = {false};
        scan(prefix, prefix, (_, _) -> {
            found[0] = true;
            return false;
        });
        return found[0];
    }

    /// A view of all rows at this moment.
    View view() {
        Snapshot snapshot = db.getSnapshot();
        ReadOptions reading = new ReadOptions().setSnapshot(snapshot);
        return new View() {
            @Override
            public byte[] get(byte[] key) {
                try {
                    return db.get(reading, key);
                } catch (RocksDBException e) {
                    throw damaged(e);
                }
            }

            @Override
            public void scan(byte[] prefix, byte[] from, Visitor visitor) {
                try (RocksIterator rows = db.newIterator(reading)) {
                    Index.scan(rows, prefix, from, visitor);
                }
            }

            @Override
            public void close() {
                reading.close();
                db.releaseSnapshot(snapshot);
                snapshot.close();
            }
        };
    }

    /// Brings what was written so far to disk; `wait` or not for it.
    void flush(boolean wait) {
        unflushedBytes = 0;
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(wait).setAllowWriteStall(true)) {
            db.flush(flush);
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /// Hard links of all files, flushed before, in a new folder.
    void checkpoint(Path into) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.create(db)) {
            checkpoint.createCheckpoint(into.toString());
        } catch (RocksDBException e) {
            throw new IOException("the index in " + folder + " cannot be linked: " + e.getMessage(), e);
        }
    }

    /// Names of the table files that make up the index now; a file of a name never changes.
    List<String> tables() {
        return db.getLiveFilesMetaData().stream()
                .map(file -> file.fileName().substring(1))
                .toList();
    }

    /// Runs something while RocksDB writes nothing in the background.
    void still(Runnable action) {
        try {
            db.pauseBackgroundWork();
            try {
                action.run();
            } finally {
                db.continueBackgroundWork();
            }
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    Path folder() {
        return folder;
    }

    /// Reads everything and compares checksums.
    void verify() throws IOException {
        try {
            db.verifyChecksum();
        } catch (RocksDBException e) {
            throw new IOException("the index in " + folder + " is damaged: " + e.getMessage(), e);
        }
    }

    private static StoreException damaged(RocksDBException e) {
        return new StoreException(StoreException.Kind.CORRUPT, "the index cannot be read or written", e);
    }

    private void closeOptions() {
        options.close();
        listener.close();
        filter.close();
        writeOptions.close();
    }

    @Override
    public void close() {
        try {
            beforeFlush.run();
            flush(true);
        } finally {
            db.close();
            closeOptions();
        }
    }
}
