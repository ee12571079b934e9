package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.fulltext.Matches;
import org.posthouse.fulltext.TextIndex;
import org.posthouse.fulltext.TextIndex.Where;
import org.posthouse.fulltext.TextQuery;
import org.posthouse.fulltext.Tokens;
import org.posthouse.imap.TextSearch.Needle;

/// The index beside its store: whatever happens to it, a search finds what reading finds.
class FullTextTest {
    private static final String FOX = "Subject: one\n\nThe quick brown fox\n";
    private static final String DOG = "Subject: two\n\njumps over the lazy dog\n";
    private static final String[] LOOKED = {"quick", "lazy dog", "subject: t", "o", "absent", "jumsp", ""};

    @TempDir
    private Path folder;

    private IndexedStore at;
    private Path texts;

    @BeforeEach
    void open() throws IOException {
        at = new IndexedStore(folder.resolve("store"));
        texts = folder.resolve("fulltext");
        at.append(FOX);
    }

    @AfterEach
    void close() {
        at.close();
    }

    private static int known(FullText index, String text, long body) {
        Optional<Matches> found = index.find(new Needle(text).query(), Where.TEXT, 1_000_000, () -> {});
        return found.map(matches -> matches.relevance(body)).orElse(Matches.UNKNOWN);
    }

    private void damage() throws IOException {
        try (Stream<Path> files = Files.list(texts)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".cfs")).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 1;
                Files.write(file, bytes);
            }
        }
    }

    @Test
    void whatIsThereAndWhatComesIsIndexed() throws Exception {
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
            assertThat(known(index, "uick", 1)).isEqualTo(100);
            long dog = at.append(DOG);
            at.agrees(index, LOOKED); // wherever the index is
            IndexedStore.awaitCaughtUp(index);
            assertThat(known(index, "lazy", dog)).isEqualTo(100);
            assertThat(known(index, "quick", dog)).isZero();
            at.agrees(index, LOOKED);
        }
    }

    @Test
    void beforeItBeginsAndAfterItEndsMessagesAreRead() throws Exception {
        FullText index = new FullText("test", texts, at.store);
        at.agrees(index, LOOKED);
        index.begin();
        IndexedStore.awaitCaughtUp(index);
        index.close();
        assertThat(known(index, "quick", 1)).isEqualTo(Matches.UNKNOWN);
        at.agrees(index, LOOKED);
    }

    @Test
    void oneThatIsBehindCatchesUpAlsoWithMailThatAnotherNodeTook() throws Exception {
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
        }
        long dog = at.append(DOG);
        try (FullText others = at.keep(folder.resolve("other"))) { // as the node that owned it meanwhile
            IndexedStore.awaitCaughtUp(others);
            at.agrees(others, LOOKED);
        }
        long late = at.append("Subject: three\n\nlate\n");
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
            assertThat(known(index, "lazy", dog)).isEqualTo(100);
            assertThat(known(index, "late", late)).isEqualTo(100);
            at.agrees(index, LOOKED);
        }
    }

    @Test
    void oneThatIsStillOpenIsWaitedForAndNotMadeAnew() throws Exception {
        FullText next;
        try (TextIndex open = TextIndex.open(texts)) {
            open.add(4_711, 1, false, new Tokens(), new Tokens());
            open.commit();
            next = at.keep(texts);
            at.agrees(next, LOOKED);
            open.add(4_712, 1, false, new Tokens(), new Tokens());
            open.commit(); // its files are all there
        }
        try (next) {
            IndexedStore.awaitCaughtUp(next);
            at.agrees(next, LOOKED);
        }
    }

    @Test
    void whatDiedLeavesTheIndex() throws Exception {
        try (TextIndex before = TextIndex.open(texts)) {
            before.add(4_711, 1, false, new Tokens(), new Tokens());
            before.lineage(1);
            before.commit();
        }
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
        }
        try (TextIndex after = TextIndex.open(texts)) {
            assertThat(after.marks(0, Long.MAX_VALUE).keySet()).containsExactlyElementsOf(at.bodies());
        }
    }

    @Test
    void oneOfAnotherGenerationIsNotTrustedWhereItsNumbersMeanOtherBodies() throws Exception {
        Tokens wrong = new Tokens();
        wrong.add("absent".toCharArray(), 0, 6);
        wrong.end();
        try (TextIndex before = TextIndex.open(texts)) {
            before.add(1, 1, false, wrong, wrong);
            before.lineage(0);
            before.commit();
        }
        try (FullText index = at.keep(texts)) {
            at.agrees(index, LOOKED); // at any moment
            IndexedStore.awaitCaughtUp(index);
            assertThat(known(index, "absent", 1)).isZero();
            assertThat(known(index, "quick", 1)).isEqualTo(100);
        }
        try (TextIndex after = TextIndex.open(texts)) {
            assertThat(after.lineage()).isEqualTo(1);
        }
    }

    @Test
    void aDamagedOneIsMadeAnew() throws Exception {
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
        }
        damage();
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
            assertThat(known(index, "uick", 1)).isEqualTo(100);
            at.agrees(index, LOOKED);
        }
    }

    @Test
    void oneThatIsDeletedWhileItIsUsedIsMadeAnew() throws Exception {
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
            TextIndex.delete(texts);
            at.agrees(index, LOOKED);
            long dog = at.append(DOG);
            IndexedStore.awaitCaughtUp(index);
            assertThat(known(index, "lazy", dog)).isEqualTo(100);
            at.agrees(index, LOOKED);
            assertThat(texts).isNotEmptyDirectory();
        }
    }

    @Test
    void whatTheCheckThrowsEndsTheSearchAndHarmsNothing() throws Exception {
        StringBuilder words = new StringBuilder("Subject: many\n\n");
        for (int i = 0; i < 5_000; i++) {
            words.append(i).append('\n');
        }
        at.append(words.toString());
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
            TextQuery query = new Needle("7").query();
            assertThatThrownBy(() -> index.find(query, Where.TEXT, 1_000_000, () -> {
                        throw new ImapException.No("LIMIT", "enough");
                    }))
                    .hasMessageContaining("enough");
            assertThat(known(index, "uick", 1)).isEqualTo(100);
        }
    }

    @Test
    void aMessageOfTooManyWordsIsRead() throws Exception {
        StringBuilder words = new StringBuilder("Subject: many\n\n");
        for (int i = 0; i < 100_001; i++) {
            words.append(i).append('\n');
        }
        long body = at.append(words.toString());
        try (FullText index = at.keep(texts)) {
            IndexedStore.awaitCaughtUp(index);
            assertThat(known(index, "100000", body)).isEqualTo(Matches.UNKNOWN);
            at.agrees(index, "100000", "quick");
        }
    }
}
