package org.posthouse.mailstore;

import java.util.Arrays;

/// The bytes of a message about to be stored.
public sealed interface NewBody {

    /// Length in bytes.
    long length();

    /// In the entry itself; 256 kB at most. The array is not changed afterwards.
    record Inline(byte[] bytes) implements NewBody {
        @Override
        public long length() {
            return bytes.length;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Inline inline && Arrays.equals(bytes, inline.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return "Inline[" + bytes.length + " bytes]";
        }
    }

    /// Sent ahead in `Stage` entries under this id.
    record Staged(long stagedId, long length, int crc32c) implements NewBody {}
}
