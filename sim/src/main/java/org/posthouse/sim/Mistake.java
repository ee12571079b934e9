package org.posthouse.sim;

/// Mistakes that the simulator makes on purpose, in its own wiring, to see whether its invariants notice.
enum Mistake {
    /// Whoever leads opens, permitted or not.
    OPENS_UNPERMITTED,
    /// An `Open` opens the gate of whoever proposed it, leading or not, and a follower's question whether it leads is
    /// answered by the leader.
    OPENS_WITHOUT_LEADING,
    /// A read is answered by the latch alone.
    READS_WITHOUT_ASKING,
    /// Applying does not look at an entry's epoch.
    EPOCH_IGNORED,
    /// A write is acknowledged when it is in the owner's log.
    ACKNOWLEDGES_UNCOMMITTED,
    /// A follower answers before what it was sent is forced.
    ANSWERS_BEFORE_FORCED,
    /// A leader counts itself before its entry is forced.
    COUNTS_ITSELF_UNFORCED,
    /// A leader tells of members by a configuration that is not committed.
    TELLS_UNCOMMITTED_MEMBERS,
    /// A coordinator that was paused keeps the ages of heartbeats.
    KEEPS_HEARTBEAT_AGES,
    /// An heir is named that has no room.
    HEIR_WITHOUT_ROOM,
    /// A virtual server goes back to its preferred owner unasked.
    FAILS_BACK_UNASKED,
    /// A single dead voter of the cluster group is withdrawn.
    WITHDRAWS_ONE_VOTE,
    /// The coordinator overlooks who has opened.
    OVERLOOKS_OPENS,
    /// A decision depends on something that is not kept of it.
    DECIDES_BY_CHANCE,
    /// A change that was decided upon another image is applied all the same.
    APPLIES_STALE_CHANGES,
    /// A witness drops from its log what it has passed itself.
    WITNESS_PURGES_EARLY,
    /// A witness that leads gives a snapshot to who needs one.
    WITNESS_GIVES_SNAPSHOT,
    /// Who holds a shared folder counts no time while its machine is suspended.
    HOLDER_IGNORES_SUSPENSION,
    /// What was written to a shared folder is acknowledged without asking whether it is still held.
    ANSWERS_WITHOUT_HOLDING,
    /// Who finds a shared folder's lock free takes it over at once, though it was not the holder who had that.
    TAKER_TRUSTS_ITS_LOCK
}
