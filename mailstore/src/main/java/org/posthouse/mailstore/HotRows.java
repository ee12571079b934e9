package org.posthouse.mailstore;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// The rows that every delivery reads and most write (user, name, mailbox), as of the last batch, so that apply
/// need not ask the index for them. Of the applying thread; other tables do not go through it.
final class HotRows {
    private static final int ROWS_MAX = 3000;

    /// A key that can be looked up.
    static final class Key {
        final byte[] bytes;
        private final int hash;

        Key(byte[] bytes) {
            this.bytes = bytes;
            this.hash = Arrays.hashCode(bytes);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private final Map<Key, byte[]> rows = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, byte[]> eldest) {
            return size() > ROWS_MAX;
        }
    };

    private static boolean hot(Key key) {
        return switch (key.bytes[0]) {
            case Keys.MAILBOX, Keys.NAME, Keys.USER -> true;
            default -> false;
        };
    }

    byte[] get(Key key, Index index) {
        if (!hot(key)) {
            return index.get(key.bytes);
        }
        byte[] value = rows.get(key);
        if (value == null) {
            value = index.get(key.bytes);
            if (value != null) {
                rows.put(key, value);
            }
        }
        return value;
    }

    /// A batch with this change of the row was written.
    void written(Key key, byte[] value) {
        if (hot(key)) {
            if (value == null) {
                rows.remove(key);
            } else {
                rows.put(key, value);
            }
        }
    }

    void clear() {
        rows.clear();
    }
}
