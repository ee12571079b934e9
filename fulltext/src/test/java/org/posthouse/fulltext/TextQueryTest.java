package org.posthouse.fulltext;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.Test;

/// What a query says of a text's words against what the text says itself.
class TextQueryTest {
    /// Long runs, signs, letters of several lengths in bytes, halves of pairs, a letter with marks.
    private static final String ALPHABET = "aab \u00e9\u4e2d-\ud83d\ude00\u0301.1";

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> pieces =
                Arbitraries.strings().withChars(ALPHABET.toCharArray()).ofMaxLength(12);
        Arbitrary<String> runs = Arbitraries.strings()
                .withChars('a', 'b', '\u4e2d')
                .ofMinLength(30)
                .ofMaxLength(150);
        return Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(4, pieces), net.jqwik.api.Tuple.of(1, runs))
                .list()
                .ofMaxSize(6)
                .map(list -> String.join("", list));
    }

    @Provide
    Arbitrary<String> looked() {
        return Combinators.combine(texts(), Arbitraries.integers().between(0, 100))
                .as((text, at) -> {
                    int from = text.isEmpty() ? 0 : at % text.length();
                    return text.substring(from);
                });
    }

    /// Pieces of random length, as a decoder hands them over.
    private static Tokens tokens(String text, int piece) {
        Tokens tokens = new Tokens();
        tokens.add("before".toCharArray(), 0, 6);
        tokens.clear();
        char[] chars = text.toCharArray();
        for (int at = 0; at < chars.length; at += piece) {
            tokens.add(chars, at, Math.min(chars.length, at + piece));
        }
        tokens.end();
        return tokens;
    }

    private static void agrees(String text, int piece, String looked) {
        TextQuery query = TextQuery.exact(looked.toCharArray());
        boolean found = query.relevance(tokens(text, piece)) > 0;
        boolean there = text.contains(looked);
        if (there) {
            assertThat(found).as("'%s' in '%s'", looked, text).isTrue(); // never missed
        }
        if (query.decides()) {
            assertThat(found).as("'%s' in '%s'", looked, text).isEqualTo(there);
        }
    }

    @Property(tries = 3_000)
    void whatIsThereIsFound(@ForAll("texts") String text, @ForAll int from, @ForAll int length, @ForAll int piece) {
        if (!text.isEmpty()) {
            int begin = Math.floorMod(from, text.length());
            int end = begin + 1 + Math.floorMod(length, text.length() - begin);
            agrees(text, 1 + Math.floorMod(piece, 40), text.substring(begin, end));
        }
    }

    @Property(tries = 3_000)
    void whatIsNotThereIsNotFound(@ForAll("texts") String text, @ForAll("looked") String looked) {
        agrees(text, 7, looked.substring(0, Math.min(looked.length(), 5)));
        agrees(text, 64, looked);
    }

    @Test
    void aTextOfOneWordIsDecidedUpToALength() {
        assertThat(TextQuery.exact("a".repeat(33).toCharArray()).decides()).isTrue();
        assertThat(TextQuery.exact("a".repeat(34).toCharArray()).decides()).isFalse();
        assertThat(TextQuery.exact("a b".toCharArray()).decides()).isFalse();
        assertThat(TextQuery.exact("-".toCharArray()).isEmpty()).isTrue();
        assertThat(TextQuery.exact(new char[0]).isEmpty()).isTrue();
    }

    @Test
    void aLongRunIsCutSoThatShortTextsLieInOnePiece() {
        String run = "abcdefghijklmnopqrstuvwxyz".repeat(8);
        Tokens tokens = tokens(run, 10);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            words.add(tokens.get(i, new BytesRef()).utf8ToString());
        }
        assertThat(words).first().isEqualTo(run.substring(0, 64));
        assertThat(words).last().asString().hasSizeBetween(33, 64);
        for (int at = 0; at + 33 <= run.length(); at++) {
            String piece = run.substring(at, at + 33);
            assertThat(words).as("from %d", at).anyMatch(word -> word.contains(piece));
        }
    }

    @Test
    void mistakesAreCounted() {
        String[][] table = {
            {"hello", "hello", "0"}, {"hello", "helo", "1"}, {"hello", "ehllo", "1"}, {"hello", "hallo", "1"},
            {"hello", "hxllx", "2"}, {"hello", "world", "3"}, {"hello", "he", "3"}, {"\u00e9t\u00e9", "ete", "2"},
            {"\u4e2d\u6587", "\u4e2d\u570b", "1"},
        };
        for (String[] line : table) {
            BytesRef word = Tokens.encoded(line[1].toCharArray(), 0, line[1].length());
            assertThat(Mistakes.between(line[0], word, 2))
                    .as(line[0] + " " + line[1])
                    .isEqualTo(Integer.parseInt(line[2]));
        }
    }
}
