package org.posthouse.replication;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.server.GrpcServicesImpl;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexReplyProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.GroupMismatchException;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.protocol.RaftServerAsynchronousProtocol;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.ProtoUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One gRPC endpoint for all groups of the process.
///
/// Ratis gives a server one peer id for all its groups. Ours differ by group: a single group that was quarantined
/// comes back under the next incarnation while the node's other groups keep theirs. So each group has a Ratis server
/// of its own, and they share this endpoint (a listener and a channel to each peer), which would be the expensive
/// part. What arrives is handed to the server of the group named in it, and only if it is meant for the very member id
/// that the group has here: an entry sent to the incarnation that was lost must never be acknowledged by the one that
/// took its place, nor a vote given.
final class SharedRpc implements ServerFactory {
    private static final Logger LOG = LoggerFactory.getLogger(SharedRpc.class);
    private static final Duration REFUSED_RECONNECT = Duration.ofSeconds(1);
    private static final Duration SILENT_RECONNECT = Duration.ofSeconds(10);
    private static final Duration PORT_CLOSE_MAX = Duration.ofSeconds(1);
    private static final String KEY = "posthouse.shared-rpc";

    private final Map<RaftGroupId, EntryReceiver> servers = new ConcurrentHashMap<>();
    /// When a connection was last replaced ([System#nanoTime]).
    private final Map<RaftPeerId, Long> reconnected = new ConcurrentHashMap<>();
    private final GrpcServicesImpl grpc;

    private SharedRpc(Settings settings) throws IOException {
        Parameters parameters = new Parameters();
        if (settings.tls().isPresent()) {
            Settings.Tls tls = settings.tls().get();
            GrpcConfigKeys.TLS.setConf(
                    parameters, new GrpcTlsConfig(TlsMaterial.key(tls), TlsMaterial.trust(tls), true));
            GrpcConfigKeys.Server.setServicesCustomizer(parameters, new PeerGuard(tls.refusal()));
        }
        RaftServer router = new RpcRouter(
                RaftPeerId.valueOf(settings.node()),
                RatisProperties.ofEndpoint(settings.limits(), settings.host(), settings.port()),
                this);
        grpc = (GrpcServicesImpl) new GrpcFactory(parameters).newRaftServerRpc(router);
    }

