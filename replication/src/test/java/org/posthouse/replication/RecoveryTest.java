package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.TestCluster.Node;

/// One member of three goes on alone, in a new group that the others have no part in.
class RecoveryTest {
    private static final UUID NEW = UUID.randomUUID();

    /// A cold process on a busy machine keeps its first leader.
    private static final Limits PATIENT = Limits.DEFAULTS.withElection(Duration.ofSeconds(2), Duration.ofSeconds(4));

    @TempDir
    Path folder;

    private static Recovery of(Node node) {
        return new Recovery(node.folder.resolve("raft"), node.cluster);
    }

    private static void recover(Node node, String... entries) throws IOException {
        Recovery recovery = of(node);
        List<byte[]> added = Arrays.stream(entries)
                .map(entry -> entry.getBytes(StandardCharsets.UTF_8))
                .toList();
        recovery.prepare(TestCluster.GROUP, NEW, node.voter(), added);
        recovery.commit(TestCluster.GROUP, NEW);
        node.cluster = NEW;
    }

    private static void leadsAgain(Node node) throws IOException {
        node.restart();
        TestCluster.await(node + " to lead alone", node::leads);
    }

    private static TestCluster stopped(Path folder, int entries) throws IOException {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = PATIENT;
        cluster.formed(3);
        Node leader = cluster.leader();
        for (int i = 0; i < entries; i++) {
            leader.propose("e" + i);
        }
        TestCluster.await(
                "all to have all", () -> cluster.nodes.values().stream().allMatch(n -> n.ledger.count() == entries));
        cluster.nodes.values().forEach(Node::crash);
        return cluster;
    }

    @Test
    void oneOfThreeGoesOnAloneWithAllThatItHadAndGrowsAgain() throws Exception {
        try (TestCluster cluster = stopped(folder, 50)) {
            Node a = cluster.node("n1");
            recover(a, "first", "second");
            leadsAgain(a);
            assertThat(a.member.view().members()).containsExactly(a.voter());
            TestCluster.await("what was added offline", () -> a.ledger.count() == 52);
            assertThat(a.ledger.copy().subList(49, 52)).containsExactly("e49", "first", "second");
            assertThat(a.propose("third")).isEqualTo("53:third");

            for (String name : List.of("n4", "n5")) {
                Node joining = cluster.add(name);
                joining.host.close();
                joining.cluster = NEW;
                joining.startHost(0);
                joining.join();
                List<Member> now = a.member.view().members();
                List<Member> wanted = new ArrayList<>(now);
                wanted.add(joining.voter());
                a.member.change(now, wanted).get(60, TimeUnit.SECONDS);
            }
            assertThat(a.propose("fourth")).isEqualTo("54:fourth");
            Node d = cluster.node("n4");
            TestCluster.await("a new member to be filled", () -> d.ledger.count() == 54);
            a.crash();
            a.member = null;
            assertThat(cluster.leader().propose("fifth")).isEqualTo("55:fifth");
        }
    }

    /// They are a majority of the old group: they elect a leader of it, which cannot be helped from here. Nothing of
    /// theirs comes into the new group, and nothing of that is acknowledged by them.
    @Test
    void lostMembersThatComeBackHaveNoPartInTheNewGroup() throws Exception {
        try (TestCluster cluster = stopped(folder, 10)) {
            Node a = cluster.node("n1");
            Node b = cluster.node("n2");
            Node c = cluster.node("n3");
            recover(a);
            leadsAgain(a);
            long term = a.member.view().term();
            b.restart();
            c.restart();
            TestCluster.await("the old majority to elect a leader of its own", () -> b.leads() || c.leads());
            Node old = b.leads() ? b : c;
            for (int i = 0; i < 50; i++) {
                old.propose("old" + i);
                a.propose("new" + i);
            }
            assertThat(a.ledger.copy()).noneMatch(entry -> entry.startsWith("old"));
            assertThat(b.ledger.copy()).noneMatch(entry -> entry.startsWith("new"));
            assertThat(c.ledger.copy()).noneMatch(entry -> entry.startsWith("new"));
            assertThat(a.leads()).isTrue();
            assertThat(a.member.view().term()).isEqualTo(term);
            assertThat(a.member.view().members()).containsExactly(a.voter());
            assertThat(a.events.leadership).hasSize(1);
        }
    }

    /// Under the old cluster's id there is nothing left here that could vote.
    @Test
    void theOldMemberIsGoneHereAndKeptAside() throws Exception {
        try (TestCluster cluster = stopped(folder, 5)) {
            Node a = cluster.node("n1");
            Path old = new GroupFolder(a.folder.resolve("raft/vs1"), RaftIds.group(cluster.cluster, TestCluster.GROUP))
                    .raft();
            List<Path> before = files(old);
            recover(a);
            assertThat(old).doesNotExist();
            Path kept = new Recovery(a.folder.resolve("raft"), NEW)
                    .kept(TestCluster.GROUP)
                    .resolve(old.getFileName());
            assertThat(files(kept)).isEqualTo(before);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(folder::relativize).sorted().toList();
        }
    }

