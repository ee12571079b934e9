package org.posthouse.fulltext;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.lucene.util.BytesRef;

/// A text to look for, as conditions that words of a message have to meet, all of them. Case has been folded away as it
/// was in [Tokens].
public final class TextQuery {
    /// How well the best fit.
    static final int LEVELS_FUZZY = 3;

    private static final int[] RELEVANCE = {100, 70, 40}; // by level: contained, one mistake, two
    private static final int ONE_MISTAKE_CHARS = 4;
    private static final int TWO_MISTAKES_CHARS = 8;

    private final List<Word> words;
    private final int levels;
    private final boolean decides;

    /// How a word of the message has to be.
    enum Fit {
        EQUALS,
        BEGINS,
        ENDS,
        CONTAINS,
        /// Contains, or differs in few places.
        RESEMBLES
    }

    /// One condition.
    ///
    /// @param chars what RESEMBLES compares
    record Word(Fit fit, BytesRef bytes, String chars) {
        /// Whether every word has to be looked at.
        boolean looksAtAll() {
            return fit != Fit.EQUALS && fit != Fit.BEGINS;
        }

        /// How well a word fits: 0 is best, then mistakes are counted; -1 if it does not.
        int level(BytesRef word) {
            boolean whole =
                    switch (fit) {
                        case EQUALS -> word.bytesEquals(bytes);
                        case BEGINS -> word.length >= bytes.length && at(word, 0);
                        case ENDS -> word.length >= bytes.length && at(word, word.length - bytes.length);
                        case CONTAINS, RESEMBLES -> contained(word);
                    };
            if (whole) {
                return 0;
            }
            return fit == Fit.RESEMBLES ? mistakes(word) : -1;
        }

        private boolean contained(BytesRef word) {
            byte first = bytes.bytes[0];
            int last = word.offset + word.length - bytes.length;
            for (int from = word.offset; from <= last; from++) {
                if (word.bytes[from] == first && at(word, from - word.offset)) {
                    return true;
                }
            }
            return false;
        }

        private boolean at(BytesRef word, int from) {
            for (int i = 0; i < bytes.length; i++) {
                if (word.bytes[word.offset + from + i] != bytes.bytes[i]) {
                    return false;
                }
            }
            return true;
        }

        private int mistakes(BytesRef word) {
            int allowed = chars.length() >= TWO_MISTAKES_CHARS ? 2 : chars.length() >= ONE_MISTAKE_CHARS ? 1 : 0;
            if (allowed == 0 || Math.abs(word.length - bytes.length) > 3 * allowed) {
                return -1;
            }
            int mistakes = Mistakes.between(chars, word, allowed);
            return mistakes <= allowed ? mistakes : -1;
        }
    }

    private TextQuery(List<Word> words, int levels, boolean decides) {
        this.words = words.stream()
                .sorted(Comparator.comparing(Word::looksAtAll)) // those that are quickly looked up first
                .toList();
        this.levels = levels;
        this.decides = decides;
    }

    /// What contains the text, letter for letter.
    public static TextQuery exact(char[] text) {
        List<Word> words = new ArrayList<>();
        boolean decides = text.length > 0;
        for (int at = 0; at < text.length; ) {
            if (!Tokens.isPart(text[at])) {
                decides = false;
                at++;
                continue;
            }
            int end = end(text, at);
            boolean open = at == 0; // the message's word may begin earlier
            boolean openEnd = end == text.length;
            int length = end - at;
            if (open && openEnd) {
                decides = length <= Tokens.EXACT_CHARS;
                words.add(word(Fit.CONTAINS, text, at, Math.min(end, at + Tokens.EXACT_CHARS)));
            } else if (open) {
                words.add(word(Fit.ENDS, text, Math.max(at, end - Tokens.EXACT_CHARS), end));
            } else if (openEnd) {
                words.add(word(Fit.BEGINS, text, at, Math.min(end, at + Tokens.EXACT_CHARS)));
            } else {
                addWhole(text, at, end, words);
            }
            at = end;
        }
        return new TextQuery(words, 1, decides);
    }

    /// As [Tokens] cuts it.
    private static void addWhole(char[] text, int from, int end, List<Word> words) {
        int at = from;
        for (; end - at > Tokens.CHARS_MAX; at += Tokens.STEP_CHARS) {
            words.add(word(Fit.EQUALS, text, at, at + Tokens.CHARS_MAX));
        }
        words.add(word(Fit.EQUALS, text, at, end));
    }

    /// What has all the words, or words like them.
    public static TextQuery fuzzy(char[] text) {
        List<Word> words = new ArrayList<>();
        for (int at = 0; at < text.length; ) {
            int end = end(text, at);
            if (end > at) {
                words.add(word(Fit.RESEMBLES, text, at, Math.min(end, at + Tokens.EXACT_CHARS)));
            }
            at = Math.max(end, at + 1);
        }
        return new TextQuery(words, LEVELS_FUZZY, !words.isEmpty());
    }

    private static int end(char[] text, int from) {
        int end = from;
        while (end < text.length && Tokens.isPart(text[end])) {
            end++;
        }
        return end;
    }

    private static Word word(Fit fit, char[] text, int from, int to) {
        return new Word(fit, Tokens.encoded(text, from, to), new String(text, from, to - from));
    }

    /// Whether there is anything to look for; if not, everything is a candidate.
    public boolean isEmpty() {
        return words.isEmpty();
    }

    /// Whether what meets the conditions is found; else it is a candidate, in which the text has to be looked for.
    public boolean decides() {
        return decides;
    }

    /// How relevant a message of these words is: 0 if it does not fit, 100 at most.
    public int relevance(Tokens... all) {
        int worst = 0;
        BytesRef bytes = new BytesRef();
        for (Word word : words) {
            int best = levels;
            for (Tokens tokens : all) {
                for (int i = 0; i < tokens.size() && best > 0; i++) {
                    int level = word.level(tokens.get(i, bytes));
                    best = level >= 0 ? Math.min(best, level) : best;
                }
            }
            worst = Math.max(worst, best);
        }
        return worst == levels ? 0 : relevance(worst);
    }

    static int relevance(int level) {
        return RELEVANCE[level];
    }

    List<Word> words() {
        return words;
    }

    int levels() {
        return levels;
    }
}
