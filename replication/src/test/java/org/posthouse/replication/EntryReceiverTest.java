package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One follower, n1 of three, and leaders that are played: whatever comes how often, it goes by the newest
/// configuration in its log.
class EntryReceiverTest {
    @TempDir
    Path folder;

    private TestCluster cluster;
    private TestCluster.Node follower;
    private long calls;

    @BeforeEach
    void begin() throws IOException {
        cluster = new TestCluster(folder);
        follower = cluster.add("n1");
        follower.form(peersWithFirst(""));
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    /// @param first the node that has a priority; none if empty
    private List<Member> peersWithFirst(String first) {
        return Arrays.asList("n1", "n2", "n3").stream()
                .map(name -> new Member(
                        new MemberId(name, 1),
                        "127.0.0.1",
                        name.equals("n1") ? follower.host.port() : 1,
                        Member.Role.VOTER,
                        name.equals(first) ? 1 : 0))
                .toList();
    }

    private String first() {
        return follower.member.view().members().stream()
                .filter(member -> member.priority() > 0)
                .map(member -> member.id().node())
                .findFirst()
                .orElse("");
    }

    private static LogEntryProto.Builder at(long term, long index) {
        return LogEntryProto.newBuilder().setTerm(term).setIndex(index);
    }

    private static LogEntryProto mail(long term, long index) {
        return at(term, index)
                .setStateMachineLogEntry(StateMachineLogEntryProto.newBuilder()
                        .setClientId(ClientId.randomId().toByteString())
                        .setCallId(index)
                        .setLogData(ByteString.copyFrom(("m" + term + "." + index).getBytes(StandardCharsets.UTF_8))))
                .build();
    }

    private LogEntryProto members(long term, long index, String first) {
        return at(term, index)
                .setConfigurationEntry(RaftConfigurationProto.newBuilder()
                        .addAllPeers(RaftIds.peers(peersWithFirst(first), Member.Role.VOTER).stream()
                                .map(RaftPeer::getRaftPeerProto)
                                .toList()))
                .build();
    }

    private AppendEntriesRequestProto request(
            String leader, long term, TermIndex previous, long commit, LogEntryProto... entries) {
        AppendEntriesRequestProto.Builder request = AppendEntriesRequestProto.newBuilder()
                .setServerRequest(RaftRpcRequestProto.newBuilder()
                        .setRequestorId(RaftIds.peer(new MemberId(leader, 1)).toByteString())
                        .setReplyId(RaftIds.peer(follower.id()).toByteString())
                        .setRaftGroupId(RaftGroupIdProto.newBuilder()
                                .setId(RaftIds.group(cluster.cluster, TestCluster.GROUP)
                                        .toByteString()))
                        .setCallId(++calls))
                .setLeaderTerm(term)
                .setLeaderCommit(commit)
                .addAllEntries(List.of(entries));
        if (previous != null) {
            request.setPreviousLog(previous.toProto());
        }
        return request.build();
    }

    private AppendEntriesReplyProto sent(String leader, TermIndex previous, long commit, LogEntryProto... entries)
            throws IOException {
        long term = entries[entries.length - 1].getTerm();
        AppendEntriesReplyProto reply =
                follower.host.rpc().appendEntries(request(leader, term, previous, commit, entries));
        assertThat(reply.getResult()).isEqualTo(AppendResult.SUCCESS);
        assertThat(reply.getIsHearbeat()).isFalse();
        assertThat(reply.getServerReply().getCallId()).isEqualTo(calls);
        return reply;
    }

    private void appliedAre(String... mails) {
        TestCluster.await(
                List.of(mails) + " to be applied", () -> follower.ledger.copy().equals(List.of(mails)));
    }

    @Test
    void newMembersBehindEntriesThatAreDroppedStayInForce() throws IOException {
        sent("n2", null, 1, members(1, 0, "n2"), mail(1, 1), mail(1, 2), mail(1, 3));
        assertThat(first()).isEqualTo("n2");

        AppendEntriesReplyProto reply = sent(
                "n3", TermIndex.valueOf(1, 1), 5, members(2, 2, "n2"), mail(2, 3), members(2, 4, "n3"), mail(2, 5));
        assertThat(reply.getMatchIndex()).isEqualTo(5);
        assertThat(first()).as("the newest in its log").isEqualTo("n3");
        appliedAre("m1.1", "m2.3", "m2.5");
    }

    @Test
    void entriesOfBeforeThatComeAgainChangeNothing() throws IOException {
        sent("n2", null, 0, members(1, 0, "n2"), mail(1, 1), mail(1, 2), members(1, 3, "n3"), mail(1, 4));
        assertThat(first()).isEqualTo("n3");

        AppendEntriesReplyProto again = sent("n2", TermIndex.valueOf(1, 0), 0, mail(1, 1), mail(1, 2));
        assertThat(again.getMatchIndex()).isEqualTo(2);
        assertThat(again.getNextIndex()).isEqualTo(3);
        assertThat(first()).isEqualTo("n3");

        AppendEntriesReplyProto more =
                sent("n2", TermIndex.valueOf(1, 1), 5, mail(1, 2), members(1, 3, "n3"), mail(1, 4), mail(1, 5));
        assertThat(more.getMatchIndex()).isEqualTo(5);
        assertThat(first()).isEqualTo("n3");
        appliedAre("m1.1", "m1.2", "m1.4", "m1.5");
    }

    @Test
    void droppedMembersAreNotInForceAnyMore() throws IOException {
        sent("n2", null, 1, members(1, 0, "n2"), mail(1, 1), members(1, 2, "n1"), mail(1, 3));
        assertThat(first()).isEqualTo("n1");
        sent("n3", TermIndex.valueOf(1, 1), 3, mail(2, 2), mail(2, 3));
        assertThat(first()).isEqualTo("n2");
        appliedAre("m1.1", "m2.2", "m2.3");
    }

    private void taken(CompletableFuture<AppendEntriesReplyProto> answer, long match) {
        AppendEntriesReplyProto reply = answer.orTimeout(TestCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
        assertThat(reply.getResult()).isEqualTo(AppendResult.SUCCESS);
        assertThat(reply.getMatchIndex()).isEqualTo(match);
    }

    /// Log of n1 before each of the tests with several requests under way: 0 to 5, of which 1 is committed.
    private EntryReceiver receiverWithOldEntries(SlowServer slow) throws IOException {
        sent("n2", null, 1, members(1, 0, "n2"), mail(1, 1), mail(1, 2), mail(1, 3), mail(1, 4), mail(1, 5));
        return new EntryReceiver(slow.server(), RaftIds.group(cluster.cluster, TestCluster.GROUP));
    }

    private SlowServer slow() throws IOException {
        return new SlowServer(follower.host
                .rpc()
                .serverOf(request("n2", 1, null, 0, mail(1, 1)).getServerRequest()));
    }

    @Test
    void whatComesBehindAConflictIsGivenInItsOrder() throws IOException {
        SlowServer slow = slow();
        EntryReceiver receiver = receiverWithOldEntries(slow);

        var first = receiver.append(request("n3", 2, TermIndex.valueOf(1, 1), 7, members(2, 2, "n2"), mail(2, 3)));
        var second = receiver.append(request("n3", 2, TermIndex.valueOf(2, 3), 7, members(2, 4, "n3"), mail(2, 5)));
        var beat = receiver.append(request("n3", 2, TermIndex.valueOf(2, 5), 7));
        assertThat(slow.given()).containsExactly("2-3 committed 1", "beat committed 1");
        slow.answerNext(); // the first's first time
        slow.awaitGiven("2-3 committed 7");
        // What comes now must not overtake what waited.
        var third = receiver.append(request("n3", 2, TermIndex.valueOf(2, 5), 7, mail(2, 6)));
        var fourth = receiver.append(request("n3", 2, TermIndex.valueOf(2, 6), 7, mail(2, 7)));
        slow.answerAll();

        taken(first, 3);
        taken(second, 5);
        taken(third, 6);
        taken(fourth, 7);
        assertThat(beat.join().getIsHearbeat()).isTrue();
        assertThat(slow.given())
                .filteredOn(one -> !one.startsWith("beat"))
                .containsExactly(
                        "2-3 committed 1", "2-3 committed 7", "4-5 committed 7", "6-6 committed 7", "7-7 committed 7");
        assertThat(first()).as("the newest in its log").isEqualTo("n3");
        appliedAre("m1.1", "m2.3", "m2.5", "m2.6", "m2.7");
    }

    @Test
    void aSecondConflictBehindTheFirstIsGivenTwiceToo() throws IOException {
        SlowServer slow = slow();
        EntryReceiver receiver = receiverWithOldEntries(slow);

        var first = receiver.append(request("n3", 2, TermIndex.valueOf(1, 1), 1, mail(2, 2), mail(2, 3)));
        var more = receiver.append(request("n3", 2, TermIndex.valueOf(2, 3), 1, mail(2, 4)));
        var newer = receiver.append(request("n2", 3, TermIndex.valueOf(2, 2), 4, members(3, 3, "n3"), mail(3, 4)));
        var last = receiver.append(request("n2", 3, TermIndex.valueOf(3, 4), 5, mail(3, 5)));
        slow.answerAll();

        taken(first, 3);
        taken(more, 4);
        taken(newer, 4);
        taken(last, 5);
        assertThat(slow.given())
                .containsExactly(
                        "2-3 committed 1",
                        "2-3 committed 1",
                        "4-4 committed 1",
                        "3-4 committed 2",
                        "3-4 committed 4",
                        "5-5 committed 5");
        assertThat(first()).isEqualTo("n3");
        appliedAre("m1.1", "m2.2", "m3.4", "m3.5");
    }

    @Test
    void afterAConflictThatFailsTheNextIsGivenAsItIs() throws IOException {
        SlowServer slow = slow();
        EntryReceiver receiver = receiverWithOldEntries(slow);

        var first = receiver.append(request("n3", 2, TermIndex.valueOf(1, 1), 5, mail(2, 2), mail(2, 3)));
        var second = receiver.append(request("n3", 2, TermIndex.valueOf(2, 3), 5, mail(2, 4)));
        slow.failNext();
        assertThat(first).failsWithin(TestCluster.PATIENCE);
        slow.answerAll();
        taken(second, 4);
        appliedAre("m1.1", "m2.2", "m2.3", "m2.4");
    }

    /// The follower's Ratis server, whose answers arrive when a test lets them.
    private static final class SlowServer {
        private final RaftServer real;
        private final BlockingQueue<CompletableFuture<Void>> held = new LinkedBlockingQueue<>();
        private final List<String> given = new CopyOnWriteArrayList<>();
        private volatile boolean all;

        SlowServer(RaftServer real) {
            this.real = real;
        }

        RaftServer server() {
            return (RaftServer) Proxy.newProxyInstance(
                    RaftServer.class.getClassLoader(), new Class<?>[] {RaftServer.class}, (_, method, arguments) -> {
                        if (!method.getName().equals("appendEntriesAsync")) {
                            return method.invoke(real, arguments);
                        }
                        AppendEntriesRequestProto request = (AppendEntriesRequestProto) arguments[0];
                        given.add(told(request));
                        var answer = real.appendEntriesAsync(request);
                        if (all || request.getEntriesCount() == 0) {
                            return answer;
                        }
                        CompletableFuture<Void> gate = new CompletableFuture<>();
                        held.add(gate);
                        return gate.thenCombine(answer, (_, reply) -> reply);
                    });
        }

        private static String told(AppendEntriesRequestProto request) {
            int count = request.getEntriesCount();
            String entries = count == 0
                    ? "beat"
                    : request.getEntries(0).getIndex() + "-"
                            + request.getEntries(count - 1).getIndex();
            return entries + " committed " + request.getLeaderCommit();
        }

        List<String> given() {
            return List.copyOf(given);
        }

        void awaitGiven(String request) {
            TestCluster.await(request + " to be given", () -> given.contains(request));
        }

        private CompletableFuture<Void> next() {
            try {
                return held.poll(TestCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void answerNext() {
            next().complete(null);
        }

        void failNext() {
            next().completeExceptionally(new IOException("no room"));
        }

        /// Lets out what is held, and holds nothing any more.
        void answerAll() {
            all = true;
            for (var gate = held.poll(); gate != null; gate = held.poll()) {
                gate.complete(null);
            }
        }
    }
}
