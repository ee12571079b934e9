package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.TestCluster.Node;

/// Snapshots are made, the log goes behind them, and a member that needs one gets it.
class SnapshotTest {
    /// Small log files of which little is kept, so that the log begins late soon.
    private static final Limits SMALL = TestCluster.LIMITS.withSnapshots(
            new Limits.Snapshotting(1_000_000, 1 << 30, Duration.ofHours(1), 0, Duration.ofMillis(200), 1 << 30),
            16 << 10);

    @TempDir
    Path folder;

    private TestCluster cluster(Limits limits) {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = limits;
        return cluster;
    }

    /// Proposes entries of some size, several under way at a time.
    static void fill(Node node, int from, int to) {
        List<CompletableFuture<byte[]>> waiting = new ArrayList<>();
        for (int i = from; i < to; i++) {
            waiting.add(node.member.propose(
                    ("entry-" + i + "-" + "x".repeat(200)).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        }
        CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).join();
    }

    @Test
    void aCrashedReplicaIsRestoredFromTheSnapshotAndTheLogBehindIt() throws Exception {
        try (TestCluster cluster = cluster(SMALL).formed(1)) {
            Node node = cluster.leader();
            fill(node, 0, 500);
            Position position = node.member.snapshot().get(10, TimeUnit.SECONDS);
            assertThat(position.index()).isGreaterThan(500);
            fill(node, 500, 700);
            assertThat(node.member.view().snapshotIndex()).isEqualTo(position.index());
            assertThat(node.member.view().logStartIndex()).isGreaterThan(100);

            node.crash();
            node.restart();
            cluster.leader();
            assertThat(node.ledger.restores).hasValue(1);
            TestCluster.await("the log to be applied again", () -> node.ledger.count() == 700);
            fill(node, 700, 710);
            assertThat(node.ledger.count()).isEqualTo(710);
        }
    }

    @Test
    void aSnapshotIsMadeByItselfWhenDue() throws Exception {
        Limits limits = TestCluster.LIMITS.withSnapshots(
                new Limits.Snapshotting(300, 1 << 30, Duration.ofHours(1), 0, Duration.ofSeconds(1), 1 << 30),
                16 << 10);
        try (TestCluster cluster = cluster(limits).formed(1)) {
            Node node = cluster.leader();
            fill(node, 0, 400);
            TestCluster.await("a snapshot", () -> node.member.view().snapshotIndex() > 0);
            fill(node, 400, 800);
            TestCluster.await("the log to be purged", () -> node.member.view().logStartIndex() > 300);
        }
    }

    @Test
    void aMemberThatWasAwayTooLongGetsASnapshot() throws Exception {
        try (TestCluster cluster = cluster(SMALL).formed(3)) {
            Node leader = cluster.leader();
            Node away = cluster.others(leader).getFirst();
            fill(leader, 0, 100);
            TestCluster.await("all to have the beginning", () -> away.ledger.count() == 100);
            away.stop();
            fill(leader, 100, 600);
            leader.member.snapshot().get(10, TimeUnit.SECONDS);
            assertThat(leader.member.view().logStartIndex()).isGreaterThan(400);
            fill(leader, 600, 650);

            away.restart();
            TestCluster.await("the member to catch up", () -> away.ledger.count() == 650);
            assertThat(away.ledger.restores).hasValue(1);
            assertThat(away.ledger.copy()).isEqualTo(leader.ledger.copy());
            fill(leader, 650, 660);
            TestCluster.await("the member to follow", () -> away.ledger.count() == 660);

            // What was installed serves a restart, too.
            away.crash();
            away.restart();
            TestCluster.await("the member to be back", () -> away.ledger.count() == 660);
        }
    }

    @Test
    void aNewMemberIsFilledBySnapshotWhileEntriesGoOn() throws Exception {
        try (TestCluster cluster = cluster(SMALL).formed(3)) {
            Node leader = cluster.leader();
            fill(leader, 0, 600);
            leader.member.snapshot().get(10, TimeUnit.SECONDS);
            Node fourth = cluster.add("n4");
            fourth.join();
            List<Member> more = new ArrayList<>(leader.member.view().members());
            more.add(fourth.listener());
            CompletableFuture<Void> change =
                    leader.member.change(leader.member.view().members(), more);
            for (int i = 600; !change.isDone() && i < 2_000; i += 5) {
                fill(leader, i, i + 5);
            }
            change.get(30, TimeUnit.SECONDS);
            TestCluster.await("the new member to be filled", () -> fourth.ledger.count() == leader.ledger.count());
            assertThat(fourth.ledger.restores.get()).isPositive();

            // A vote for one that has everything, but no snapshot of its own as new as the leader's log.
            leader.member.snapshot().get(10, TimeUnit.SECONDS);
            List<Member> voting = new ArrayList<>(more);
            voting.removeLast();
            voting.add(fourth.voter());
            leader.member.change(more, voting).get(30, TimeUnit.SECONDS);
            leader.member.transfer(fourth.id(), Duration.ofSeconds(10)).get(15, TimeUnit.SECONDS);
            TestCluster.await("it to lead", fourth::leads);
        }
    }

    @Test
    void aTransferGoesOnWhereItBrokeOffAndTakesNothingDamaged() throws Exception {
        Snapshots theirs = Snapshots.open(TestCluster.GROUP, folder.resolve("theirs"), Duration.ofSeconds(60));
        Ledger ledger = new Ledger(folder.resolve("store"));
        ledger.open();
        ledger.apply(new Position(1, 1), java.nio.ByteBuffer.wrap(new byte[] {'a'}));
        Path making = theirs.making(0);
        theirs.complete(making, new Manifest(ledger.applied(), ledger.checkpoint(making)));

        AtomicInteger tries = new AtomicInteger();
        List<Long> offsets = new ArrayList<>();
        SnapshotSource source = new SnapshotSource() {
            @Override
            public byte[] manifest(MemberId from, GroupName group) throws IOException {
                return theirs.manifest();
            }

            @Override
            public InputStream file(MemberId from, GroupName group, long index, String name, long offset)
                    throws IOException {
                InputStream in = theirs.file(index, name, offset);
                if (!name.equals("part/constant")) {
                    return in;
                }
                offsets.add(offset);
                return switch (tries.getAndIncrement()) {
                    case 0 -> new ByteArrayInputStream(in.readNBytes(40_000));
                    case 1 ->
                        new FilterInputStream(in) {
                            @Override
                            public int read(byte[] bytes, int from, int length) throws IOException {
                                int n = super.read(bytes, from, length);
                                bytes[from] ^= 1;
                                return n;
                            }
                        };
                    default -> in;
                };
            }
        };
        Snapshots ours = Snapshots.open(TestCluster.GROUP, folder.resolve("ours"), Duration.ofSeconds(60));
        MemberId from = new MemberId("n1", 1);
        assertThatThrownBy(() -> new SnapshotFetch(TestCluster.GROUP, ours, source, from, () -> true, 1 << 30).run())
                .hasMessageContaining("60000 bytes early");
        assertThatThrownBy(() -> new SnapshotFetch(TestCluster.GROUP, ours, source, from, () -> true, 1 << 30).run())
                .hasMessageContaining("damaged");
        Snapshots.Whole whole = new SnapshotFetch(TestCluster.GROUP, ours, source, from, () -> true, 1 << 30).run();
        assertThat(offsets).containsExactly(0L, 40_000L, 0L);
        assertThat(whole.position()).isEqualTo(new Position(1, 1));

        // The next one shares a file, which is not sent again.
        ledger.apply(new Position(1, 2), java.nio.ByteBuffer.wrap(new byte[] {'b'}));
        Path next = theirs.making(1);
        theirs.complete(next, new Manifest(ledger.applied(), ledger.checkpoint(next)));
        whole = new SnapshotFetch(TestCluster.GROUP, ours, source, from, () -> true, 1 << 30).run();
        assertThat(offsets).hasSize(3);
        Ledger restored = new Ledger(folder.resolve("restored"));
        restored.restore(whole.folder(), whole.position());
        assertThat(restored.copy()).containsExactly("a", "b");
    }

    @Test
    void whatIsBeingSentIsKeptAndSoIsTheLogBehindIt() throws Exception {
        Limits limits = TestCluster.LIMITS.withSnapshots(
                new Limits.Snapshotting(1_000_000, 1 << 30, Duration.ofHours(1), 0, Duration.ofMinutes(1), 1 << 30),
                16 << 10);
        try (TestCluster cluster = cluster(limits).formed(1)) {
            Node node = cluster.leader();
            fill(node, 0, 200);
            Position first = node.member.snapshot().get(10, TimeUnit.SECONDS);
            assertThat(Manifest.decode(node.host.snapshotManifest(TestCluster.GROUP))
                            .position())
                    .isEqualTo(first);
            fill(node, 200, 600);
            node.member.snapshot().get(10, TimeUnit.SECONDS);
            assertThat(node.member.view().logStartIndex()).isLessThanOrEqualTo(first.index() + 1);
            try (InputStream in = node.host.snapshotFile(TestCluster.GROUP, first.index(), "state", 0)) {
                assertThat(in.readAllBytes()).isNotEmpty();
            }
            assertThatThrownBy(() -> node.host.snapshotFile(TestCluster.GROUP, first.index(), "../../member", 0))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aHalfWrittenSnapshotIsNone() throws Exception {
        Snapshots snapshots = Snapshots.open(TestCluster.GROUP, folder.resolve("s"), Duration.ofSeconds(60));
        Ledger ledger = new Ledger(folder.resolve("store"));
        ledger.open();
        ledger.apply(new Position(3, 7), java.nio.ByteBuffer.wrap(new byte[] {'a'}));
        Path making = snapshots.making(0);
        Snapshots.Whole whole = snapshots.complete(making, new Manifest(ledger.applied(), ledger.checkpoint(making)));
        snapshots.making(1);

        byte[] manifest = Files.readAllBytes(whole.folder().resolve(Manifest.NAME));
        Snapshots again = Snapshots.open(TestCluster.GROUP, folder.resolve("s"), Duration.ofSeconds(60));
        assertThat(again.newest()).contains(whole);
        manifest[30] ^= 1;
        Files.write(whole.folder().resolve(Manifest.NAME), manifest);
        assertThat(Snapshots.open(TestCluster.GROUP, folder.resolve("s"), Duration.ofSeconds(60))
                        .newest())
                .isEmpty();
        assertThat(folder.resolve("s")).isEmptyDirectory();
    }
}
