package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.TestCluster.Node;

/// Damage to a group's files: a torn tail is cut, all else sets that one group aside.
class DamageTest {
    private static final GroupName OTHER = new GroupName("vs2");

    @TempDir
    Path folder;

    /// A stopped one-member group with entries 1 to 300, in several log files.
    private TestCluster stopped() throws IOException {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = TestCluster.LIMITS.withSnapshots(TestCluster.LIMITS.snapshots(), 16 << 10);
        cluster.formed(1);
        Node node = cluster.leader();
        SnapshotTest.fill(node, 0, 300);
        node.crash();
        return cluster;
    }

    private static List<Path> logs(Node node, String prefix) throws IOException {
        try (Stream<Path> files = Files.walk(node.folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .sorted(Comparator.comparing(Path::toString))
                    .toList();
        }
    }

    private static Path open(Node node) throws IOException {
        return logs(node, "log_inprogress_").getFirst();
    }

    private static void flip(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 0x20));
            channel.write(one.flip(), at);
        }
    }

    private static void opensAgain(TestCluster cluster, int entries) throws IOException {
        Node node = cluster.node("n1");
        node.restart();
        cluster.leader();
        TestCluster.await("the log to be applied again", () -> node.ledger.count() >= entries);
        int count = node.ledger.count();
        assertThat(node.propose("after")).isEqualTo((count + 1) + ":after");
        node.crash();
        node.restart();
        TestCluster.await("all of it once more", () -> node.ledger.count() == count + 1);
    }

    private static void isSetAside(TestCluster cluster, String reason) throws IOException {
        Node node = cluster.node("n1");
        node.startHost(0);
        QuarantineException e = catchThrowableOfType(QuarantineException.class, node::reopen);
        assertThat(e).hasMessageContaining(reason).hasMessageContaining("n1.2");
        assertThat(e.setAside()).isDirectory().hasFileName("vs1.quarantined-1");
        assertThat(node.host.has(TestCluster.GROUP)).isFalse();

        // The process goes on: another group, and this one under the next incarnation.
        Ledger second = new Ledger(node.folder.resolve("second"));
        GroupMember other = node.host.form(OTHER, List.of(node.voter()), second, new TestCluster.Events());
        TestCluster.await("the other group to run", () -> other.view().leading());
        node.incarnation = 2;
        node.join();
        assertThat(node.member.view().leader()).isEmpty();
    }

    @Test
    void anEntryCutOffIsDropped() throws IOException {
        try (TestCluster cluster = stopped()) {
            Path log = open(cluster.node("n1"));
            try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() - 5);
            }
            opensAgain(cluster, 299);
        }
    }

    @Test
    void garbageAtTheEndIsDropped() throws IOException {
        try (TestCluster cluster = stopped()) {
            Path log = open(cluster.node("n1"));
            byte[] garbage = new byte[5_000];
            for (int i = 0; i < garbage.length; i++) {
                garbage[i] = (byte) (i * 31 + 7);
            }
            Files.write(log, garbage, StandardOpenOption.APPEND);
            opensAgain(cluster, 300);
        }
    }

    @Test
    void zeroesAtTheEndAreNothing() throws IOException {
        try (TestCluster cluster = stopped()) {
            Files.write(open(cluster.node("n1")), new byte[5_000], StandardOpenOption.APPEND);
            opensAgain(cluster, 300);
        }
    }

    @Test
    void anEmptyLastFileIsNothing() throws IOException {
        try (TestCluster cluster = stopped()) {
            try (FileChannel channel = FileChannel.open(open(cluster.node("n1")), StandardOpenOption.WRITE)) {
                channel.truncate(3);
            }
            opensAgain(cluster, 200);
        }
    }

    @Test
    void aBadEntryWithGoodOnesBehindItSetsTheGroupAside() throws IOException {
        try (TestCluster cluster = stopped()) {
            flip(open(cluster.node("n1")), 100);
            isSetAside(cluster, "is damaged at byte");
        }
    }

    @Test
    void aBadByteInAClosedFileSetsTheGroupAside() throws IOException {
        try (TestCluster cluster = stopped()) {
            Path closed = logs(cluster.node("n1"), "log_").stream()
                    .filter(file -> !file.toString().contains("inprogress"))
                    .findFirst()
                    .orElseThrow();
            flip(closed, Files.size(closed) - 20);
            isSetAside(cluster, "is damaged at byte");
        }
    }

    @Test
    void aMissingFileSetsTheGroupAside() throws IOException {
        try (TestCluster cluster = stopped()) {
            Files.delete(logs(cluster.node("n1"), "log_").get(1));
            isSetAside(cluster, "are missing");
        }
    }

    @Test
    void aMissingVoteSetsTheGroupAside() throws IOException {
        try (TestCluster cluster = stopped()) {
            Files.delete(logs(cluster.node("n1"), "raft-meta").getFirst());
            isSetAside(cluster, "vote");
        }
    }

    @Test
    void aLogThatEndsBeforeWhatWasAppliedSetsTheGroupAside() throws IOException {
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node node = cluster.leader();
            node.propose("a");
            node.stop();
            for (Path log : logs(node, "log_")) {
                Files.delete(log);
            }
            isSetAside(cluster, "it has lost its end");
        }
    }

    @Test
    void aFormThatDidNotComeToItsEndIsBegunAgain() throws IOException {
        try (TestCluster cluster = new TestCluster(folder)) {
            Node node = cluster.add("n1");
            Path group = node.folder.resolve("raft/vs1");
            Files.createDirectories(group);
            new GroupFolder(group, RaftIds.group(new java.util.UUID(1, 1), TestCluster.GROUP))
                    .write(new GroupFolder.Identity(node.id(), List.of(node.voter())), GroupFolder.State.BEGUN);
            node.reopen();
            assertThat(cluster.leader().propose("a")).isEqualTo("1:a");
        }
    }
}
