package org.posthouse.mailstore;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/// The changes of one log entry: reads see them at once, the index when [#commit] writes them in one batch. Keeps
/// the sum over logical rows that is the digest: what a row was is subtracted, what it is now added.
///
/// [#insert] is for rows known not to exist and not looked at again within the entry: they go to the batch
/// straight, without a look-up.
final class Transaction implements AutoCloseable {
    private final Index index;
    private final WriteBatch batch = new WriteBatch();
    private final HotRows hot;
    private final Map<HotRows.Key, Row> rows = new HashMap<>();
    private long digestChange;

    private static final class Row {
        final byte[] before;
        byte[] now;
        boolean changed;
        boolean local;

        Row(byte[] before) {
            this.before = before;
            this.now = before;
        }
    }

    Transaction(Index index, HotRows hot) {
        this.index = index;
        this.hot = hot;
    }

    /// The row as of now, or null.
    byte[] get(byte[] key) {
        return row(key).now;
    }

    private Row row(byte[] key) {
        return rows.computeIfAbsent(new HotRows.Key(key), wanted -> new Row(hot.get(wanted, index)));
    }

    /// Writes a logical row.
    void put(byte[] key, byte[] value) {
        Row row = row(key);
        row.now = value;
        row.changed = true;
    }

    /// Deletes a logical row, if it is there.
    void delete(byte[] key) {
        put(key, null);
    }

    /// Writes a logical row that does not exist.
    void insert(byte[] key, byte[] value) {
        digestChange += Hashes.row(key, value);
        write(key, value);
    }

    /// Replaces or deletes (`value` null) a logical row whose value was read otherwise, and which is not looked
    /// at again.
    void replace(byte[] key, byte[] before, byte[] value) {
        digestChange -= Hashes.row(key, before);
        if (value != null) {
            digestChange += Hashes.row(key, value);
        }
        write(key, value);
    }

    /// Writes (or with null deletes) a local row.
    void putLocal(byte[] key, byte[] value) {
        Row row = row(key);
        row.now = value;
        row.changed = true;
        row.local = true;
    }

    /// Writes (or with null deletes) a local row that is not looked at again.
    void writeLocal(byte[] key, byte[] value) {
        write(key, value);
    }

    private void write(byte[] key, byte[] value) {
        try {
            if (value == null) {
                batch.delete(key);
            } else {
                batch.put(key, value);
            }
        } catch (RocksDBException e) {
            throw new StoreException(StoreException.Kind.CORRUPT, "the index takes no more changes", e);
        }
    }

    /// By how much the digest changes; complete after [#gather].
    long digestChange() {
        return digestChange;
    }

    /// Puts all rows into the batch.
    void gather() {
        rows.forEach((key, row) -> {
            if (!row.changed || Arrays.equals(row.before, row.now)) {
                return;
            }
            if (!row.local) {
                digestChange -= row.before == null ? 0 : Hashes.row(key.bytes, row.before);
                digestChange += row.now == null ? 0 : Hashes.row(key.bytes, row.now);
            }
            write(key.bytes, row.now);
        });
    }

    /// Writes everything gathered, the meta row last.
    void commit(Meta meta) {
        write(Keys.META, meta.encode());
        index.write(batch);
        rows.forEach((key, row) -> {
            if (row.changed) {
                hot.written(key, row.now);
            }
        });
    }

    @Override
    public void close() {
        batch.close();
    }
}
