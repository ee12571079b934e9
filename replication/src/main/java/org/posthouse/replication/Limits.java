package org.posthouse.replication;

import java.time.Duration;

/// Sizes and times of a [RatisHost]. [#DEFAULTS] are the product's.
///
/// @param electionMin shortest election timeout; heartbeats go out at half of it, the lease is 0.9 of it
/// @param electionMax longest election timeout
/// @param snapshotEntries entries applied since the last snapshot that make a new one due
/// @param snapshotBytes bytes of entries applied since the last snapshot that make a new one due
/// @param snapshotAge age of the last snapshot that makes a new one due, if anything was applied since
/// @param logKeptBytes log kept behind the newest snapshot, so that a member that lags a little is filled by log
/// @param sendHold how long after its last use by another member a snapshot, and the log behind it, is kept
/// @param waitingEntries proposals under way in a group beyond which more are refused as overloaded
/// @param waitingBytes their bytes, likewise
/// @param segmentBytes size at which a log file is closed and the next begun
/// @param grayAfter no log flush or no apply progress for this long with work waiting makes a leader gray
/// @param grayInSnapshotAfter the same while the replica makes a checkpoint or restores one
/// @param haltAfter a gray leader that has not stepped down after this long ends the process
public record Limits(
        Duration electionMin,
        Duration electionMax,
        long snapshotEntries,
        long snapshotBytes,
        Duration snapshotAge,
        long logKeptBytes,
        Duration sendHold,
        int waitingEntries,
        long waitingBytes,
        int segmentBytes,
        Duration grayAfter,
        Duration grayInSnapshotAfter,
        Duration haltAfter) {

    /// What a cluster runs with.
    public static final Limits DEFAULTS = new Limits(
            Duration.ofMillis(150),
            Duration.ofMillis(300),
            20_000,
            256 << 20,
            Duration.ofHours(1),
            32 << 20,
            Duration.ofSeconds(60),
            4096,
            64 << 20,
            8 << 20,
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            Duration.ofMillis(500));

    /// These with other election timeouts.
    public Limits withElection(Duration min, Duration max) {
        return new Limits(
                min,
                max,
                snapshotEntries,
                snapshotBytes,
                snapshotAge,
                logKeptBytes,
                sendHold,
                waitingEntries,
                waitingBytes,
                segmentBytes,
                grayAfter,
                grayInSnapshotAfter,
                haltAfter);
    }

    /// These with another rhythm of snapshots.
    public Limits withSnapshots(long entries, long bytes, long keptBytes, int segment) {
        return new Limits(
                electionMin,
                electionMax,
                entries,
                bytes,
                snapshotAge,
                keptBytes,
                sendHold,
                waitingEntries,
                waitingBytes,
                segment,
                grayAfter,
                grayInSnapshotAfter,
                haltAfter);
    }

    /// These with another bound on what may wait.
    public Limits withWaiting(int entries, long bytes) {
        return new Limits(
                electionMin,
                electionMax,
                snapshotEntries,
                snapshotBytes,
                snapshotAge,
                logKeptBytes,
                sendHold,
                entries,
                bytes,
                segmentBytes,
                grayAfter,
                grayInSnapshotAfter,
                haltAfter);
    }
}
