package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action.Change;

/// Summaries of bodies: local rows that live as long as the body, seen by no digest.
final class SummariesTest {
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

    private long bodyOf(long uid) {
        return at.store.message(at.inbox().id(), uid).orElseThrow().bodyId();
    }

    private void keep(long body, byte[] summary) {
        at.store.keepSummaries(new TreeMap<>(java.util.Map.of(body, summary)));
    }

    private byte[] kept(long body) {
        return at.store.summaries(new long[] {body})[0];
    }

    @Test
    void whatIsKeptIsReadBackInOrderAlsoAfterARestartAndChangesNoDigest() {
        long one = bodyOf(at.deliver("one"));
        long two = bodyOf(at.deliver("two"));
        Digest before = at.group.digests().getLast();
        keep(two, new byte[] {2, 2});
        assertThat(at.store.summaries(new long[] {two, one, two})).isDeepEqualTo(new byte[][] {{2, 2}, null, {2, 2}});
        assertThat(at.group.digests().getLast()).isEqualTo(before);
        at.close();
        at = new StoreFixture(folder);
        assertThat(kept(two)).containsExactly(2, 2);
    }

    @Test
    void moreThanOneBatchIsKept() {
        TreeMap<Long, byte[]> made = new TreeMap<>();
        for (int i = 0; i < 150; i++) {
            made.put(bodyOf(at.deliver("message " + i)), new byte[] {(byte) i});
        }
        at.store.keepSummaries(made);
        made.forEach((body, summary) -> assertThat(kept(body)).isEqualTo(summary));
    }

    @Test
    void manyAtOnceAreThoseLookedUpOneByOne() {
        TreeMap<Long, byte[]> made = new TreeMap<>();
        for (int i = 0; i < 60; i++) {
            long body = bodyOf(at.deliver("message " + i));
            if (i % 7 != 0) { // some have none
                made.put(body, new byte[] {(byte) i, 1});
            }
        }
        at.store.keepSummaries(made);
        long first = made.firstKey() - 1;
        long last = made.lastKey() + 5; // behind the end of the table
        for (int step : new int[] {1, 2, 5, 50}) { // close to each other, and far
            long[] bodies = LongStream.iterate(first, body -> body <= last, body -> body + step)
                    .toArray();
            byte[][] found = at.store.summaries(bodies);
            for (int i = 0; i < bodies.length; i++) {
                assertThat(found[i]).isEqualTo(kept(bodies[i]));
            }
        }
    }

    @Test
    void oneOfABodyThatIsNotThereOrTooLongIsLeftOut() {
        long body = bodyOf(at.deliver("one"));
        keep(body + 1_000, new byte[] {1});
        keep(body, new byte[MailStore.SUMMARY_BYTES_MAX + 1]);
        assertThat(kept(body + 1_000)).isNull();
        assertThat(kept(body)).isNull();
    }

    @Test
    void itGoesWithTheBody() throws java.io.IOException {
        long body = bodyOf(at.deliver("one"));
        keep(body, new byte[] {1});
        at.store(at.inbox().id(), UidSet.of(1), Change.ADD, "\\Deleted");
        at.run(new Action.Expunge(at.inbox().id(), UidSet.of(1)));
        assertThat(kept(body)).containsExactly(1);
        Epoch epoch = at.group.gate().epoch().orElseThrow();
        for (int minutes = 2; minutes <= 66; minutes += 2) {
            boolean _ = at.store.expire(
                    epoch,
                    minutes * 60_000L,
                    java.time.Duration.ofHours(1),
                    java.time.Duration.ofDays(30),
                    1_000,
                    StoreFixture.SOON);
        }
        assertThat(at.store.message(at.inbox().id(), 1)).isEmpty();
        assertThat(kept(body)).isNull();
    }
}
