package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.ReplicationException.Kind;
import org.posthouse.replication.TestCluster.Node;

/// A group's life: formed, proposed to, its leader lost, opened again.
class RatisHostTest {
    @TempDir
    Path folder;

    @Test
    void oneMemberProposesConfirmsAndOpensAgain() throws IOException {
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node node = cluster.leader();
            assertThat(node.propose("a")).isEqualTo("1:a");
            assertThat(node.propose("b")).isEqualTo("2:b");
            node.member.confirmLeadership().join();

            node.stop();
            assertThat(node.ledger.isClosed()).isTrue();
            node.restart();
            cluster.leader();
            assertThat(node.propose("c")).isEqualTo("3:c");
            assertThat(node.ledger.copy()).containsExactly("a", "b", "c");
        }
    }

    @Test
    void aCrashedReplicaGetsTheWholeLogAgain() throws IOException {
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node node = cluster.leader();
            node.propose("a");
            node.propose("b");
            node.crash();
            node.restart();
            cluster.leader();
            assertThat(node.propose("c")).isEqualTo("3:c");
        }
    }

    @Test
    void threeMembersGoOnWhenTheLeaderIsLost() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node first = cluster.leader();
            for (int i = 0; i < 100; i++) {
                first.propose("a" + i);
            }
            first.member.confirmLeadership().get(5, TimeUnit.SECONDS);
            assertThat(first.events.leadership).last().asString().startsWith("ready");
            first.crash();
            assertThat(first.events.leadership).last().isEqualTo("not leader");
            first.member = null;

            Node second = cluster.leader();
            assertThat(second).isNotSameAs(first);
            assertThat(second.propose("b")).isEqualTo("101:b");

            first.restart();
            TestCluster.await("the lost member to catch up", () -> first.ledger.count() == 101);
            assertThat(first.ledger.copy()).isEqualTo(second.ledger.copy());
        }
    }

    @Test
    void theSuccessorOfAProcessThatEndedDoesNotWaitForTheElectionTimeout() throws Exception {
        Duration shortest = Duration.ofSeconds(5);
        try (TestCluster cluster = new TestCluster(folder)) {
            cluster.limits = TestCluster.LIMITS.withElection(shortest, shortest.plusSeconds(1));
            Node first = cluster.formed(3).leader();
            first.propose("a");
            Node successor = cluster.others(first).getFirst();
            Node third = cluster.others(first).getLast();
            first.crash();
            first.member = null;

            long crashed = System.nanoTime();
            third.member.ended(first.id());
            successor.member.ended(first.id());

            assertThat(cluster.leader()).isSameAs(successor);
            assertThat(Duration.ofNanos(System.nanoTime() - crashed)).isLessThan(shortest);
            assertThat(successor.propose("b")).isEqualTo("2:b");
            third.member.ended(first.id()); // Leads no more: changes nothing.
            assertThat(successor.propose("c")).isEqualTo("3:c");
        }
    }

    @Test
    void aFollowerRefusesProposalsAndConfirmations() throws IOException {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node leader = cluster.leader();
            Node follower = cluster.others(leader).getFirst();
            assertThat(kindOf(() -> follower.propose("x"))).isEqualTo(Kind.NOT_LEADER);
            assertThat(kindOf(() -> follower.member.confirmLeadership().join())).isEqualTo(Kind.NOT_LEADER);
            assertThat(leader.propose("y")).isEqualTo("1:y");
        }
    }

    @Test
    void whatWasUnderWayWhenTheMajorityWentIsOfUnknownOutcome() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node leader = cluster.leader();
            List<Node> followers = cluster.others(leader);
            leader.propose("before");
            List<Thread> stopping = new ArrayList<>();
            for (Node follower : followers) {
                stopping.add(Thread.ofVirtual().start(follower::stop));
            }
            EnumSet<Kind> kinds = EnumSet.noneOf(Kind.class);
            List<String> refused = new ArrayList<>();
            for (int i = 0; !kinds.contains(Kind.NOT_LEADER); i++) {
                String text = "entry-" + i;
                try {
                    leader.propose(text);
                } catch (CompletionException e) {
                    Kind kind = ((ReplicationException) e.getCause()).kind();
                    kinds.add(kind);
                    if (kind != Kind.UNKNOWN) {
                        refused.add(text);
                    }
                }
            }
            assertThat(kinds).containsOnly(Kind.UNKNOWN, Kind.NOT_LEADER);
            for (Thread thread : stopping) {
                thread.join();
            }
            for (Node follower : followers) {
                follower.restart();
            }
            cluster.leader().propose("after");
            TestCluster.await("all to agree", () -> cluster.nodes.values().stream()
                    .allMatch(node -> node.ledger.seen.containsKey("after")));
            assertThat(leader.ledger.copy()).doesNotContainAnyElementsOf(refused);
        }
    }

    @Test
    void boundsWhatIsTakenAndWhatWaits() throws IOException {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = TestCluster.LIMITS.withWaiting(10, 64 << 20);
        try (cluster) {
            Node node = cluster.formed(1).leader();
            assertThat(kindOf(() -> node.member
                            .propose(new byte[ReplicatedLog.ENTRY_BYTES_MAX + 1])
                            .join()))
                    .isEqualTo(Kind.REFUSED);
            assertThat(node.member
                            .propose(new byte[ReplicatedLog.ENTRY_BYTES_MAX])
                            .join())
                    .isNotEmpty();

            List<CompletableFuture<byte[]>> proposals = new ArrayList<>();
            proposals.add(node.member.propose("block".getBytes(StandardCharsets.UTF_8)));
            for (int i = 0; i < 20; i++) {
                proposals.add(node.member.propose(new byte[1]));
            }
            List<CompletableFuture<byte[]>> refused = proposals.stream()
                    .filter(CompletableFuture::isCompletedExceptionally)
                    .toList();
            assertThat(refused).hasSize(11);
            assertThat(kindOf(refused.getFirst()::join)).isEqualTo(Kind.OVERLOADED);
            node.ledger.unblock.countDown();
            TestCluster.await("the accepted ones", () -> node.ledger.count() == 11);
        }
    }

    @Test
    void aThrowInApplyClosesThatGroupAlone() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node node = cluster.leader();
            GroupName other = new GroupName("vs2");
            Ledger second = new Ledger(folder.resolve("second"));
            GroupMember healthy = node.host.form(other, List.of(node.voter()), second, new TestCluster.Events());
            TestCluster.await("the other group's leader", () -> healthy.view().leading());

            assertThat(kindOf(() -> node.propose("throw"))).isEqualTo(Kind.UNKNOWN);
            assertThat(node.events.failures.poll(10, TimeUnit.SECONDS)).contains("told to throw");
            assertThat(kindOf(() -> node.propose("x"))).isEqualTo(Kind.UNAVAILABLE);
            assertThat(node.member.view().failure()).isPresent();
            assertThat(healthy.propose(new byte[] {'a'}).join()).isNotEmpty();
        }
    }

    @Test
    void formsAndJoinsOnlyOnAnEmptyFolder() throws IOException {
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node node = cluster.leader();
            assertThat(node.host.has(TestCluster.GROUP)).isTrue();
            assertThatThrownBy(() -> node.form(List.of(node.voter()))).isInstanceOf(IOException.class);
            node.host.leave(TestCluster.GROUP, false);
            assertThatThrownBy(() -> node.form(List.of(node.voter()))).isInstanceOf(IOException.class);
            node.host.leave(TestCluster.GROUP, true);
            assertThat(node.host.has(TestCluster.GROUP)).isFalse();
            assertThatThrownBy(node::reopen).isInstanceOf(IOException.class);
        }
    }

    @Test
    void warmsUpAndLeavesNothingBehind() throws IOException {
        try (TestCluster cluster = new TestCluster(folder)) {
            Node node = cluster.add("n1");
            node.host.warmUp();
            Path scratch = node.folder.resolve("raft/warm-up");
            TestCluster.await("the scratch folder to be removed", () -> !Files.exists(scratch));
            node.form(List.of(node.voter()));
            assertThat(cluster.leader().propose("a")).isEqualTo("1:a");
        }
    }

    static Kind kindOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(call);
        Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
        assertThat(cause).isInstanceOf(ReplicationException.class);
        return ((ReplicationException) cause).kind();
    }
}
