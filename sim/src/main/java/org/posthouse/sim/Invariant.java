package org.posthouse.sim;

/// What must hold, each by name; checked by [Logs], [Stores], [Folders], [Images] and [Run] wherever something happens
/// that could break it.
enum Invariant {
    /// A term of a Raft group has one leader.
    ONE_LEADER_IN_A_TERM,
    /// What is committed is in the log of whoever is elected.
    LEADER_HAS_ALL,
    /// Members apply the same entries at the same indexes.
    LOGS_AGREE,
    /// What counts as committed is forced to the disks of a majority (P1).
    COMMITTED_IS_ON_A_MAJORITY,
    /// A gate is open under an epoch on the node that committed its `Open`, and on no other (P3).
    ONE_OWNER_AT_A_TIME,
    /// Who opens was permitted by the image that its `Open` names (P6).
    OPENED_BY_PERMISSION,
    /// No replica accepts a write of an epoch that is over (P3).
    NO_WRITE_BY_A_DEPOSED_OWNER,
    /// What was acknowledged is committed, and is there in the end (P1).
    NO_ACKNOWLEDGED_WRITE_LOST,
    /// A read shows all that was acknowledged before it began; but for those that begin on a deposed owner within one
    /// lease, and later than that it answers none (P3).
    NO_STALE_READ,
    /// No node has more virtual servers open than their policies allow (P6).
    OPEN_HAVE_ROOM,
    /// Owners, heirs, failovers and moves are those that the policies allow (P6).
    POLICY_OBEYED,
    /// Nothing moves but for a reason that the policy knows; once all is whole, nothing moves at all (P6).
    NOTHING_GOES_BACK_UNASKED,
    /// An heir is another node than the owner, and has room when it is named (P6).
    HEIR_HAS_ROOM,
    /// A virtual server has three voting replicas, on different members of the cluster.
    THREE_REPLICAS,
    /// A witness owns nothing, is nobody's heir, and leaves two replicas at least to others.
    WITNESS_HOSTS_NOTHING,
    /// What is gone from a witness' log is held by every replica that votes beside it, unless the log became too long.
    WITNESS_KEEPS_WHAT_IS_NEEDED,
    /// The cluster group has an odd number of votes, three at least.
    ODD_VOTES,
    /// The recorded epoch of a virtual server only rises, and so does that of a shared folder's holder.
    EPOCHS_RISE,
    /// No node deletes a replica that counts.
    REPLICA_KEPT_WHILE_WANTED,
    /// What is said to survive the loss of its owner has a majority without it, also while votes are being changed.
    SURVIVES_AS_SAID,
    /// Of those who hold or held a shared folder, one may answer for it (P3).
    ONE_HOLDER_AT_A_TIME,
    /// Nothing is answered from an epoch of a shared folder once another holder has begun to go on from it (P3).
    SEALED_AWAY_ANSWERS_NOTHING,
    /// What was acknowledged from a shared folder is in what each later holder goes on from, and there in the end (P1).
    SEALED_HAS_WHAT_WAS_ACKNOWLEDGED,
    /// A node that runs and is reached is not said to be down: a pause of the watcher is no death of the watched.
    NOBODY_ACCUSED_FALSELY,
    /// The image is the same on all nodes at the same version.
    SAME_IMAGE_AT_THE_SAME_VERSION,
    /// What was decided is decided again from what was kept of it.
    REPLAY,
    /// Once nothing is broken any more, everything is online and safe within a bound (P6).
    ONLINE_WHEN_ALLOWED
}
