package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action.Change;
import org.posthouse.mailstore.StoreException.Kind;

/// Expiry, compaction, scrubbing, repair, and a full disk.
final class HousekeepingTest {
    private static final Housekeeping.Schedule SCHEDULE = new Housekeeping.Schedule(
            Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(3), Duration.ofSeconds(30), 1 << 20);

    @TempDir
    Path folder;

    private final Set<Long> corrupt = new ConcurrentSkipListSet<>();
    private StoreFixture at;
    private Housekeeping housekeeping;
    private long minute;

    private void open(StoreSettings settings) {
        open(settings, corrupt::add);
    }

    private void open(StoreSettings settings, LongConsumer found) {
        at = new StoreFixture(folder, settings.withCorrupt((body, what) -> found.accept(body)));
        housekeeping = new Housekeeping(at.store);
        housekeeping.follow(SCHEDULE);
    }

    @AfterEach
    void close() {
        housekeeping.close();
        at.close();
    }

    private void minutes(int count) throws IOException {
        minutes(count, true);
    }

    private void minutes(int count, boolean expires) throws IOException {
        for (int i = 0; i < count; i++) {
            housekeeping.work(TimeUnit.MINUTES.toNanos(minute++), expires);
        }
    }

    private void rounds(int count) {
        for (int i = 0; i < count; i++) {
            housekeeping.tick(TimeUnit.MINUTES.toNanos(minute++), true);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (housekeeping.busy()) {
                assertThat(System.nanoTime() - end).isNegative();
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private long segmentBytes() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("segments"))) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @Test
    void anExpungedMessageStaysAnHourAndItsHistoryLonger() throws IOException {
        open(StoreSettings.defaults());
        minutes(2);
        at.deliver("one");
        at.deliver("two");
        long inbox = at.inbox().id();
        long bodyId = at.store.message(inbox, 1).orElseThrow().bodyId();
        at.store(inbox, UidSet.of(1), Change.ADD, "\\Deleted");
        long since = at.store.status(inbox).highestModSeq();
        at.run(new Action.Expunge(inbox, UidSet.of(1)));
        minutes(60);
        assertThat(at.store.message(inbox, 1)).isPresent();
        assertThat(at.bytes(bodyId)).hasSize(3);
        minutes(5);
        assertThat(at.store.message(inbox, 1)).isEmpty();
        assertThatThrownBy(() -> at.store.body(bodyId))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.GONE));
        assertThat(at.store.changes(inbox, since).expunged()).hasSize(1);
        minutes(200);
        assertThatThrownBy(() -> at.store.changes(inbox, since))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.HISTORY_GONE));
        assertThat(at.store.changes(inbox, since + 1).expunged()).isEmpty();
        assertThat(at.text(inbox, 2)).isEqualTo("two");
        assertThat(Expiry.anything(at.group.index())).isFalse();
    }

    @Test
    void nothingExpiresWithoutAnAttendant() throws IOException {
        open(StoreSettings.defaults());
        minutes(2);
        at.deliver("one");
        long inbox = at.inbox().id();
        at.store(inbox, UidSet.of(1), Change.ADD, "\\Deleted");
        at.run(new Action.Expunge(inbox, UidSet.of(1)));
        minutes(200, false);
        assertThat(at.store.message(inbox, 1)).isPresent();
        minutes(200);
        assertThat(at.store.message(inbox, 1)).isEmpty();
    }

    @Test
    void roundsThatFailOneAfterTheOtherAreTrouble() {
        open(StoreSettings.defaults());
        rounds(3);
        assertThat(housekeeping.trouble(0)).isEmpty();
        housekeeping.follow(new Housekeeping.Schedule(
                SCHEDULE.expireEvery(), SCHEDULE.records(), SCHEDULE.history(), null, 0)); // cannot be gone by
        rounds(4);
        assertThat(housekeeping.trouble(0)).isEmpty();
        rounds(1);
        assertThat(housekeeping.trouble(0).orElseThrow())
                .contains("it failed 5 times in a row, last: ", "NullPointerException");
        housekeeping.follow(SCHEDULE);
        rounds(1);
        assertThat(housekeeping.trouble(0)).isEmpty();
    }

    @Test
    void aRoundThatHangsIsTrouble() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch hangs = new CountDownLatch(1);
        open(StoreSettings.defaults(), _ -> {
            hangs.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        at.deliver("the first message");
        at.deliver("the second message");
        at.group.checkpoint(Files.createDirectory(folder.resolve("checkpoint"))); // closes the segment
        damageSecond();
        for (int second = 0; second < 10_000 && !hangs.await(2, TimeUnit.MILLISECONDS); second++) {
            housekeeping.tick(TimeUnit.SECONDS.toNanos(second), true);
        }
        assertThat(hangs.getCount()).as("it has come to the damage").isZero();
        assertThat(housekeeping.trouble(0)).isEmpty();
        assertThat(housekeeping.trouble(TimeUnit.HOURS.toNanos(1)).orElseThrow())
                .matches("one round of it has taken \\d+ s");
        goOn.countDown();
    }

    @Test
    void aChangeOfOwnerAndAJumpOfTheClockAgeNothingEarly() throws IOException {
        open(StoreSettings.defaults());
        minutes(1);
        at.run(new UUID(1, 1), 1, 0, new Action.Create(StoreFixture.USER, "a", ""));
        for (int owner = 0; owner < 50; owner++) {
            minute += 1000; // the next owner's clock reads something else
            at.store.proposeOpen(100 + owner).join();
            minutes(2); // a look, and one minute counted
        }
        assertThat(at.group.meta().sessions).isEqualTo(1);
        assertThat(at.group.meta().elapsedMillis)
                .isEqualTo(Duration.ofMinutes(50).toMillis());
        minute += 1_000_000; // and this owner was asleep: one step counts two minutes at most
        minutes(1);
        assertThat(at.group.meta().sessions).isEqualTo(1);
        minutes(12);
        assertThat(at.group.meta().sessions).isZero();
    }

    @Test
    void whatAgesIsDropped() throws Exception {
        open(StoreSettings.defaults());
        minutes(1);
        at.run(StoreFixture.delivery("d", "text", "INBOX"));
        UUID session = new UUID(1, 1);
        at.run(session, 1, 0, new Action.Create(StoreFixture.USER, "a", ""));
        at.run(StoreFixture.delivery("e", "text in a", "a"));
        try (MailStore.Upload upload = at.store.upload()) {
            upload.write(new byte[600_000]); // never named by anybody
        }
        at.run(new Action.Delete(StoreFixture.USER, "a"));
        minutes(40);
        at.run(session, 2, 1, new Action.Create(StoreFixture.USER, "b", "")); // the session goes on
        minutes(40);
        assertThat(at.group.meta().sessions).isEqualTo(1);
        assertThat(at.run(StoreFixture.delivery("d", "text", "INBOX"))
                        .placed()
                        .getFirst()
                        .repeated())
                .isFalse();
        minutes(40);
        assertThat(at.group.meta().sessions).isZero();
        assertThat(at.group.index().any(new byte[] {Keys.STAGED})).isFalse();
        minutes(30);
        assertThat(Expiry.anything(at.group.index())).isFalse();
        int[] places = {0};
        at.group.index().scan(new byte[] {Keys.PLACE}, new byte[] {Keys.PLACE}, (key, value) -> {
            places[0]++;
            return true;
        });
        assertThat(places[0]).isEqualTo(2); // the two messages in INBOX
    }

    @Test
    void compactionFreesDeadBodiesAndKeepsTheOthersReadable() throws IOException {
        open(StoreSettings.defaults().withSegmentBytesMax(100_000));
        minutes(1);
        byte[] bytes = new byte[10_000];
        for (int i = 0; i < 100; i++) {
            Arrays.fill(bytes, (byte) i);
            at.deliver(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1));
        }
        long inbox = at.inbox().id();
        UidSet most = UidSet.ofRanges(java.util.List.of(new long[] {1, 44}, new long[] {46, 90}));
        MailStore.Body open =
                at.store.body(at.store.message(inbox, 10).orElseThrow().bodyId());
        long gone = at.store.message(inbox, 11).orElseThrow().bodyId();
        long moved = at.store.message(inbox, 45).orElseThrow().bodyId();
        LongFunction<MailStore.Body> lookedUpBefore = at.store.bodies(new long[] {gone, moved});
        at.store(inbox, most, Change.ADD, "\\Deleted");
        at.run(new Action.Expunge(inbox, most));
        long before = segmentBytes();
        Digest digest = at.group.digests().getLast();
        minutes(50);
        assertThat(segmentBytes()).isEqualTo(before);
        minutes(20);
        assertThat(segmentBytes()).isLessThan(before / 4);
        assertThat(at.text(inbox, 45)).startsWith(String.valueOf((char) 44));
        for (long uid = 91; uid <= 100; uid++) {
            assertThat(at.text(inbox, uid)).startsWith(String.valueOf((char) (uid - 1)));
        }
        byte[] start = new byte[5];
        assertThat(open.read(0, start, 0, 5)).isEqualTo(5);
        assertThat(start).containsOnly(9);
        open.close();
        try (MailStore.Body body = lookedUpBefore.apply(moved)) {
            assertThat(body.length()).isEqualTo(10_000);
            assertThat(body.read(9_995, start, 0, 5)).isEqualTo(5);
            assertThat(start).containsOnly(44);
        }
        assertThatThrownBy(() -> lookedUpBefore.apply(gone))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.GONE));
        assertThat(at.group.digests().getLast()).isNotEqualTo(digest);
        at.close();
        at = new StoreFixture(folder);
        assertThat(at.text(inbox, 45)).startsWith(String.valueOf((char) 44));
        Path checkpoint = Files.createDirectory(folder.resolve("checkpoint"));
        assertThat(at.group.checkpoint(checkpoint)).isNotEmpty();
    }

    /// The body of the second message.
    private void damageSecond() throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve("segments/00000001.seg").toFile(), "rw")) {
            file.seek(17 + SegmentRecord.HEADER_BYTES * 2 + 4);
            file.write('X');
        }
    }

    @Test
    void damageIsFoundReportedAndMended() throws IOException {
        open(StoreSettings.defaults());
        at.deliver("the first message");
        at.deliver("the second message");
        at.deliver("the third message");
        long inbox = at.inbox().id();
        long damaged = at.store.message(inbox, 2).orElseThrow().bodyId();
        Path checkpoint = Files.createDirectory(folder.resolve("checkpoint"));
        at.group.checkpoint(checkpoint); // closes the segment
        minutes(3);
        assertThat(housekeeping.scrubRounds()).isPositive();
        assertThat(corrupt).isEmpty();
        damageSecond();
        assertThatThrownBy(() -> at.store.body(damaged))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
        assertThat(corrupt).containsExactly(damaged);
        corrupt.clear();
        minutes(3);
        assertThat(corrupt).containsExactly(damaged);
        Path fetched = folder.resolve("fetched");
        Files.write(fetched, new byte[18]);
        assertThatThrownBy(() -> at.group.repairBody(damaged, fetched)).isInstanceOf(StoreException.class);
        Files.writeString(fetched, "the second message");
        at.group.repairBody(damaged, fetched);
        assertThat(at.text(inbox, 2)).isEqualTo("the second message");
        corrupt.clear();
        minutes(3);
        assertThat(corrupt).isEmpty();
        assertThat(at.text(inbox, 3)).isEqualTo("the third message");
    }

    @Test
    void aFullDiskRefusesNewMailButNotExpunge() throws IOException {
        open(StoreSettings.defaults());
        at.deliver("a");
        long inbox = at.inbox().id();
        housekeeping.close();
        at.close();
        open(StoreSettings.defaults().withReserveBytes(Long.MAX_VALUE));
        assertThatThrownBy(() -> at.deliver("b")).isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                .isEqualTo(Kind.FULL));
        assertThat(at.store.health().orElseThrow()).contains("disk full");
        at.store(inbox, UidSet.of(1), Change.ADD, "\\Deleted");
        assertThat(at.run(new Action.Expunge(inbox, UidSet.of(1))).uids()).isEqualTo(UidSet.of(1));
    }
}
