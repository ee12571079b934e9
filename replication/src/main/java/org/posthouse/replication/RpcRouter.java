package org.posthouse.replication;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexReplyProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.GroupInfoReply;
import org.apache.ratis.protocol.GroupInfoRequest;
import org.apache.ratis.protocol.GroupListReply;
import org.apache.ratis.protocol.GroupListRequest;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.LeaderElectionManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.DataStreamServerRpc;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;
import org.apache.ratis.util.LifeCycle;

/// What the gRPC endpoint takes for its server. Requests between members go to the group's own server; requests of
/// Ratis' clients and administrators are refused, because proposals and changes of members are made in the process,
/// never over this port.
final class RpcRouter implements RaftServer {
    private final RaftPeerId id;
    private final RaftProperties properties;
    private final SharedRpc groups;

    RpcRouter(RaftPeerId id, RaftProperties properties, SharedRpc groups) {
        this.id = id;
        this.properties = properties;
        this.groups = groups;
    }

    private static UnsupportedOperationException refused() {
        return new UnsupportedOperationException("this port serves members of Raft groups only");
    }

    @Override
    public RaftPeerId getId() {
        return id;
    }

    @Override
    public RaftProperties getProperties() {
        return properties;
    }

    @Override
    public RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
        return groups.requestVote(request);
    }

    @Override
    public StartLeaderElectionReplyProto startLeaderElection(StartLeaderElectionRequestProto request)
            throws IOException {
        return groups.startLeaderElection(request);
    }

    @Override
    public CompletableFuture<ReadIndexReplyProto> readIndexAsync(ReadIndexRequestProto request) throws IOException {
        return groups.readIndexAsync(request);
    }

    @Override
    public CompletableFuture<AppendEntriesReplyProto> appendEntriesAsync(AppendEntriesRequestProto request)
            throws IOException {
        return groups.appendEntriesAsync(request);
    }

    @Override
    public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request) throws IOException {
        return groups.appendEntries(request);
    }

    @Override
    public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request) throws IOException {
        return groups.installSnapshot(request);
    }

    @Override
    public Iterable<RaftGroupId> getGroupIds() {
        return groups.groups();
    }

    @Override
    public Iterable<RaftGroup> getGroups() {
        return List.of();
    }

    @Override
    public LifeCycle.State getLifeCycleState() {
        return LifeCycle.State.RUNNING;
    }

    @Override
    public void start() {
        // The host starts the endpoint and each group's server.
    }

    @Override
    public void close() {
        // The host closes the endpoint and each group's server.
    }

    @Override
    public RaftPeer getPeer() {
        throw refused();
    }

    @Override
    public Division getDivision(RaftGroupId group) {
        throw refused();
    }

    @Override
    public RaftServerRpc getServerRpc() {
        throw refused();
    }

    @Override
    public DataStreamServerRpc getDataStreamServerRpc() {
        throw refused();
    }

    @Override
    public ServerFactory getFactory() {
        return groups;
    }

    @Override
    public GroupListReply getGroupList(GroupListRequest request) {
        throw refused();
    }

    @Override
    public GroupInfoReply getGroupInfo(GroupInfoRequest request) {
        throw refused();
    }

    @Override
    public RaftClientReply groupManagement(GroupManagementRequest request) {
        throw refused();
    }

    @Override
    public RaftClientReply snapshotManagement(SnapshotManagementRequest request) {
        throw refused();
    }

    @Override
    public RaftClientReply leaderElectionManagement(LeaderElectionManagementRequest request) {
        throw refused();
    }

    @Override
    public RaftClientReply setConfiguration(SetConfigurationRequest request) {
        throw refused();
    }

    @Override
    public RaftClientReply transferLeadership(TransferLeadershipRequest request) {
        throw refused();
    }

    @Override
    public RaftClientReply submitClientRequest(RaftClientRequest request) {
        throw refused();
    }

    @Override
    public CompletableFuture<GroupListReply> getGroupListAsync(GroupListRequest request) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public CompletableFuture<GroupInfoReply> getGroupInfoAsync(GroupInfoRequest request) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public CompletableFuture<RaftClientReply> groupManagementAsync(GroupManagementRequest request) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public CompletableFuture<RaftClientReply> snapshotManagementAsync(SnapshotManagementRequest request) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public CompletableFuture<RaftClientReply> leaderElectionManagementAsync(LeaderElectionManagementRequest request) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public CompletableFuture<RaftClientReply> setConfigurationAsync(SetConfigurationRequest request) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public CompletableFuture<RaftClientReply> transferLeadershipAsync(TransferLeadershipRequest request) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public CompletableFuture<RaftClientReply> submitClientRequestAsync(RaftClientRequest request) {
        return CompletableFuture.failedFuture(refused());
    }
}
