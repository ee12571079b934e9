package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.ReplicationException.Kind;
import org.posthouse.replication.TestCluster.Node;

/// Members come, are filled, get a vote, lose it, and go; leadership is handed over.
class MembershipTest {
    @TempDir
    Path folder;

    private static void change(Node leader, Member... members) throws Exception {
        List<Member> now = leader.member.view().members();
        leader.member.change(now, Arrays.asList(members)).get(60, TimeUnit.SECONDS);
    }

    @Test
    void aListenerIsFilledPromotedAndLeads() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            Node b = cluster.others(a).get(0);
            Node c = cluster.others(a).get(1);
            for (int i = 0; i < 200; i++) {
                a.propose("e" + i);
            }
            Node d = cluster.add("n4");
            d.join();
            change(a, a.voter(), b.voter(), c.voter(), d.listener());
            TestCluster.await("the listener to be filled", () -> d.ledger.count() == 200);
            assertThat(a.member.view().followers())
                    .extracting(GroupMember.Follower::id)
                    .contains(d.id());

            change(a, a.voter(), b.voter(), d.voter());
            assertThat(a.member.view().members()).extracting(Member::id).doesNotContain(c.id());
            assertThat(c.events.failures.poll(20, TimeUnit.SECONDS)).contains("removed");

            // The promoted member's vote counts, and it can lead.
            a.member.transfer(d.id(), Duration.ofSeconds(10)).get(15, TimeUnit.SECONDS);
            TestCluster.await("the promoted member to lead", d::leads);
            assertThat(d.propose("f")).isEqualTo("201:f");
            b.crash();
            assertThat(d.propose("g")).isEqualTo("202:g");
        }
    }

    @Test
    void thePromotedMembersVoteIsEnoughWhenTheLeaderIsLostAtOnce() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            Node b = cluster.others(a).get(0);
            Node d = cluster.add("n4");
            d.join();
            List<Member> voters = a.member.view().members();
            List<Member> more = new ArrayList<>(voters);
            more.add(d.listener());
            change(a, more.toArray(Member[]::new));
            change(a, a.voter(), b.voter(), d.voter());
            a.propose("x");
            a.crash();
            a.member = null;
            // Only b and d are left, so d has to vote for b, or the other way round.
            Node next = cluster.leader();
            assertThat(next).isIn(b, d);
            assertThat(next.propose("y")).isEqualTo("2:y");
        }
    }

    @Test
    void aListenerStaysOneWhenTheLeaderIsLost() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            Node b = cluster.others(a).get(0);
            Node c = cluster.others(a).get(1);
            Node d = cluster.add("n4");
            d.join();
            change(a, a.voter(), b.voter(), c.voter(), d.listener());
            a.propose("x");
            a.crash();
            a.member = null;
            Node next = cluster.leader();
            next.propose("y");
            TestCluster.await("the listener to follow the new leader", () -> d.ledger.count() == 2);
            assertThat(d.events.failures).isEmpty();
        }
    }

    @Test
    void aDemotedVoterFollowsOn() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(4)) {
            Node a = cluster.leader();
            List<Node> rest = cluster.others(a);
            Node d = rest.get(2);
            change(a, a.voter(), rest.get(0).voter(), rest.get(1).voter(), d.listener());
            a.propose("x");
            a.crash();
            a.member = null;
            Node next = cluster.leader();
            next.propose("y");
            TestCluster.await("the demoted member to follow the new leader", () -> d.ledger.count() == 2);
            assertThat(d.events.failures).isEmpty();
            // And back.
            change(next, rest.get(0).voter(), rest.get(1).voter(), d.voter());
            next.member.transfer(d.id(), Duration.ofSeconds(10)).get(15, TimeUnit.SECONDS);
            TestCluster.await("it to lead", d::leads);
        }
    }

    /// Its disk stood still, so it gave way with the change in its log, and was elected again.
    @Test
    void aChangeThatAnElectionCutShortIsMadeAgain() throws Exception {
        CountDownLatch repaired = new CountDownLatch(1);
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node a = cluster.leader();
            Node d = cluster.add("n4");
            d.join();
            change(a, a.voter(), d.listener());
            HostedGroup hosted = (HostedGroup) a.member;
            CountDownLatch reached = new CountDownLatch(1);
            List<Member> before = a.member.view().members();
            hosted.flushProbe = () -> {
                reached.countDown();
                try {
                    repaired.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            };
            var cut = a.member.change(before, List.of(a.voter(), d.voter()));
            reached.await();
            a.member.stepDown().get(20, TimeUnit.SECONDS);
            repaired.countDown();
            TestCluster.await("the end of the change", cut::isDone);
            assertThat(cut).isCompletedExceptionally();
            TestCluster.await("it to lead again, and to make the change when asked again and again", () -> {
                try {
                    change(a, a.voter(), d.voter());
                    return true;
                } catch (Exception e) {
                    return false;
                }
            });
            assertThat(a.propose("x")).isEqualTo("1:x");
            TestCluster.await("the new member to follow", () -> d.ledger.count() == 1);
        } finally {
            repaired.countDown();
        }
    }

    @Test
    void growsFromOneToThreeInOneCall() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(1)) {
            Node a = cluster.leader();
            for (int i = 0; i < 50; i++) {
                a.propose("e" + i);
            }
            Node b = cluster.add("n2");
            Node c = cluster.add("n3");
            b.join();
            c.join();
            change(a, a.voter(), b.voter(), c.voter());
            assertThat(a.member.view().members()).containsExactly(a.voter(), b.voter(), c.voter());
            TestCluster.await("both to be filled", () -> b.ledger.count() == 50 && c.ledger.count() == 50);
            a.crash();
            a.member = null;
            assertThat(cluster.leader().propose("f")).isEqualTo("51:f");
        }
    }

    @Test
    void aWipedMemberComesBackUnderTheNextIncarnation() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            Node b = cluster.others(a).get(0);
            Node c = cluster.others(a).get(1);
            for (int i = 0; i < 50; i++) {
                a.propose("e" + i);
            }
            c.host.leave(TestCluster.GROUP, true);
            c.incarnation = 2;
            c.join();
            change(a, a.voter(), b.voter(), c.voter());
            TestCluster.await("the wiped member to be filled", () -> c.ledger.count() == 50);
            b.crash();
            assertThat(a.propose("f")).isEqualTo("51:f");
        }
    }

    @Test
    void refusesWhatIsNotAllowed() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            Node b = cluster.others(a).get(0);
            Node c = cluster.others(a).get(1);
            List<Member> now = a.member.view().members();
            assertThat(RatisHostTest.kindOf(
                            () -> a.member.change(List.of(a.voter()), now).join()))
                    .isEqualTo(Kind.REFUSED);
            assertThat(RatisHostTest.kindOf(() ->
                            a.member.change(now, List.of(b.voter(), c.voter())).join()))
                    .isEqualTo(Kind.REFUSED);
            assertThat(RatisHostTest.kindOf(() -> b.member.change(now, now).join()))
                    .isEqualTo(Kind.NOT_LEADER);
            assertThat(RatisHostTest.kindOf(() -> a.member
                            .transfer(new MemberId("n9", 1), Duration.ofSeconds(1))
                            .join()))
                    .isEqualTo(Kind.REFUSED);

            change(a, a.as(Member.Role.VOTER, 1), b.as(Member.Role.VOTER, 1), c.voter());
            assertThat(RatisHostTest.kindOf(() ->
                            a.member.transfer(c.id(), Duration.ofSeconds(1)).join()))
                    .isEqualTo(Kind.REFUSED);
            a.member.transfer(b.id(), Duration.ofSeconds(10)).get(15, TimeUnit.SECONDS);
            TestCluster.await("the heir to lead", b::leads);
        }
    }

    @Test
    void anAbsentNewMemberFailsTheChangeAndHarmsNobody() throws Exception {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = TestCluster.LIMITS.withMemberSilence(Duration.ofSeconds(1));
        try (cluster) {
            cluster.formed(3);
            Node a = cluster.leader();
            Node b = cluster.others(a).get(0);
            Node c = cluster.others(a).get(1);
            Node d = cluster.add("n4");
            d.join();
            change(a, a.voter(), b.voter(), c.voter(), d.listener());
            List<Member> now = a.member.view().members();
            List<Member> more = withAbsent(now);
            assertThat(RatisHostTest.kindOf(() -> a.member.change(now, more).join()))
                    .isEqualTo(Kind.UNKNOWN);
            // Ratis has dropped the listener's sender as well; whoever leads next has it again.
            TestCluster.await("an entry to reach the listener", () -> {
                try {
                    cluster.leader().propose("x");
                } catch (CompletionException _) {
                    return false;
                }
                return d.ledger.count() > 0;
            });
        }
    }

    private static List<Member> withAbsent(List<Member> members) {
        List<Member> more = new ArrayList<>(members);
        more.add(new Member(new MemberId("n9", 1), "127.0.0.1", 1, Member.Role.VOTER, 0));
        return more;
    }

    /// Ratis looks after a change that makes no progress only when the leader has had nothing to do for a while.
    @Test
    void anAbsentNewMemberFailsTheChangeUnderLoadToo() throws Exception {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = TestCluster.LIMITS.withMemberSilence(Duration.ofSeconds(1));
        try (cluster) {
            cluster.formed(3);
            Node a = cluster.leader();
            List<Member> now = a.member.view().members();
            List<Member> more = withAbsent(now);
            CompletableFuture<Void> change = a.member.change(now, more);
            Thread load = Thread.ofVirtual().start(() -> {
                while (!change.isDone()) {
                    a.propose("e");
                }
            });
            assertThat(RatisHostTest.kindOf(
                            () -> change.orTimeout(20, TimeUnit.SECONDS).join()))
                    .isEqualTo(Kind.UNKNOWN);
            load.join();
            // Nothing is left of it that would stand in the way of the next.
            change(
                    a,
                    a.as(Member.Role.VOTER, 1),
                    cluster.others(a).get(0).voter(),
                    cluster.others(a).get(1).voter());
        }
    }

    @Test
    void leadershipIsHandedOverUnderLoadWithoutLoss() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            Node b = cluster.others(a).get(0);
            List<String> acknowledged = new ArrayList<>();
            Thread load = Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 10_000; i++) {
                    try {
                        a.propose("e" + i);
                        acknowledged.add("e" + i);
                    } catch (CompletionException e) {
                        return;
                    }
                }
            });
            TestCluster.await("some entries", () -> a.ledger.count() > 20);
            a.member.transfer(b.id(), Duration.ofSeconds(10)).get(15, TimeUnit.SECONDS);
            TestCluster.await("the other to lead", b::leads);
            load.join();
            b.propose("last");
            assertThat(b.ledger.copy()).containsAll(acknowledged).doesNotHaveDuplicates();
        }
    }

    /// The third member is sent what the heir has; without an heir that answers, everything.
    @Test
    void entriesGoOnWithoutTheHeirAndItCatchesUp() throws Exception {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            Node heir = cluster.others(a).get(0);
            Node third = cluster.others(a).get(1);
            change(a, a.as(Member.Role.VOTER, 1), heir.as(Member.Role.VOTER, 1), third.voter());
            manyAtOnce(a, "before", 500);
            heir.crash();
            manyAtOnce(a, "without", 500);
            TestCluster.await("the third to have them", () -> third.ledger.count() == 1000);
            heir.restart();
            manyAtOnce(a, "after", 500);
            TestCluster.await("the heir to have them", () -> heir.ledger.count() == 1500);
            a.crash();
            a.member = null;
            TestCluster.await("the heir to lead", heir::leads);
            assertThat(heir.propose("last")).isEqualTo("1501:last");
        }
    }

    /// While the heir's disk hangs, an entry waits for it; then the heir is late, and the third makes the majority.
    @Test
    void theThirdGetsAnEntryAfterTheHeir() throws Exception {
        TestCluster cluster = new TestCluster(folder);
        Duration late = Duration.ofMillis(500);
        cluster.limits = TestCluster.LIMITS.withElection(late.multipliedBy(6), late.multipliedBy(8));
        CountDownLatch hang = new CountDownLatch(1);
        try (cluster) {
            cluster.formed(3);
            Node a = cluster.leader();
            Node heir = cluster.others(a).get(0);
            Node third = cluster.others(a).get(1);
            change(a, a.as(Member.Role.VOTER, 1), heir.as(Member.Role.VOTER, 1), third.voter());
            a.propose("before");
            TestCluster.await("the heir to have it", () -> heir.ledger.count() == 1);
            ((HostedGroup) heir.member).flushProbe = () -> {
                try {
                    hang.await();
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
            };
            long begun = System.nanoTime();
            a.propose("while it hangs");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(late.dividedBy(2));
            hang.countDown();
            TestCluster.await("the heir to catch up", () -> heir.ledger.count() == 2);
        } finally {
            hang.countDown();
        }
    }

    private static void manyAtOnce(Node leader, String text, int count) {
        CompletableFuture.allOf(IntStream.range(0, count)
                        .mapToObj(i -> leader.member.propose((text + i).getBytes(StandardCharsets.UTF_8)))
                        .toArray(CompletableFuture[]::new))
                .orTimeout(TestCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    @Test
    void aLeaderThatStepsDownIsReplaced() throws IOException {
        try (TestCluster cluster = new TestCluster(folder).formed(3)) {
            Node a = cluster.leader();
            long term = a.member.view().term();
            a.member.stepDown().join();
            TestCluster.await(
                    "a leader of a later term",
                    () -> cluster.leader().member.view().term() > term);
            cluster.leader().propose("x");
        }
    }
}
