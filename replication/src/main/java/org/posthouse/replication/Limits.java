package org.posthouse.replication;

import java.time.Duration;

/// Sizes and times of a [RatisHost]. [#DEFAULTS] are the product's.
///
/// @param electionMin shortest election timeout; heartbeats go out at half of it, the lease is 0.9 of it
/// @param electionMax longest election timeout
/// @param memberSilence a member that is being added and says nothing for this long fails the change
/// @param snapshots when snapshots are made and what is kept behind them
/// @param waitingEntries proposals under way in a group beyond which more are refused as overloaded
/// @param waitingBytes their bytes, likewise
/// @param segmentBytes size at which a log file is closed and the next begun
/// @param gray when a leader counts as gray
public record Limits(
        Duration electionMin,
        Duration electionMax,
        Duration memberSilence,
        Snapshotting snapshots,
        int waitingEntries,
        long waitingBytes,
        int segmentBytes,
        Gray gray) {

    /// What a cluster runs with.
    public static final Limits DEFAULTS = new Limits(
            Duration.ofMillis(300),
            Duration.ofMillis(600),
            Duration.ofSeconds(20),
            new Snapshotting(20_000, 256 << 20, Duration.ofHours(1), 32 << 20, Duration.ofSeconds(60), 100 << 20),
            4096,
            64 << 20,
            8 << 20,
            new Gray(Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofMillis(500)));

    /// When snapshots are made, each member at its own share (60 to 100 %) of the numbers.
    ///
    /// @param entries entries applied since the last that make a new one due
    /// @param bytes bytes of entries applied since the last that make a new one due
    /// @param age age of the last that makes a new one due, if anything was applied since
    /// @param logKeptBytes log kept behind the newest, so that a member that lags a little is filled by log
    /// @param sendHold how long after its last use by another member a snapshot, and the log behind it, is kept
    /// @param fetchBytesPerSecond how fast a member fetches a snapshot, so that entries and heartbeats get through
    public record Snapshotting(
            long entries, long bytes, Duration age, long logKeptBytes, Duration sendHold, long fetchBytesPerSecond) {}

    /// When a leader counts as gray: leading, with work waiting, and getting nothing done.
    ///
    /// @param after no log flush or no apply progress for this long
    /// @param inSnapshotAfter the same while the replica makes a checkpoint or restores one
    /// @param haltAfter one that has not stepped down after this long ends the process
    public record Gray(Duration after, Duration inSnapshotAfter, Duration haltAfter) {}

    /// These with other election timeouts.
    public Limits withElection(Duration min, Duration max) {
        return new Limits(min, max, memberSilence, snapshots, waitingEntries, waitingBytes, segmentBytes, gray);
    }

    /// These with another patience for a silent new member.
    public Limits withMemberSilence(Duration silence) {
        return new Limits(
                electionMin, electionMax, silence, snapshots, waitingEntries, waitingBytes, segmentBytes, gray);
    }

    /// These with another rhythm of snapshots and other log files.
    public Limits withSnapshots(Snapshotting other, int segment) {
        return new Limits(electionMin, electionMax, memberSilence, other, waitingEntries, waitingBytes, segment, gray);
    }

    /// These with another bound on what may wait.
    public Limits withWaiting(int entries, long bytes) {
        return new Limits(electionMin, electionMax, memberSilence, snapshots, entries, bytes, segmentBytes, gray);
    }

    /// These with another patience for a gray leader.
    public Limits withGray(Gray other) {
        return new Limits(
                electionMin, electionMax, memberSilence, snapshots, waitingEntries, waitingBytes, segmentBytes, other);
    }
}
