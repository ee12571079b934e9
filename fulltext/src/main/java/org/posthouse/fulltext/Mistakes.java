package org.posthouse.fulltext;

import java.util.Arrays;
import org.apache.lucene.util.BytesRef;

/// Counts in how many places two words differ: characters left out, put in, replaced, or changed over with the next one
/// (the optimal string alignment distance).
final class Mistakes {
    private Mistakes() {}

    /// How many, or more than allowed if there are more.
    static int between(String wanted, BytesRef word, int allowed) {
        char[] chars = new char[word.length];
        int length = decode(word, chars);
        if (Math.abs(length - wanted.length()) > allowed) {
            return allowed + 1;
        }
        int[] before = new int[length + 1];
        int[] last = new int[length + 1];
        int[] row = new int[length + 1];
        Arrays.setAll(last, i -> i);
        for (int i = 1; i <= wanted.length(); i++) {
            row[0] = i;
            int best = i;
            for (int j = 1; j <= length; j++) {
                boolean same = wanted.charAt(i - 1) == chars[j - 1];
                row[j] = Math.min(last[j - 1] + (same ? 0 : 1), Math.min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && wanted.charAt(i - 1) == chars[j - 2] && wanted.charAt(i - 2) == chars[j - 1]) {
                    row[j] = Math.min(row[j], before[j - 2] + 1);
                }
                best = Math.min(best, row[j]);
            }
            if (best > allowed) {
                return allowed + 1;
            }
            int[] spare = before;
            before = last;
            last = row;
            row = spare;
        }
        return last[length];
    }

    /// Undoes [Tokens#encode].
    private static int decode(BytesRef word, char[] into) {
        int length = 0;
        int end = word.offset + word.length;
        for (int at = word.offset; at < end; ) {
            int first = word.bytes[at++] & 0xff;
            if (first < 0x80) {
                into[length++] = (char) first;
            } else if (first < 0xe0) {
                into[length++] = (char) ((first & 0x1f) << 6 | (word.bytes[at++] & 0x3f));
            } else {
                int second = word.bytes[at++] & 0x3f;
                into[length++] = (char) ((first & 0xf) << 12 | second << 6 | (word.bytes[at++] & 0x3f));
            }
        }
        return length;
    }
}
