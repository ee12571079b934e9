package org.posthouse.sim;

/// What a Raft group replicates, on one member: told of each committed entry in order, and of leadership.
interface Replica {
    /// Applies a committed entry.
    ///
    /// @return whether it was accepted; a refused one changed nothing
    boolean apply(int index, Entry entry);

    /// This member leads, and has applied the first entry of its term.
    void leaderReady(long term);

    /// This member does not lead (any more).
    void notLeader();

    /// Who is in the group, or who leads it, may have changed.
    void changed();

    /// The group has closed this member: it was taken out.
    void takenOut();
}
