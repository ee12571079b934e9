package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;

/// What somebody needs who keeps something of every body.
final class KeptBodiesTest {
    @TempDir
    Path folder;

    private StoreFixture at;

    @BeforeEach
    void open() {
        at = new StoreFixture(folder);
    }

    @AfterEach
    void close() {
        at.close();
    }

    private List<Long> after(long body, int max) {
        return at.store.keptBodies(body, max).stream().map(KeptBody::bodyId).toList();
    }

    @Test
    void bodiesAreListedOnceHoweverManyMailboxesHoldThemByPages() {
        long copies = at.create("copies");
        for (int i = 0; i < 5; i++) {
            long _ = at.deliver("message " + i);
        }
        Action.Copied _ = at.run(new Action.Copy(at.inbox().id(), UidSet.of(1, 2), copies));
        List<Long> all = after(0, 100);
        assertThat(all).hasSize(5).isSorted();
        assertThat(after(0, 2)).isEqualTo(all.subList(0, 2));
        assertThat(after(all.get(1), 2)).isEqualTo(all.subList(2, 4));
        assertThat(after(all.getLast(), 2)).isEmpty();
        byte[] first = "message 0".getBytes(StandardCharsets.US_ASCII);
        assertThat(at.store.keptBodies(0, 1))
                .containsExactly(new KeptBody(all.getFirst(), first.length, Hashes.crc32c(first)));
    }

    @Test
    void oneSentAheadIsListedOnceAMessageHasIt() throws IOException {
        NewBody ahead;
        try (MailStore.Upload upload = at.store.upload()) {
            upload.write("sent ahead".getBytes(StandardCharsets.US_ASCII));
            ahead = upload.finishAhead();
        }
        long _ = at.deliver("sooner");
        long sooner = after(0, 10).getFirst();
        Action.NewMessage message = new Action.NewMessage(ahead, Flags.NONE, StoreFixture.stamp(1));
        Action.Appended _ = at.run(new Action.Append(StoreFixture.USER, "INBOX", List.of(message)));
        assertThat(after(0, 10)).hasSize(2).isSorted().endsWith(sooner); // with the lower number, and later
    }

    @Test
    void aWatcherOfEverythingIsWokenUntilItIsClosed() {
        AtomicInteger woken = new AtomicInteger();
        try (MailStore.Watch _ = at.store.watch(woken::incrementAndGet)) {
            long _ = at.deliver("one");
            assertThat(woken).hasPositiveValue();
        }
        int before = woken.get();
        long _ = at.deliver("two");
        assertThat(woken).hasValue(before);
    }
}
