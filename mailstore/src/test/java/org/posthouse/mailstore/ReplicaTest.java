package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.posthouse.replication.Position;
import org.posthouse.replication.Replica.CheckpointFile;

/// Replicas after crashes, restarts and snapshots: the same log makes the same state, and every body is there.
final class ReplicaTest {
    private static final StoreSettings SETTINGS = StoreSettings.defaults()
            .withFlushBytes(3_000) // several flushes in every run
            .withSegmentBytesMax(100_000)
            .withFatal(cause -> {
                throw new AssertionError(cause);
            });

    @TempDir
    Path folder;

    private StorageGroup group(String name) {
        return new StorageGroup(folder.resolve(name), StoreFixture.MEMORY, SETTINGS, new Gate(name));
    }

    /// Every message of every mailbox, body included.
    private static Map<String, Integer> everything(StorageGroup group) {
        Reads reads = new Reads(group);
        Map<String, Integer> found = new TreeMap<>();
        for (String user : Workload.USERS) {
            for (Mailbox mailbox : reads.mailboxes(user)) {
                MailboxView view = reads.view(mailbox.id());
                found.put(mailbox + " " + reads.status(mailbox.id()), view.size());
                List<Annotation> annotations = reads.annotations(mailbox.id(), user);
                found.put(mailbox.id() + " " + annotations, annotations.size());
                found.put(user + " is granted " + reads.grantedTo(user), 0);
                for (int i = 0; i < view.size(); i++) {
                    MessageRow row = reads.message(mailbox.id(), view.uid(i)).orElseThrow();
                    try (MailStore.Body body = StoredBody.open(group, row.bodyId())) {
                        byte[] bytes = new byte[(int) body.length()];
                        assertThat(body.read(0, bytes, 0, bytes.length)).isEqualTo((int) row.size());
                        found.put(row.toString(), Hashes.crc32c(bytes));
                    }
                }
            }
        }
        return found;
    }

    private static Digest last(StorageGroup group) {
        return group.digests().getLast();
    }

    @Test
    void twoReplicasOneThroughASnapshotAgreeAtEveryComparableIndex() throws IOException {
        StorageGroup one = group("one");
        RecordingLog log = new RecordingLog(one);
        Workload workload = new Workload(11, StoreService.openAlone(one, log));
        workload.run(400);
        one.prepareCheckpoint();
        Path checkpoint = Files.createDirectory(folder.resolve("checkpoint"));
        Position at = one.applied();
        List<CheckpointFile> files = one.checkpoint(checkpoint);
        workload.run(1200);
        verify(checkpoint, files); // nothing of it has changed since

        StorageGroup two = group("two");
        two.open();
        two.restore(checkpoint, at);
        assertThat(two.applied()).isEqualTo(at);
        log.replay(two, at.index(), log.last());
        StorageGroup three = group("three");
        three.open();
        log.replay(three, -1, log.last());

        assertThat(last(two)).isEqualTo(last(one));
        assertThat(three.digests()).isEqualTo(one.digests());
        assertThat(one.digests()).contains(two.digests().toArray(new Digest[0]));
        assertThat(one.digests()).hasSizeGreaterThan(1);
        Map<String, Integer> all = everything(one);
        assertThat(all).hasSizeGreaterThan(100);
        assertThat(everything(two)).isEqualTo(all);
        assertThat(everything(three)).isEqualTo(all);
        one.close();
        two.close();
        three.close();
    }

    private static void verify(Path checkpoint, List<CheckpointFile> files) throws IOException {
        List<String> names = new ArrayList<>();
        for (CheckpointFile file : files) {
            Path path = checkpoint.resolve(file.name());
            assertThat(Files.size(path)).as(file.name()).isEqualTo(file.length());
            assertThat(FileSums.crc32c(path)).as(file.name()).isEqualTo(file.crc32c());
            names.add(file.name());
        }
        try (Stream<Path> all = Files.walk(checkpoint)) {
            assertThat(all.filter(Files::isRegularFile)
                            .map(p -> checkpoint.relativize(p).toString()))
                    .containsExactlyInAnyOrderElementsOf(names);
        }
    }

