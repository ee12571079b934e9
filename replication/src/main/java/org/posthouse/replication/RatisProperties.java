package org.posthouse.replication;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/// How Ratis is set. Each value that is not Ratis' own default says why.
final class RatisProperties {
    /// Room for the largest entry with what Ratis wraps around it (term, index, client and call id).
    private static final int ENTRY_BYTES_WRAPPED_MAX = ReplicatedLog.ENTRY_BYTES_MAX + (64 << 10);

    private static final TimeDuration NEVER = TimeDuration.valueOf(3650, TimeUnit.DAYS);

    private RatisProperties() {}

    /// Settings of one group's server.
    ///
    /// @param root the folder in which Ratis finds or makes the group's own
    static RaftProperties ofGroup(Limits limits, Path root) {
        RaftProperties properties = ofEndpoint(limits, "", 0);
        properties.set("raft.rpc.type", SharedRpc.Type.class.getName());
        RaftServerConfigKeys.setStorageDir(properties, List.of(root.toFile()));
        timing(properties, limits);
        log(properties, limits);

        // Snapshots are triggered, written, sent and installed by us (Snapshots, GroupMachine).
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenRemoveEnabled(properties, false);
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);

        // A read is served under the leader's lease; without one it takes a round of heartbeats.
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, true);
        RaftServerConfigKeys.Read.setTimeout(properties, seconds(5));

        // Exactly-once records are the state machine's. Ratis' own cache would hold every answer for a minute.
        RaftServerConfigKeys.RetryCache.setExpiryTime(properties, millis(500));

        // Our back-pressure. Proposals counts too, so that the refusal comes before Ratis takes any lock.
        RaftServerConfigKeys.Write.setElementLimit(properties, limits.waitingEntries() + 16);
        RaftServerConfigKeys.Write.setByteLimit(
                properties, SizeInBytes.valueOf(limits.waitingBytes() + ENTRY_BYTES_WRAPPED_MAX));

        // A new member is filled before it counts. The gap is small, so that "caught up" means filled even where
        // the whole log is short; a transfer may take minutes, during which the member answers "in progress".
        RaftServerConfigKeys.setStagingCatchupGap(properties, 16);
        RaftServerConfigKeys.setStagingTimeout(properties, millis(limits.memberSilence()));

        // Ratis would close the whole server after a pause of the process of 60 s; a suspended machine resumes.
        RaftServerConfigKeys.setCloseThreshold(properties, NEVER);
        return properties;
    }

    /// To be called when the server asks for the group's state machine, which is after it has read its own settings
    /// and before the group reads its.
    static void beforeGroup(RaftProperties properties, Limits limits) {
        // A follower whose own timer came late by this much was not run, so it cannot tell that its leader was silent:
        // it waits once more. Ratis' own 300 ms is as long as the timeout: a starved machine would elect for nothing.
        RaftServerConfigKeys.setSleepDeviationThreshold(
                properties, millis(limits.electionMin().dividedBy(4)));
        // How long a leader that lost its majority bars itself: Ratis' own 10 s once made an outage of 11 s.
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, millis(limits.electionMax()));
    }

    /// Settings of the gRPC endpoint that all groups of the process share.
    static RaftProperties ofEndpoint(Limits limits, String host, int port) {
        RaftProperties properties = new RaftProperties();
        GrpcConfigKeys.Server.setHost(properties, host);
        GrpcConfigKeys.Server.setPort(properties, port);
        // Votes and appends are answered in milliseconds or not at all.
        RaftServerConfigKeys.Rpc.setRequestTimeout(properties, seconds(1));
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf(ENTRY_BYTES_WRAPPED_MAX));
        GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf(ENTRY_BYTES_WRAPPED_MAX + (2 << 20)));
        return properties;
    }

    private static void timing(RaftProperties properties, Limits limits) {
        TimeDuration min = millis(limits.electionMin());
        TimeDuration max = millis(limits.electionMax());
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, min);
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, max);
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, min);
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, max);
        // Ratis reads these two twice. First, while it makes the server, for the thread that watches for pauses of the
        // process and would have every leader step down after one: never, for a leader that was replaced meanwhile
        // hears so with its next heartbeat, and one that was not (a single voter; the whole machine paused) has no
        // reason to. Then, for the group: beforeGroup.
        RaftServerConfigKeys.setSleepDeviationThreshold(properties, NEVER);
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, NEVER);
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
    }

    private static void log(RaftProperties properties, Limits limits) {
        RaftServerConfigKeys.Log.Appender.setWaitTimeMin(properties, TimeDuration.valueOf(0, TimeUnit.MILLISECONDS));
        // A follower that has much to catch up with gets it in pieces that it answers soon: an answer later than Ratis'
        // request timeout (3 s) counts as an error, and after 30 of those a leader pauses for 5 s, heartbeats too.
        RaftServerConfigKeys.Log.Appender.setBufferElementLimit(properties, 64);
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, "1ms,10, 250ms,1000000000");
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf(limits.segmentBytes()));
        // Preallocation writes zeroes for nothing: a closed log file is cut to length anyway.
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf(0));
        // Direct memory of each group, allocated once: must hold the largest entry with length and checksum.
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf(ENTRY_BYTES_WRAPPED_MAX + 16));
        RaftServerConfigKeys.Log.setQueueByteLimit(properties, SizeInBytes.valueOf(64 << 20));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf(2L * limits.segmentBytes()));
        // Purging is ours alone (Snapshots#purge), which knows what is being sent; so Ratis may purge at any index.
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        // A damaged entry stops the group's start. LogInspector has cut a torn tail before.
        RaftServerConfigKeys.Log.setCorruptionPolicy(properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    }

    private static TimeDuration millis(Duration duration) {
        return millis(duration.toMillis());
    }

    private static TimeDuration millis(long millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }

    private static TimeDuration seconds(long seconds) {
        return TimeDuration.valueOf(seconds, TimeUnit.SECONDS);
    }
}
