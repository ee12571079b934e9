package org.posthouse.sim;

/// A witness' part in a storage group in one process: it votes and keeps the log, and applies nothing. What
/// `WitnessReplica` and `WitnessKeeper` are in `replication`.
final class WitnessLog implements Replica {
    /// Longer than so many entries, the log goes up to what one living replica has in a snapshot.
    static final int ENTRIES_MAX = 8;

    private final Agent agent;
    private final String virtualServer;

    WitnessLog(Agent agent, String virtualServer) {
        this.agent = agent;
        this.virtualServer = virtualServer;
    }

    @Override
    public boolean apply(int index, Entry entry) {
        return true;
    }

    @Override
    public void leaderReady(long term) {
        agent.changed();
    }

    @Override
    public void notLeader() {
        agent.changed();
    }

    @Override
    public void changed() {
        agent.changed();
    }

    @Override
    public void takenOut() {
        agent.takenOut(virtualServer);
    }
}