    @Test
    void aCommitThatWasCutShortIsRepeated() throws Exception {
        try (TestCluster cluster = stopped(folder, 5)) {
            Node a = cluster.node("n1");
            Recovery recovery = of(a);
            recovery.prepare(TestCluster.GROUP, NEW, a.voter(), List.of());
            Path old = new GroupFolder(a.folder.resolve("raft/vs1"), RaftIds.group(cluster.cluster, TestCluster.GROUP))
                    .raft();
            // As if the process had ended after the first rename.
            Path kept = Files.createDirectories(recovery.kept(TestCluster.GROUP));
            Files.move(old, kept.resolve(old.getFileName()));
            recovery.commit(TestCluster.GROUP, NEW);
            recovery.commit(TestCluster.GROUP, NEW);
            a.cluster = NEW;
            leadsAgain(a);
            TestCluster.await("all of it", () -> a.ledger.count() == 5);
        }
    }

    /// The log begins behind a snapshot, in several files, and ends in padding.
    @Test
    void aLogThatWasPurgedBehindASnapshotIsTakenOver() throws Exception {
        try (TestCluster cluster = new TestCluster(folder)) {
            cluster.limits = PATIENT.withSnapshots(
                    new Limits.Snapshotting(
                            100, 1 << 30, TestCluster.PATIENCE.multipliedBy(100), 0, TestCluster.PATIENCE, 100 << 20),
                    16 << 10);
            cluster.formed(3);
            Node leader = cluster.leader();
            SnapshotTest.fill(leader, 0, 400);
            Node a = cluster.others(leader).getFirst();
            TestCluster.await("all of it", () -> a.ledger.count() == 400);
            TestCluster.await("a snapshot", () -> a.member.view().snapshotIndex() > 100);
            cluster.nodes.values().forEach(Node::crash);
            Recovery.Found found = of(a).look(TestCluster.GROUP, (_, _) -> {});
            assertThat(found.snapshot()).isPresent();
            assertThat(found.last().index()).isGreaterThanOrEqualTo(400);
            assertThat(found.committed()).isGreaterThan(100);
            assertThat(found.self()).isEqualTo(a.id());
            assertThat(found.members()).hasSize(3);
            recover(a, "added");
            leadsAgain(a);
            TestCluster.await("all of it again", () -> a.ledger.count() == 401);
            assertThat(a.propose("x")).isEqualTo("402:x");
        }
    }

    /// Everything is in the snapshot, as after one was installed.
    @Test
    void aSnapshotWithoutLogIsTakenOver() throws Exception {
        try (TestCluster cluster = stopped(folder, 20)) {
            Node a = cluster.node("n1");
            Recovery.Found found = of(a).look(TestCluster.GROUP, (_, _) -> {});
            Ledger ledger = new Ledger(folder.resolve("scratch"));
            of(a).look(TestCluster.GROUP, ledger::apply);
            ledger.advance(found.last());
            Path made = Files.createDirectories(a.folder.resolve("raft/vs1/snapshots/"
                    + found.last().index() + "-" + found.last().term()));
            Files.write(made.resolve(Manifest.NAME), new Manifest(found.last(), ledger.checkpoint(made)).encode());
            try (Stream<Path> files = Files.walk(a.folder.resolve("raft"))) {
                for (Path log : files.filter(f -> f.getFileName().toString().startsWith("log_"))
                        .toList()) {
                    Files.delete(log);
                }
            }
            recover(a, "added");
            leadsAgain(a);
            TestCluster.await("all of it", () -> a.ledger.count() == 21);
            assertThat(a.ledger.restores).hasValue(1);
        }
    }

    @Test
    void aLookTellsWhatIsThereAndChangesNothing() throws Exception {
        try (TestCluster cluster = stopped(folder, 10)) {
            Node a = cluster.node("n1");
            Path log;
            try (Stream<Path> files = Files.walk(a.folder)) {
                log = files.filter(f -> f.getFileName().toString().startsWith("log_inprogress"))
                        .findFirst()
                        .orElseThrow();
            }
            Files.write(log, new byte[] {5, 4, 3, 2, 1}, StandardOpenOption.APPEND);
            byte[] before = Files.readAllBytes(log);
            List<String> read = new ArrayList<>();
            Recovery.Found found = of(a).look(
                            TestCluster.GROUP,
                            (_, content) -> read.add(
                                    StandardCharsets.UTF_8.decode(content).toString()));
            assertThat(read).hasSize(10).startsWith("e0").endsWith("e9");
            assertThat(found.last().index()).isGreaterThanOrEqualTo(10);
            assertThat(Files.readAllBytes(log)).isEqualTo(before);
            assertThat(of(a).groups()).containsExactly(TestCluster.GROUP);
        }
    }

    @Test
    void aGroupInUseIsRefusedAndSoIsAnotherMembersReplica() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node a = cluster.leader();
            a.propose("x");
            assertThatThrownBy(() -> of(a).prepare(TestCluster.GROUP, NEW, a.voter(), List.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
            a.crash();
            Member other = new Member(new MemberId("n1", 7), "127.0.0.1", 1, Member.Role.VOTER, 0);
            assertThatThrownBy(() -> of(a).prepare(TestCluster.GROUP, NEW, other, List.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("n1.1, not n1.7");
        }
    }
}