    /// Opens the endpoint.
    ///
    /// @throws IOException if the address cannot be bound or the TLS files not be read
    static SharedRpc start(Settings settings) throws IOException {
        // Ratis ends the process when it cannot bind, so find out before.
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getByName(settings.host()), settings.port()));
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen for replication on " + settings.host() + ":" + settings.port() + ": "
                            + e.getMessage(),
                    e);
        }
        SharedRpc rpc = new SharedRpc(settings);
        rpc.grpc.start();
        return rpc;
    }

    int port() {
        return grpc.getInetSocketAddress().getPort();
    }

    /// Makes the next call to a peer use a new connection, because the old one may wait long for nothing: gRPC
    /// doubles the time between attempts up to two minutes, and a connection to a machine that lost its power
    /// breaks only when TCP next tries, which may be as late. The peer may have been back for long by then, and
    /// its vote needed.
    ///
    /// @param pause at most one new connection in this time
    void reconnect(RaftPeerId peer, Duration pause) {
        long now = System.nanoTime();
        Long last = reconnected.get(peer);
        if (last != null && now - last < pause.toNanos()) {
            return;
        }
        boolean mine = last == null ? reconnected.putIfAbsent(peer, now) == null : reconnected.replace(peer, last, now);
        if (mine) {
            // Ending the old channel may take seconds.
            Thread.ofVirtual().name("reconnect-" + peer).start(() -> grpc.getProxies()
                    .resetProxy(peer));
        }
    }

    /// Lets a server be called. One that hears its leader while it starts takes half of it in (Ratis 3.3.0: an
    /// `installSnapshot` before its log is open), and may stay deaf to all leaders after that.
    ///
    /// @throws IllegalStateException if it has not started
    void register(RaftGroupId group, RaftServer server) {
        if (server.getLifeCycleState() != LifeCycle.State.RUNNING) {
            throw new IllegalStateException(group + " is " + server.getLifeCycleState() + ", not started yet");
        }
        servers.put(group, new EntryReceiver(server, group));
    }

    void unregister(RaftGroupId group, RaftServer server) {
        servers.computeIfPresent(group, (_, now) -> now.server() == server ? null : now);
    }

    /// Frees the port. Ratis then gives each channel to a peer that does not answer 3 s to end in order, one after
    /// the other; nobody has to wait for that.
    void close() {
        Thread closing = Thread.ofPlatform()
                .daemon()
                .name("replication-port-close")
                .start(() -> {
                    try {
                        grpc.close();
                    } catch (IOException e) {
                        LOG.warn("the replication port was not closed in order", e);
                    }
                });
        try {
            closing.join(PORT_CLOSE_MAX);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The server that a request is meant for.
    RaftServer serverOf(RaftRpcRequestProto request) throws GroupMismatchException {
        return receiverOf(request).server();
    }

    private EntryReceiver receiverOf(RaftRpcRequestProto request) throws GroupMismatchException {
        RaftGroupId group = ProtoUtils.toRaftGroupId(request.getRaftGroupId());
        RaftPeerId meant = RaftPeerId.valueOf(request.getReplyId());
        EntryReceiver receiver = servers.get(group);
        if (receiver == null) {
            throw new GroupMismatchException(meant + ": " + group + " is not here");
        }
        RaftPeerId here = receiver.server().getId();
        if (!here.equals(meant)) {
            throw new GroupMismatchException(meant + " is not here; in " + group + " this is " + here);
        }
        return receiver;
    }

    /// Passes this object to the Ratis server that is being built.
    Parameters parameters() {
        Parameters parameters = new Parameters();
        parameters.put(KEY, this, SharedRpc.class);
        return parameters;
    }

    @Override
    public RpcType getRpcType() {
        return SupportedRpcType.GRPC;
    }

    @Override
    public RaftServerRpc newRaftServerRpc(RaftServer server) {
        return new Share(this, grpc, new ConcurrentHashMap<>());
    }

    @Override
    public LogAppender newLogAppender(RaftServer.Division server, LeaderState state, FollowerInfo follower) {
        return new EntrySender(server, state, follower);
    }

    /// Named in the properties of a group's server; Ratis makes it by reflection.
    static final class Type implements RpcType {
        @Override
        public String name() {
            return "SHARED_GRPC";
        }

        @Override
        public RpcFactory newFactory(Parameters parameters) {
            return parameters.getNonNull(KEY, SharedRpc.class);
        }
    }

    /// One group's view of the endpoint, which neither starts nor ends with the group.
    ///
    /// @param followers what the group's latest leader here knows of each follower
    record Share(SharedRpc rpc, GrpcServicesImpl grpc, Map<RaftPeerId, FollowerInfo> followers)
            implements RaftServerRpc {
        @Override
        public void start() {
            // The endpoint was started by the host.
        }

        @Override
        public void close() {
            // The endpoint is closed by the host.
        }

        @Override
        public RpcType getRpcType() {
            return grpc.getRpcType();
        }

        @Override
        public InetSocketAddress getInetSocketAddress() {
            return grpc.getInetSocketAddress();
        }

        @Override
        public void handleException(RaftPeerId peer, Exception e, boolean reconnect) {
            grpc.handleException(peer, e, reconnect);
        }

        @Override
        public void notifyNotLeader(RaftGroupId group) {
            grpc.notifyNotLeader(group);
        }

        @Override
        public RaftServerAsynchronousProtocol async() {
            return grpc.async();
        }

        @Override
        public void addRaftPeers(Collection<RaftPeer> peers) {
            grpc.addRaftPeers(peers);
        }

        @Override
        public RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
            try {
                return grpc.requestVote(request);
            } catch (StatusRuntimeException e) {
                RaftPeerId peer = RaftPeerId.valueOf(request.getServerRequest().getReplyId());
                switch (e.getStatus().getCode()) {
                    case UNAVAILABLE -> rpc.reconnect(peer, REFUSED_RECONNECT);
                    case CANCELLED, DEADLINE_EXCEEDED -> rpc.reconnect(peer, SILENT_RECONNECT);
                    default -> LOG.debug("{} refuses to vote", peer, e);
                }
                throw e;
            }
        }

        @Override
        public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request) {
            return grpc.appendEntries(request);
        }

        @Override
        public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request) {
            return grpc.installSnapshot(request);
        }

        @Override
        public StartLeaderElectionReplyProto startLeaderElection(StartLeaderElectionRequestProto request)
                throws IOException {
            return grpc.startLeaderElection(request);
        }
    }

    RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
        return serverOf(request.getServerRequest()).requestVote(request);
    }

    StartLeaderElectionReplyProto startLeaderElection(StartLeaderElectionRequestProto request) throws IOException {
        return serverOf(request.getServerRequest()).startLeaderElection(request);
    }

    CompletableFuture<ReadIndexReplyProto> readIndexAsync(ReadIndexRequestProto request) throws IOException {
        return serverOf(request.getServerRequest()).readIndexAsync(request);
    }

    CompletableFuture<AppendEntriesReplyProto> appendEntriesAsync(AppendEntriesRequestProto request)
            throws IOException {
        return receiverOf(request.getServerRequest()).append(request);
    }

    AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request) throws IOException {
        try {
            return appendEntriesAsync(request).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request) throws IOException {
        return serverOf(request.getServerRequest()).installSnapshot(request);
    }

    /// The groups that are open now.
    List<RaftGroupId> groups() {
        return List.copyOf(servers.keySet());
    }
}
