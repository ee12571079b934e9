package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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

    private AppendEntriesReplyProto sent(String leader, TermIndex previous, long commit, LogEntryProto... entries)
            throws IOException {
        long term = entries[entries.length - 1].getTerm();
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
        AppendEntriesReplyProto reply = follower.host.rpc().appendEntries(request.build());
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
}
