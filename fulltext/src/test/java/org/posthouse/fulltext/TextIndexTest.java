package org.posthouse.fulltext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextIndexTest {
    @TempDir
    private Path folder;

    private static void unhurried() {}

    private static Tokens tokens(String... texts) {
        Tokens tokens = new Tokens();
        for (String text : texts) {
            tokens.add(text.toCharArray(), 0, text.length());
            tokens.end();
        }
        return tokens;
    }

    private static int found(TextIndex index, String text, long body) throws IOException {
        return found(index, TextQuery.exact(text.toCharArray()), TextIndex.Where.TEXT, body);
    }

    private static int found(TextIndex index, TextQuery query, TextIndex.Where where, long body) throws IOException {
        return index.find(query, where, 1_000_000, TextIndexTest::unhurried)
                .orElseThrow()
                .relevance(body);
    }

    private static void addTwo(TextIndex index) throws IOException {
        index.add(7, 70, false, tokens("subject: hello"), tokens("the quick brown fox"));
        index.add(9, 90, false, tokens("subject: other"), tokens("jumps over the lazy dog"));
    }

    @Test
    void wordsAreFoundInsideWordsAndWhereTheyAre() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            addTwo(index);
            assertThat(found(index, "quick", 7)).isEqualTo(Matches.UNKNOWN); // not before
            index.refresh();
            assertThat(found(index, "uic", 7)).isEqualTo(100);
            assertThat(found(index, "uic", 9)).isZero();
            assertThat(found(index, "uic", 8)).isEqualTo(Matches.UNKNOWN);
            assertThat(found(index, "hell", 7)).isEqualTo(100);
            assertThat(found(index, TextQuery.exact("hell".toCharArray()), TextIndex.Where.BODY, 7))
                    .isZero();
            assertThat(found(index, "he lazy d", 9)).isEqualTo(100);
            assertThat(found(index, "x lazy d", 9)).isZero();
            assertThat(index.size()).isEqualTo(2);
        }
    }

    @Test
    void whatResemblesIsLessRelevant() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            addTwo(index);
            index.refresh();
            for (Map.Entry<String, Integer> each : Map.of(
                            "quick", 100, "qiuck", 70, "jumbs", 0, "quick fux", 0, "brwn the", 70, "helo", 70)
                    .entrySet()) {
                TextQuery query = TextQuery.fuzzy(each.getKey().toCharArray());
                assertThat(query.decides()).isTrue();
                assertThat(found(index, query, TextIndex.Where.TEXT, 7))
                        .as(each.getKey())
                        .isEqualTo(each.getValue())
                        .isEqualTo(query.relevance(tokens("subject: hello"), tokens("the quick brown fox")));
            }
        }
    }

    @Test
    void whatIsReplacedOrRemovedIsNotFoundAnyMore() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            addTwo(index);
            index.refresh();
            index.add(7, 71, true, tokens("subject: hello"), tokens("new"));
            index.remove(List.of(9L));
            index.refresh();
            assertThat(found(index, "quick", 7)).isZero();
            assertThat(found(index, "new", 7)).isEqualTo(100);
            assertThat(found(index, "lazy", 9)).isEqualTo(Matches.UNKNOWN);
            assertThat(index.marks(0, Long.MAX_VALUE)).isEqualTo(Map.of(7L, 71L));
        }
    }

    @Test
    void marksAreToldOfARange() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            index.addUnsure(11, 110, false);
            index.refresh();
            addTwo(index); // a segment of its own, with lower numbers
            index.refresh();
            assertThat(index.marks(7, 11)).isEqualTo(Map.of(9L, 90L, 11L, 110L));
            assertThat(index.marks(11, 20)).isEmpty();
        }
    }

    @Test
    void whatIsUnsureOrHasTooManyWordsHasToBeRead() throws IOException {
        Tokens many = new Tokens();
        for (int i = 0; i < 100_001; i++) {
            char[] word = Integer.toString(i).toCharArray();
            many.add(word, 0, word.length);
            many.end();
        }
        try (TextIndex index = TextIndex.open(folder)) {
            index.addUnsure(1, 10, false);
            index.add(2, 20, false, tokens("subject: 5"), many);
            index.add(3, 30, false, tokens("subject: 5"), tokens(""));
            index.refresh();
            assertThat(found(index, "5", 1)).isEqualTo(Matches.UNKNOWN);
            assertThat(found(index, "5", 2)).isEqualTo(Matches.UNKNOWN);
            assertThat(found(index, "5", 3)).isEqualTo(100);
        }
    }

    @Test
    void aFewMessagesAreQuickerRead() throws IOException {
        Tokens many = new Tokens();
        for (int i = 0; i < 2_000; i++) {
            char[] word = Integer.toString(i).toCharArray();
            many.add(word, 0, word.length);
            many.end();
        }
        try (TextIndex index = TextIndex.open(folder)) {
            index.add(1, 10, false, tokens(), many);
            index.refresh();
            TextQuery query = TextQuery.exact("77".toCharArray());
            assertThat(index.find(query, TextIndex.Where.TEXT, 1, TextIndexTest::unhurried))
                    .isEmpty();
            assertThat(index.find(query, TextIndex.Where.TEXT, 2, TextIndexTest::unhurried))
                    .isPresent();
            // One that is looked up costs nothing.
            assertThat(index.find(
                            TextQuery.exact("-77-".toCharArray()), TextIndex.Where.TEXT, 1, TextIndexTest::unhurried))
                    .isPresent();
            assertThat(index.find(
                            TextQuery.exact("--".toCharArray()), TextIndex.Where.TEXT, 9, TextIndexTest::unhurried))
                    .isEmpty();
        }
    }

    @Test
    void aSearchThatTakesTooLongEnds() throws IOException {
        Tokens many = new Tokens();
        for (int i = 0; i < 5_000; i++) {
            char[] word = Integer.toString(i).toCharArray();
            many.add(word, 0, word.length);
            many.end();
        }
        try (TextIndex index = TextIndex.open(folder)) {
            index.add(1, 10, false, tokens(), many);
            index.refresh();
            assertThatThrownBy(() -> index.find(TextQuery.exact("7".toCharArray()), TextIndex.Where.TEXT, 1_000, () -> {
                        throw new IllegalStateException("enough");
                    }))
                    .hasMessage("enough");
        }
    }

    @Test
    void onlyWhatWasCommittedOutlivesIt() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            assertThat(index.lineage()).isEqualTo(-1);
            addTwo(index);
            index.lineage(3);
            index.commit();
            index.add(10, 100, false, tokens("late"), tokens());
        }
        try (TextIndex index = TextIndex.open(folder)) {
            assertThat(index.marks(0, 100)).isEqualTo(Map.of(7L, 70L, 9L, 90L));
            assertThat(index.lineage()).isEqualTo(3);
            index.verify(TextIndexTest::unhurried);
        }
    }

    @Test
    void twoCannotHaveItOpen() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            addTwo(index);
            assertThatThrownBy(() -> TextIndex.open(folder)).isInstanceOf(TextIndex.InUseException.class);
            index.refresh();
            assertThat(found(index, "quick", 7)).isEqualTo(100);
        }
    }

    @Test
    void aDamagedOneIsMadeAnew() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            addTwo(index);
            index.commit();
        }
        try (Stream<Path> files = Files.list(folder)) {
            Path commit = files.filter(file -> file.getFileName().toString().startsWith("segments_"))
                    .findFirst()
                    .orElseThrow();
            Files.write(commit, new byte[10], StandardOpenOption.WRITE);
        }
        try (TextIndex index = TextIndex.open(folder)) {
            assertThat(index.size()).isZero();
            addTwo(index);
            index.refresh();
            assertThat(found(index, "quick", 7)).isEqualTo(100);
        }
    }

    @Test
    void aChangedByteIsFoundByReadingItThrough() throws IOException {
        try (TextIndex index = TextIndex.open(folder)) {
            addTwo(index);
            index.commit();
        }
        try (Stream<Path> files = Files.list(folder)) {
            Path largest = files.filter(file -> file.getFileName().toString().endsWith(".cfs"))
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(largest);
            bytes[bytes.length / 2] ^= 1;
            Files.write(largest, bytes);
        }
        boolean noticed = false;
        try (TextIndex index = TextIndex.open(folder)) {
            noticed = index.size() == 0; // where opening reads that byte
            index.verify(TextIndexTest::unhurried);
        } catch (IOException e) {
            noticed = true;
        }
        assertThat(noticed).isTrue();
    }

    @Test
    void deletingTwiceDoesNoHarm() throws IOException {
        try (TextIndex index = TextIndex.open(folder.resolve("one"))) {
            index.commit();
        }
        TextIndex.delete(folder.resolve("one"));
        TextIndex.delete(folder.resolve("one"));
        assertThat(folder.resolve("one")).doesNotExist();
    }
}
