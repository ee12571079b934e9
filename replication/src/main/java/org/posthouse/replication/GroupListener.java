package org.posthouse.replication;

import java.util.List;

/// Told of what happens to a member. Calls come on Ratis' threads, must return at once, and take no lock that is
/// held while calling into the group. Each has an empty default.
public interface GroupListener {

    /// This member leads, and has applied the first entry of its own term.
    default void leaderReady(long term) {}

    /// This member leads no more, or never did in this term.
    default void notLeader() {}

    /// The group's leader as known here changed.
    default void leaderChanged(MemberId leader) {}

    /// A new configuration is in force.
    default void membersChanged(List<Member> members) {}

    /// The member can not go on: its log, disk, or replica failed, or it was removed from the group. It is
    /// closed already; the folder is kept.
    default void failed(String reason, Throwable cause) {}
}
