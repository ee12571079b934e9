package org.posthouse.mailstore;

import java.util.Arrays;

/// Some messages of a view, in UID order: three arrays of 32 bits, 12 bytes a message, and upper halves only once a
/// mod-sequence or flag word needs them (more than 27 keywords in the mailbox).
///
/// Invariant: what is set behind the end that a version of the view knows is not looked at by that version, also not
/// by way of upper halves that came later, which are zero wherever nothing was set.
final class ViewChunk {
    private static final int HALF_BITS = 32;
    private static final long LOW_HALF = 0xffffffffL;

    private final int[] uids;
    private final int[] modSeqs;
    private final int[] words;
    private int[] modSeqsHigh; // null: all zero
    private int[] wordsHigh; // null: all zero

    ViewChunk(int capacity) {
        uids = new int[capacity];
        modSeqs = new int[capacity];
        words = new int[capacity];
    }

    /// A copy.
    ViewChunk(ViewChunk from, int capacity) {
        uids = Arrays.copyOf(from.uids, capacity);
        modSeqs = Arrays.copyOf(from.modSeqs, capacity);
        words = Arrays.copyOf(from.words, capacity);
        modSeqsHigh = from.modSeqsHigh == null ? null : Arrays.copyOf(from.modSeqsHigh, capacity);
        wordsHigh = from.wordsHigh == null ? null : Arrays.copyOf(from.wordsHigh, capacity);
    }

    int capacity() {
        return uids.length;
    }

    void set(int at, long uid, long modSeq, long word) {
        uids[at] = (int) uid;
        modSeqs[at] = (int) modSeq;
        words[at] = (int) word;
        modSeqsHigh = high(modSeqsHigh, at, modSeq);
        wordsHigh = high(wordsHigh, at, word);
    }

    /// Takes over a message of another chunk.
    void set(int at, ViewChunk from, int fromAt) {
        set(at, from.uid(fromAt), from.modSeq(fromAt), from.word(fromAt));
    }

    private int[] high(int[] halves, int at, long value) {
        int half = (int) (value >>> HALF_BITS);
        int[] there = halves == null && half != 0 ? new int[uids.length] : halves;
        if (there != null) {
            there[at] = half;
        }
        return there;
    }

    long uid(int at) {
        return uids[at] & LOW_HALF;
    }

    long modSeq(int at) {
        return whole(modSeqs, modSeqsHigh, at);
    }

    long word(int at) {
        return whole(words, wordsHigh, at);
    }

    private static long whole(int[] low, int[] high, int at) {
        return (high == null ? 0 : (long) high[at] << HALF_BITS) | (low[at] & LOW_HALF);
    }

    /// Copies the UIDs of the first messages, as unsigned numbers.
    void uids(int count, int[] into, int at) {
        System.arraycopy(uids, 0, into, at, count);
    }

    /// The first of some messages that lacks a system flag, or -1.
    int firstWithout(int systemFlag, int count) {
        for (int i = 0; i < count; i++) {
            if ((words[i] & systemFlag) == 0) {
                return i;
            }
        }
        return -1;
    }

    /// As [Arrays#binarySearch], among the first messages.
    int indexOf(long uid, int count) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long found = uid(middle);
            if (found == uid) {
                return middle;
            }
            if (found < uid) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }
}
