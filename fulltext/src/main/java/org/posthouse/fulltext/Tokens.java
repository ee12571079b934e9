package org.posthouse.fulltext;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefHash;

/// The distinct words of a message: the longest runs of letters, digits, marks on letters and surrogates, whatever the
/// language. So a text of such characters only occurs in the message exactly if it occurs in one of its words.
///
/// A run longer than [#CHARS_MAX] becomes several words, each beginning [#STEP_CHARS] after the one before. A text of
/// up to [#EXACT_CHARS] lies whole in one of them wherever it stands in the run, and in the first or the last one where
/// it begins or ends the run.
///
/// Whoever adds characters has folded them before, so that what is the same to a search is the same here. A run may
/// come in pieces.
public final class Tokens {
    static final int CHARS_MAX = 64;
    static final int STEP_CHARS = 32;
    static final int EXACT_CHARS = CHARS_MAX - STEP_CHARS + 1;

    private static final int COUNT_MAX = 100_000;
    private static final int CHAR_BYTES_MAX = 3;
    private static final boolean[] ASCII_PARTS = new boolean[0x80];

    static {
        for (char c = 0; c < ASCII_PARTS.length; c++) {
            ASCII_PARTS[c] = Character.isLetterOrDigit(c);
        }
    }

    private final BytesRefHash words = new BytesRefHash();
    private final char[] run = new char[CHARS_MAX];
    private final BytesRef word = new BytesRef(CHARS_MAX * CHAR_BYTES_MAX);
    private int length;
    private boolean tooMany;

    /// Whether a character is part of a word.
    static boolean isPart(char c) {
        if (c < ASCII_PARTS.length) {
            return ASCII_PARTS[c];
        }
        return Character.isLetterOrDigit(c)
                || Character.isSurrogate(c)
                || switch (Character.getType(c)) {
                    case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
                    default -> false;
                };
    }

    /// The next characters of a text.
    public void add(char[] chars, int from, int to) {
        for (int at = from; at < to; at++) {
            if (isPart(chars[at])) {
                if (length == CHARS_MAX) {
                    keep();
                    System.arraycopy(run, STEP_CHARS, run, 0, CHARS_MAX - STEP_CHARS);
                    length = CHARS_MAX - STEP_CHARS;
                }
                run[length++] = chars[at];
            } else if (length > 0) {
                end();
            }
        }
    }

    /// The text ends here: what comes next stands in another one.
    public void end() {
        if (length > 0) {
            keep();
            length = 0;
        }
    }

    private void keep() {
        if (words.size() == COUNT_MAX) {
            tooMany = true;
            return;
        }
        encode(run, 0, length, word);
        words.add(word);
    }

    /// Each char by itself, so that what is contained among chars is contained among bytes, halves of pairs included.
    static void encode(char[] chars, int from, int to, BytesRef into) {
        byte[] bytes = into.bytes;
        int at = 0;
        for (int i = from; i < to; i++) {
            char c = chars[i];
            if (c < 0x80) {
                bytes[at++] = (byte) c;
            } else if (c < 0x800) {
                bytes[at++] = (byte) (0xc0 | c >> 6);
                bytes[at++] = (byte) (0x80 | (c & 0x3f));
            } else {
                bytes[at++] = (byte) (0xe0 | c >> 12);
                bytes[at++] = (byte) (0x80 | (c >> 6 & 0x3f));
                bytes[at++] = (byte) (0x80 | (c & 0x3f));
            }
        }
        into.offset = 0;
        into.length = at;
    }

    /// The same in an array of its own.
    static BytesRef encoded(char[] chars, int from, int to) {
        BytesRef bytes = new BytesRef((to - from) * CHAR_BYTES_MAX);
        encode(chars, from, to, bytes);
        return bytes;
    }

    /// Whether there were more words than are kept, so that nothing can be said of them.
    public boolean tooMany() {
        return tooMany;
    }

    /// For the next message.
    public void clear() {
        words.clear();
        words.reinit();
        length = 0;
        tooMany = false;
    }

    /// How many there are.
    int size() {
        return words.size();
    }

    /// One of them.
    ///
    /// @param into its bytes from now on
    BytesRef get(int number, BytesRef into) {
        return words.get(number, into);
    }

    /// All of them, for Lucene. To be used up before more are added.
    TokenStream stream() {
        return new Stream();
    }

    private final class Stream extends TokenStream {
        private final BytesTermAttribute term = addAttribute(BytesTermAttribute.class);
        private final BytesRef bytes = new BytesRef();
        private int next;

        @Override
        public boolean incrementToken() {
            clearAttributes();
            if (next == words.size()) {
                return false;
            }
            term.setBytesRef(words.get(next++, bytes));
            return true;
        }

        @Override
        public void reset() {
            next = 0;
        }
    }
}
