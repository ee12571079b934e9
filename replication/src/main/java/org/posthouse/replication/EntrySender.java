package org.posthouse.replication;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.grpc.server.GrpcServicesImpl;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.util.TimeDuration;
import org.apache.ratis.util.Timestamp;

/// A leader's sender of log entries to one follower.
///
/// Ratis' own sends each entry by itself, and after each commit one message more to say so. This one differs:
/// - **It gathers.** News of a commit, and what comes in for a leader that has an heir (one other voter of its own
///   priority) while the follower has not answered, go into one message, and into one fsync of the follower's: the
///   more there is to do, the larger. An entry that comes alone is sent at once.
/// - **The heir first.** The other voters get an entry once the heir has it. They elect only a member whose log is as
///   long as theirs, so nobody stands in the heir's way when the leader is lost. An heir that is late (it has moved
///   nowhere for a sixth of the shortest election timeout, or has yet to catch up) is not waited for.
/// - **It has Ratis look** after a change of members whose new one is silent.
final class EntrySender extends GrpcLogAppender {
    private static final long GATHER_MILLIS_MAX = 50;
    private static final long STAGING_LOOK_MILLIS = 1_000;

    private final Map<RaftPeerId, FollowerInfo> followers;
    private final int entriesMax;
    private final long bytesMax;
    private final TimeDuration readMax;
    private final long lateMillis;

    private RaftConfiguration members;
    private RaftPeerId heir;
    private boolean heirLate = true;
    private boolean heirBehind;
    private long heirHad = RaftLog.INVALID_LOG_INDEX;
    private Timestamp heirMoved = Timestamp.currentTime();
    private Timestamp stagingLooked = Timestamp.currentTime();

    EntrySender(RaftServer.Division server, LeaderState state, FollowerInfo follower) {
        super(server, state, follower);
        RaftProperties properties = server.getRaftServer().getProperties();
        entriesMax = RaftServerConfigKeys.Log.Appender.bufferElementLimit(properties);
        bytesMax = RaftServerConfigKeys.Log.Appender.bufferByteLimit(properties).getSize();
        readMax = RaftServerConfigKeys.Rpc.requestTimeout(properties);
        lateMillis = server.properties().minRpcTimeoutMs() / 6;
        followers = share().followers();
        followers.put(follower.getId(), follower);
    }

    private SharedRpc.Share share() {
        return (SharedRpc.Share) getServer().getRaftServer().getServerRpc();
    }

    @Override
    public GrpcServicesImpl getServerRpc() {
        // Called by the super constructor too, so nothing of this class may be used.
        return share().grpc();
    }

    @Override
    public boolean hasAppendEntries() {
        return getFollower().getNextIndex() < end();
    }

    @Override
    public AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat) throws RaftLogIOException {
        if (gatherMillis() > 0) {
            return null;
        }
        return heartbeat || getHeartbeatWaitTimeMs() <= 0 || !waitsForHeir()
                ? super.newAppendEntriesRequest(callId, heartbeat)
                : entriesBefore(end(), callId);
    }

    private AppendEntriesRequestProto entriesBefore(long end, long callId) throws RaftLogIOException {
        long next = getFollower().getNextIndex();
        TermIndex previous = getPrevious(next);
        if (previous == null && next > RaftLog.LEAST_VALID_LOG_INDEX) {
            return super.newAppendEntriesRequest(callId, false); // knows what to do where the log begins
        }
        List<LogEntryProto> entries = new ArrayList<>();
        long bytes = 0;
        for (; next < end && entries.size() < entriesMax; next++) {
            RaftLog.EntryWithData entry = getRaftLog().getEntryWithData(next);
            if (entry == null || (bytes + entry.getSerializedSize() > bytesMax && !entries.isEmpty())) {
                break;
            }
            bytes += entry.getSerializedSize();
            try {
                entries.add(entry.getEntry(readMax));
            } catch (TimeoutException e) {
                throw new RaftLogIOException(entry + " could not be read within " + readMax, e);
            }
        }
        if (entries.isEmpty()) {
            return commitIsNews() ? super.newAppendEntriesRequest(callId, true) : null;
        }
        return getLeaderState().newAppendEntriesRequestProto(getFollower(), entries, previous, callId);
    }

    @Override
    public long getWaitTimeMs() {
        wakeStaging();
        long wait = gatherMillis();
        if (wait == 0) {
            wait = super.getWaitTimeMs();
        }
        boolean held = end() < getRaftLog().getNextIndex();
        return held ? Math.min(wait, Math.max(1, lateMillis - heirMoved.elapsedTimeMs())) : wait;
    }

    /// How long to wait for more, or for the follower's answer, before anything is sent; 0 to send at once.
    private long gatherMillis() {
        boolean gathers = hasAppendEntries() ? hasPendingDataRequests() && heir() != null : commitIsNews();
        if (!gathers) {
            return 0;
        }
        long sinceSent = getFollower().getLastRpcSendTime().elapsedTimeMs();
        return Math.max(0, Math.min(GATHER_MILLIS_MAX - sinceSent, getHeartbeatWaitTimeMs()));
    }

    private boolean commitIsNews() {
        return getRaftLog().getLastCommittedIndex() > getFollower().getCommitIndex();
    }

    // ---- the heir first

    /// The end (exclusive) of what may be sent now.
    private long end() {
        long end = getRaftLog().getNextIndex();
        if (!waitsForHeir()) {
            return end;
        }
        FollowerInfo known = followers.get(heir());
        long has = known == null ? RaftLog.INVALID_LOG_INDEX : known.getMatchIndex();
        boolean behind = has < end - 1;
        if (has != heirHad || !behind || !heirBehind) {
            heirHad = has;
            heirMoved = Timestamp.currentTime();
        }
        heirBehind = behind;
        if (heirMoved.elapsedTimeMs() >= lateMillis) {
            heirLate = true;
        } else if (has >= getRaftLog().getLastCommittedIndex()) {
            heirLate = false;
        }
        return heirLate ? end : Math.min(end, has + 1);
    }

    private boolean waitsForHeir() {
        RaftPeerId first = heir();
        return first != null
                && !first.equals(getFollowerId())
                && getServer().getRaftConf().getPeer(getFollowerId(), RaftPeerRole.FOLLOWER) != null;
    }

    /// The one other voter that has the leader's priority; null if there is none, or more than one.
    private RaftPeerId heir() {
        RaftConfiguration now = getServer().getRaftConf();
        if (now != members) {
            members = now;
            RaftPeer leader = now.getPeer(getServer().getId());
            List<RaftPeerId> heirs = now.getCurrentPeers().stream()
                    .filter(peer -> leader != null && peer.getPriority() >= leader.getPriority())
                    .map(RaftPeer::getId)
                    .filter(id -> !id.equals(getServer().getId()))
                    .toList();
            heir = heirs.size() == 1 ? heirs.getFirst() : null;
        }
        return heir;
    }

    // ---- members that are being added

    /// A change of members fails when the new one has been silent for too long, but Ratis looks only when a new one
    /// answers or when the leader has nothing else to do: under load, never. So a silent one's sender asks.
    private void wakeStaging() {
        if (getFollower().getLastRpcResponseTime().elapsedTimeMs() > STAGING_LOOK_MILLIS
                && stagingLooked.elapsedTimeMs() > STAGING_LOOK_MILLIS
                && getServer().getRaftConf().getPeer(getFollowerId(), RaftPeerRole.FOLLOWER, RaftPeerRole.LISTENER)
                        == null) {
            stagingLooked = Timestamp.currentTime();
            getLeaderState().onFollowerSuccessAppendEntries(getFollower());
        }
    }
}
