package org.posthouse.mailstore;

import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.locks.Lock;

/// What a service keeps of bodies so that it need not open them: rows of the replica's own, outside log and digest.
/// They are made by whoever first reads a message on this node, never when it comes in, so that delivery pays
/// nothing; they go with the body; a snapshot takes them along; what a crash loses is made again.
final class Summaries {
    /// Rows written under one hold of the state lock, so that no log entry waits for more than that.
    private static final int ROWS_AT_ONCE = 64;

    private final StorageGroup group;

    Summaries(StorageGroup group) {
        this.group = group;
    }

    byte[][] get(long[] bodyIds) {
        byte[][] keys = new byte[bodyIds.length][];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = Keys.summary(bodyIds[i]);
        }
        Lock using = group.use();
        try {
            return group.index().get(keys, bodyIds);
        } finally {
            using.unlock();
        }
    }

    void keep(SortedMap<Long, byte[]> made) {
        Iterator<Map.Entry<Long, byte[]>> each = made.entrySet().iterator();
        Lock using = group.use();
        try {
            while (each.hasNext()) {
                keepSome(each);
            }
        } finally {
            using.unlock();
        }
    }

    private void keepSome(Iterator<Map.Entry<Long, byte[]>> each) {
        group.state.lock();
        try (Transaction rows = new Transaction(group.index(), group.hotRows())) {
            for (int i = 0; i < ROWS_AT_ONCE && each.hasNext(); i++) {
                Map.Entry<Long, byte[]> summary = each.next();
                // A body that went meanwhile would leave its summary behind for ever.
                if (summary.getValue().length <= MailStore.SUMMARY_BYTES_MAX
                        && group.index().get(Keys.body(summary.getKey())) != null) {
                    rows.writeLocal(Keys.summary(summary.getKey()), summary.getValue());
                }
            }
            group.writeLocal(rows);
        } finally {
            group.state.unlock();
        }
    }
}
