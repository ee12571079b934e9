package org.posthouse.mailstore;

import java.util.Arrays;

/// What one entry did to a mailbox, as its view has to learn it. UIDs ascend in each of the three lists.
final class ViewChange {
    private static final int FIELDS = 3;

    private long[] appended = {};
    private int appendedLength;
    private long[] changed = {};
    private int changedLength;
    private long[] removed = {};
    private int removedLength;

    void appended(long uid, long modSeq, long flagWord) {
        appended = room(appended, appendedLength, FIELDS);
        appended[appendedLength++] = uid;
        appended[appendedLength++] = modSeq;
        appended[appendedLength++] = flagWord;
    }

    void changed(long uid, long modSeq, long flagWord) {
        changed = room(changed, changedLength, FIELDS);
        changed[changedLength++] = uid;
        changed[changedLength++] = modSeq;
        changed[changedLength++] = flagWord;
    }

    void removed(long uid) {
        removed = room(removed, removedLength, 1);
        removed[removedLength++] = uid;
    }

    private static long[] room(long[] array, int length, int more) {
        return length + more <= array.length ? array : Arrays.copyOf(array, Math.max(12, array.length * 2));
    }

    /// Triples of UID, mod-sequence and flag word.
    long[] appended() {
        return Arrays.copyOf(appended, appendedLength);
    }

    /// Triples of UID, mod-sequence and flag word.
    long[] changed() {
        return Arrays.copyOf(changed, changedLength);
    }

    /// UIDs.
    long[] removed() {
        return Arrays.copyOf(removed, removedLength);
    }
}
