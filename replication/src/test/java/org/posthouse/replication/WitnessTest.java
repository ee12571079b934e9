package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.TestCluster.Node;

/// Two replicas and a witness, which votes and keeps a log.
class WitnessTest {
    /// Small log files, and little that a snapshot needs before it is due by itself: never, in these tests.
    private static final Limits SMALL = TestCluster.LIMITS.withSnapshots(
            new Limits.Snapshotting(1_000_000, 1 << 30, Duration.ofHours(1), 0, Duration.ofMillis(200), 1 << 30),
            16 << 10);

    @TempDir
    Path folder;

    private TestCluster cluster;
    private Node owner;
    private Node heir;
    private Node witness;

    private TestCluster begin(Limits limits) throws Exception {
        cluster = new TestCluster(folder);
        cluster.limits = limits;
        cluster.formedWithWitness();
        witness = cluster.node("w1");
        // Whoever is elected first is chance; the witness gives way by its priority.
        TestCluster.await(
                "a full replica to lead",
                () -> cluster.node("n1").leads() || cluster.node("n2").leads());
        owner = cluster.node("n1").leads() ? cluster.node("n1") : cluster.node("n2");
        heir = owner == cluster.node("n1") ? cluster.node("n2") : cluster.node("n1");
        return cluster;
    }

    private static void crash(Node node) {
        node.crash();
        node.member = null;
    }

    private static void cover(Node witness, long byAll, long byOne) {
        witness.member.covered(byAll, byOne);
    }

    private static void awaitLogFrom(Node node, long index) {
        TestCluster.await(
                "the log to begin behind " + index, () -> node.member.view().logStartIndex() > index);
    }

    private List<String> written() throws IOException {
        try (Stream<Path> files = Files.walk(witness.folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("log_") && !name.startsWith("raft-meta"))
                    .sorted()
                    .distinct()
                    .toList();
        }
    }

    @Test
    void aloneWithTheLastEntriesItLeadsHandsThemOverAndYields() throws Exception {
        try (TestCluster _ = begin(TestCluster.LIMITS)) {
            for (int i = 0; i < 20; i++) {
                owner.propose("e" + i);
            }
            TestCluster.await("the heir to have the beginning", () -> heir.ledger.count() == 20);
            crash(heir);
            for (int i = 20; i < 60; i++) {
                owner.propose("e" + i);
            }
            crash(owner);
            // Entries 20 to 59 are on the witness alone.
            heir.restart();
            TestCluster.await("the heir to lead", heir::leads);
            assertThat(heir.ledger.count()).isEqualTo(60);
            assertThat(heir.propose("f")).isEqualTo("61:f");
            assertThat(witness.events.leadership).as("it led before").contains("not leader");
            assertThat(witness.leads()).isFalse();

            owner.restart();
            TestCluster.await("all to have it", () -> owner.ledger.count() == 61);
            assertThat(owner.ledger.copy()).isEqualTo(heir.ledger.copy());
            assertThat(written()).as("nothing but a log").containsExactly("in_use.lock", "member");
        }
    }

    @Test
    void itsLogGoesAsFarAsBothReplicasHaveSnapshotsAndARestartFindsTheRest() throws Exception {
        try (TestCluster _ = begin(SMALL)) {
            SnapshotTest.fill(owner, 0, 600);
            TestCluster.await("the heir to have them", () -> heir.ledger.count() == 600);
            Position first = owner.member.snapshot().get(10, TimeUnit.SECONDS);
            SnapshotTest.fill(owner, 600, 900);
            TestCluster.await("the heir to have them", () -> heir.ledger.count() == 900);
            Position second = heir.member.snapshot().get(10, TimeUnit.SECONDS);
            cover(witness, first.index(), second.index());
            awaitLogFrom(witness, 400);
            assertThat(witness.member.view().logStartIndex()).isLessThanOrEqualTo(first.index() + 1);

            witness.crash();
            witness.restart();
            TestCluster.await("it to follow", () -> witness.member.view().committed() >= second.index());
            assertThat(witness.member.view().logStartIndex()).isGreaterThan(400);
            // Its vote is enough for either.
            crash(heir);
            SnapshotTest.fill(owner, 900, 950);
            crash(owner);
            heir.restart();
            TestCluster.await("the heir to have all", () -> heir.leads() && heir.ledger.count() == 950);
        }
    }

