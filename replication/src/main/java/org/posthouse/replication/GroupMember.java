package org.posthouse.replication;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// This process' membership in one Raft group. Calls return at once unless they say otherwise; futures complete
/// exceptionally with a [ReplicationException].
public interface GroupMember extends ReplicatedLog {

    /// The group.
    GroupName group();

    /// Who this process is in it.
    MemberId self();

    /// A reading of where the group stands, as far as this member knows.
    View view();

    /// Hands leadership to another voter, which must have at least this leader's priority. Completes when that
    /// one leads; after the deadline exceptionally, this member leading on.
    CompletableFuture<Void> transfer(MemberId to, Duration deadline);

    /// Gives leadership up without naming a successor.
    CompletableFuture<Void> stepDown();

    /// The process of this member has ended, as this process knows for certain: if it led, and no other voter comes
    /// before this one as its successor (higher priority, else the smaller name), this one stands for election at
    /// once. The others' election timeouts run on, should it not be elected. Returns at once.
    void ended(MemberId other);

    /// Replaces the configuration `expected` by `members` in one change (joint consensus; compare and set). On
    /// the leader only. A new member must have been joined on its own process first. Success says nothing of
    /// how far a new member has caught up: look at [View#followers] and at the member itself.
    CompletableFuture<Void> change(List<Member> expected, List<Member> members);

    /// Takes a snapshot now and purges the log behind it.
    CompletableFuture<Position> snapshot();

    /// To a witness: which snapshots full replicas have, and so up to where its log may go. Does nothing on others.
    ///
    /// @param byAll up to this entry all full replicas have one
    /// @param byOne up to this entry one has that lives
    void covered(long byAll, long byOne);

    /// Where a group stands, seen from one member.
    ///
    /// @param leader the leader as known here
    /// @param leading whether this member is the leader and ready: it has applied its own term's first entry
    /// @param term current term
    /// @param members the configuration in force, in order of id: the newest in the log, committed or not
    /// @param settled whether that configuration is committed, and not on the way to another
    /// @param committed index known committed
    /// @param applied position applied by the replica here
    /// @param snapshotIndex index of the newest snapshot here, -1 for none; of a witness, of its mark: what is not
    ///     behind it may be gone
    /// @param logStartIndex first index still in the log here
    /// @param followers on the leader, what it knows of each other member; else empty
    /// @param failure why this member is out of service (a damaged log, a failed disk), if it is
    record View(
            Optional<MemberId> leader,
            boolean leading,
            long term,
            List<Member> members,
            boolean settled,
            long committed,
            Position applied,
            long snapshotIndex,
            long logStartIndex,
            List<Follower> followers,
            Optional<String> failure) {}

    /// What a leader knows of another member.
    ///
    /// @param matchIndex highest index known to be on its stable storage, -1 for none
    /// @param lastHeardMillis time since its last answer
    record Follower(MemberId id, long matchIndex, long lastHeardMillis) {}
}
