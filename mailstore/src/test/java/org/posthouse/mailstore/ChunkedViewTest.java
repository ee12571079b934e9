package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;

/// Views: every version stays as it was, however many follow it.
final class ChunkedViewTest {
    @TempDir
    Path folder;

    private record Version(ChunkedView view, TreeMap<Long, Long> words) {}

    private static void check(Version version) {
        int position = 0;
        for (var each : version.words.entrySet()) {
            assertThat(version.view.uid(position)).isEqualTo(each.getKey());
            assertThat(version.view.flags(position)).isEqualTo(Flags.of((int) (each.getValue() & 31)));
            assertThat(version.view.indexOf(each.getKey())).isEqualTo(position);
            position++;
        }
        assertThat(version.view.size()).isEqualTo(position);
        int[] uids = new int[position];
        version.view.uids(uids);
        assertThat(uids)
                .containsExactly(
                        version.words.keySet().stream().mapToInt(Long::intValue).toArray());
        for (int flag : new int[] {Flags.SEEN, Flags.DRAFT}) {
            int first = 0;
            while (first < position && version.view.flags(first).has(flag)) {
                first++;
            }
            assertThat(version.view.firstWithout(flag)).isEqualTo(first == position ? -1 : first);
        }
        assertThat(version.view.indexOf(1_000_000)).isEqualTo(-position - 1);
    }

    @Test
    void everyVersionStaysAsItWas() {
        Random random = new Random(9);
        MailboxRow mailbox = new MailboxRow();
        Version now = new Version(new ChunkedView.Builder().build(mailbox), new TreeMap<>());
        List<Version> versions = new ArrayList<>();
        for (int step = 0; step < 400; step++) {
            ViewChange change = new ViewChange();
            TreeMap<Long, Long> words = new TreeMap<>(now.words);
            for (long uid : List.copyOf(words.keySet())) {
                int dice = random.nextInt(100);
                if (dice < 3) {
                    long word = random.nextInt(32);
                    change.changed(uid, step, word);
                    words.put(uid, word);
                } else if (dice < 4 || (dice < 60 && step % 100 == 99)) {
                    change.removed(uid);
                    words.remove(uid);
                }
            }
            int more = random.nextInt(step % 50 == 0 ? 3000 : 10);
            for (int i = 0; i < more; i++) {
                long word = random.nextInt(32);
                long uid = mailbox.uidNext;
                mailbox.uidNext += 1 + random.nextInt(3);
                change.appended(uid, step, word);
                words.put(uid, word);
            }
            now = new Version(now.view.with(change, mailbox), words);
            if (step % 10 == 0) {
                versions.add(now);
            }
        }
        versions.forEach(ChunkedViewTest::check);
        check(now);
    }

    @Test
    void largeNumbersAreKeptWholeAlsoWhereOlderVersionsLook() {
        MailboxRow mailbox = new MailboxRow();
        for (int i = 0; i < 40; i++) {
            mailbox.keywords = Stream.concat(mailbox.keywords.stream(), Stream.of("k" + mailbox.keywords.size()))
                    .toList();
        }
        long uid = 0xfffffff0L;
        ViewChange small = new ViewChange();
        small.appended(7, 5, Flags.SEEN);
        ChunkedView before = new ChunkedView.Builder().build(mailbox).with(small, mailbox);
        ViewChange large = new ViewChange();
        large.appended(uid, 1L << 40, 1L << (5 + 39));
        ChunkedView after = before.with(large, mailbox);
        assertThat(after.uid(1)).isEqualTo(uid);
        assertThat(after.indexOf(uid)).isEqualTo(1);
        assertThat(after.modSeq(1)).isEqualTo(1L << 40);
        assertThat(after.flags(1).keywords()).containsExactly("k39");
        for (ChunkedView each : List.of(before, after)) {
            assertThat(each.modSeq(0)).isEqualTo(5);
            assertThat(each.flags(0)).isEqualTo(Flags.of(Flags.SEEN));
        }
        ViewChange changed = new ViewChange();
        changed.changed(uid, (1L << 40) + 1, 0);
        ChunkedView last = after.with(changed, mailbox);
        assertThat(last.modSeq(1)).isEqualTo((1L << 40) + 1);
        assertThat(last.flags(1)).isEqualTo(Flags.NONE);
        assertThat(after.flags(1).keywords()).containsExactly("k39");
    }

    @Test
    void aViewLoadedWhileEntriesAreAppliedMissesNone() throws Exception {
        try (StoreFixture at = new StoreFixture(folder, StoreSettings.defaults().withViewMessagesMax(0))) {
            long inbox = at.inbox().id();
            CountDownLatch ready = new CountDownLatch(1);
            AtomicBoolean stopped = new AtomicBoolean();
            try (ExecutorService loader = Executors.newSingleThreadExecutor()) {
                Future<Integer> loads = loader.submit(() -> {
                    int count = 0;
                    long last = 0;
                    while (last < 1000 && !stopped.get()) {
                        at.group.views().clear();
                        MailboxView view = at.store.view(inbox);
                        assertThat(view.size()).isEqualTo((int) (view.uidNext() - 1 - (view.uidNext() - 1) / 10));
                        last = view.uidNext() - 1;
                        count++;
                        ready.countDown();
                    }
                    return count;
                });
                assertThat(ready.await(10, TimeUnit.SECONDS)).isTrue();
                try {
                    for (int i = 1; i <= 1000; i++) {
                        // One entry: so that each version has one expunged for every ten that came.
                        if (i % 10 == 0) {
                            long box = at.inbox().id();
                            at.run(new Action.Move(box, UidSet.of(i - 1), box));
                            continue;
                        }
                        long _ = at.deliver("message " + i);
                    }
                    assertThat(loads.get(30, TimeUnit.SECONDS)).isPositive();
                } finally {
                    stopped.set(true);
                }
            }
        }
    }
}