    @Test
    void itGivesNoSnapshotAndWhoNeedsOneWaitsForTheOtherReplica() throws Exception {
        Limits limits = TestCluster.LIMITS.withSnapshots(
                new Limits.Snapshotting(20, 1 << 30, Duration.ofHours(1), 0, Duration.ofMillis(200), 1 << 30),
                16 << 10);
        try (TestCluster _ = begin(limits)) {
            SnapshotTest.fill(owner, 0, 100);
            TestCluster.await("the heir to have them", () -> heir.ledger.count() == 100);
            crash(heir);
            SnapshotTest.fill(owner, 100, 1000);
            Position newest = owner.member.snapshot().get(10, TimeUnit.SECONDS);
            // The heir is away for long: the log has reached its limit, 200 entries.
            cover(witness, 0, newest.index());
            awaitLogFrom(witness, 500);
            assertThatThrownBy(() -> witness.host.snapshotManifest(TestCluster.GROUP))
                    .hasMessageContaining("is a witness");
            assertThatThrownBy(() -> witness.host.snapshotFile(TestCluster.GROUP, newest.index(), "state", 0))
                    .hasMessageContaining("is a witness");
            assertThat(witness.member.snapshot()).isCompletedExceptionally();
            SnapshotTest.fill(owner, 1000, 1010);
            crash(owner);

            heir.restart();
            TestCluster.await("the heir to follow the witness", () -> heir.member
                    .view()
                    .leader()
                    .filter(witness.id()::equals)
                    .isPresent());
            assertThat(heir.ledger.count()).as("it waits").isEqualTo(100);
            assertThat(heir.leads()).isFalse();

            owner.restart();
            TestCluster.await("the heir to be filled", () -> heir.ledger.count() == 1010);
            TestCluster.await("a full replica to lead", () -> owner.leads() || heir.leads());
            assertThat(heir.ledger.copy()).isEqualTo(owner.ledger.copy());
        }
    }

    @Test
    void wipedItIsFilledFromTheLeadersSnapshotOnBeforeItVotesAgain() throws Exception {
        try (TestCluster _ = begin(SMALL)) {
            SnapshotTest.fill(owner, 0, 600);
            Position position = owner.member.snapshot().get(10, TimeUnit.SECONDS);
            awaitLogFrom(owner, 400);
            SnapshotTest.fill(owner, 600, 700);
            MemberId lost = witness.id();
            witness.host.leave(TestCluster.GROUP, true);
            SnapshotTest.fill(owner, 700, 720);

            witness.incarnation = 2;
            witness.join();
            change(owner, owner.as(Member.Role.VOTER, 1), heir.as(Member.Role.VOTER, 1), old(lost), witness.listener());
            TestCluster.await(
                    "it to be filled", () -> witness.member.view().applied().index() > position.index() + 100);
            assertThat(witness.member.view().logStartIndex()).isEqualTo(position.index() + 1);
            assertThat(written()).as("a mark, no state").containsExactly("MANIFEST", "in_use.lock", "member");
            change(owner, owner.as(Member.Role.VOTER, 1), heir.as(Member.Role.VOTER, 1), witness.voter());

            // What it holds is enough for either to go on with it.
            crash(heir);
            SnapshotTest.fill(owner, 720, 740);
            crash(owner);
            heir.restart();
            TestCluster.await("the heir to have all", () -> heir.leads() && heir.ledger.count() == 740);
            SnapshotTest.fill(heir, 740, 750);
        }
    }

    @Test
    void awayForLongItBeginsAnewBehindTheLeadersSnapshot() throws Exception {
        try (TestCluster _ = begin(SMALL)) {
            SnapshotTest.fill(owner, 0, 100);
            TestCluster.await(
                    "it to follow", () -> witness.member.view().applied().index() >= 100);
            witness.crash();
            SnapshotTest.fill(owner, 100, 700);
            TestCluster.await("the heir to have them", () -> heir.ledger.count() == 700);
            Position position = owner.member.snapshot().get(10, TimeUnit.SECONDS);
            awaitLogFrom(owner, 500);
            witness.restart();
            SnapshotTest.fill(owner, 700, 720);
            TestCluster.await("it to follow again", () -> witness.member.view().logStartIndex() > position.index());
            crash(heir);
            SnapshotTest.fill(owner, 720, 740);
            witness.crash();
            witness.restart();
            SnapshotTest.fill(owner, 740, 760);
            crash(owner);
            heir.restart();
            TestCluster.await("the heir to have all", () -> heir.leads() && heir.ledger.count() == 760);
        }
    }

    private Member old(MemberId lost) {
        return new Member(lost, "127.0.0.1", witness.host.port(), Member.Role.VOTER, 0);
    }

    private static void change(Node leader, Member... members) throws Exception {
        CompletableFuture<Void> done = leader.member.change(leader.member.view().members(), Arrays.asList(members));
        done.get(60, TimeUnit.SECONDS);
    }

    @Test
    void aReplicaTakesNothingThatHoldsNoState() {
        byte[] mark = new Manifest(new Position(3, 70), List.of()).encode();
        assertThatThrownBy(() -> Manifest.decode(mark).mustHoldState(new MemberId("w1", 1)))
                .hasMessageContaining("no state");
        assertThat(new String(mark, StandardCharsets.UTF_8)).contains("position 3 70");
    }
}