    @Test
    void aCleanRestartGoesOnWhereItWas() throws IOException {
        StorageGroup one = group("one");
        RecordingLog log = new RecordingLog(one);
        new Workload(5, StoreService.openAlone(one, log)).run(150);
        Digest before = last(one);
        Map<String, Integer> all = everything(one);
        one.close();
        StorageGroup again = group("one");
        assertThat(again.open().index()).isEqualTo(log.last());
        assertThat(last(again)).isEqualTo(before);
        assertThat(everything(again)).isEqualTo(all);
        again.close();
    }

    /// Copies what a power failure would leave: the index as flushed, and of each segment what was synced, with
    /// some of the rest or none.
    private static void crash(StorageGroup group, Path from, Path to, Random random) {
        group.index().still(() -> {
            try {
                Map<Integer, Long> synced = group.segments().synced();
                copy(from.resolve("index"), to.resolve("index"));
                copy(from.resolve("segments"), to.resolve("segments"));
                for (Map.Entry<Integer, Long> each : synced.entrySet()) {
                    Path file = to.resolve("segments").resolve(String.format("%08x.seg", each.getKey()));
                    long length = Files.size(file);
                    long left = each.getValue() + random.nextLong(length - each.getValue() + 1);
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.truncate(random.nextBoolean() ? left : each.getValue());
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private boolean flushed(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(name).resolve("index"))) {
            return files.anyMatch(file -> file.toString().endsWith(".sst"));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                if (!file.endsWith("LOCK")) {
                    Files.copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void afterAPowerFailureAtAnyMomentTheLiveStateIsUsedAndTheLogCompletesIt(long seed) throws IOException {
        StorageGroup one = group("one");
        RecordingLog log = new RecordingLog(one);
        Workload workload = new Workload(seed, StoreService.openAlone(one, log));
        Random random = new Random(seed);
        Compaction compaction = new Compaction(one);
        int usedLive = 0;
        for (int round = 0; round < 5; round++) {
            workload.run(random.nextInt(80));
            if (random.nextInt(3) == 0) {
                long _ = compaction.run();
            }
            workload.run(random.nextInt(20));
            String name = "crash" + round;
            crash(one, folder.resolve("one"), folder.resolve(name), random);
            StorageGroup after = group(name);
            Position position = after.open();
            usedLive += position.index() > 0 ? 1 : 0;
            // Had anything been flushed, and were it not trusted, this would be START.
            assertThat(position.index() > 0)
                    .as("seed %d: live state used", seed)
                    .isEqualTo(flushed(name));
            log.replay(after, position.index(), log.last());
            assertThat(last(after)).as("seed %d, round %d", seed, round).isEqualTo(last(one));
            assertThat(everything(after)).isEqualTo(everything(one));
            after.close();
        }
        assertThat(usedLive).isPositive();
        one.close();
    }

    @Test
    void aSegmentShorterThanTheIndexSaysMakesTheReplicaStartFromTheSnapshot() throws IOException {
        StorageGroup one = group("one");
        RecordingLog log = new RecordingLog(one);
        Workload workload = new Workload(3, StoreService.openAlone(one, log));
        workload.run(60);
        Path checkpoint = Files.createDirectory(folder.resolve("checkpoint"));
        Position at = one.applied();
        one.checkpoint(checkpoint);
        workload.run(60);
        Map<String, Integer> all = everything(one);
        Digest digest = last(one);
        one.close();
        try (Stream<Path> files = Files.list(folder.resolve("one").resolve("segments"))) {
            Path newest = files.sorted().reduce((_, b) -> b).orElseThrow();
            try (FileChannel channel = FileChannel.open(newest, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() - 1);
            }
        }
        StorageGroup again = group("one");
        assertThat(again.open()).isEqualTo(Position.START);
        again.restore(checkpoint, at);
        log.replay(again, at.index(), log.last());
        assertThat(last(again)).isEqualTo(digest);
        assertThat(everything(again)).isEqualTo(all);
        again.close();
    }

    @Test
    void aRefusedEntryLeavesNoTraceButItsPosition() {
        StorageGroup one = group("one");
        RecordingLog log = new RecordingLog(one);
        StoreService store = StoreService.openAlone(one, log);
        new Workload(3, store).run(20);
        long before = last(one).value();
        assertThatThrownBy(() -> store.execute(
                        CommandId.NONE, new Action.Delete(Workload.USERS.getFirst(), "INBOX"), StoreFixture.SOON))
                .isInstanceOf(StoreException.class);
        assertThat(last(one).index()).isEqualTo(log.last());
        assertThat(last(one).value()).isEqualTo(before);
        one.close();
    }
}
