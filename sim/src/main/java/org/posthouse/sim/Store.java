package org.posthouse.sim;

import java.util.Optional;
import org.posthouse.cluster.OpenEpoch;

/// A storage group's replica in one process, as far as ownership goes: the epoch, the gate, and how many writes were
/// accepted. `Close` is left out: no decision of the cluster's core orders one yet.
final class Store implements Replica {
    private final World world;
    private final Agent agent;
    private final String virtualServer;
    private final Id self;
    private OpenEpoch epoch = new OpenEpoch(0, 0);
    private long openVersion;
    private int writes;
    private long leadingTerm;
    private Optional<OpenEpoch> latch = Optional.empty();

    Store(Agent agent, String virtualServer, Id self) {
        this.world = agent.node().world;
        this.agent = agent;
        this.virtualServer = virtualServer;
        this.self = self;
    }

    /// The epoch under which this node owns the virtual server, if it does.
    Optional<OpenEpoch> latch() {
        return latch;
    }

    /// Of the newest `Open` applied.
    long openVersion() {
        return openVersion;
    }

    /// Writes accepted so far: what a read shows.
    int writes() {
        return writes;
    }

    @Override
    public boolean apply(int index, Entry entry) {
        return switch (entry.payload) {
            case Entry.Open open -> open(index, entry.term, open);
            case Entry.Write write -> write(index, write);
            case Entry.Begin _, Entry.Members _, Entry.Decided _ -> true;
        };
    }

    private boolean open(int index, long term, Entry.Open open) {
        epoch = new OpenEpoch(0, index);
        openVersion = open.version();
        boolean leads = term == leadingTerm || world.makes(Mistake.OPENS_WITHOUT_LEADING);
        boolean mine = open.by().equals(self) && leads;
        latch(mine ? Optional.of(epoch) : Optional.empty());
        return true;
    }

    /// Every other entry carries the epoch under which it was proposed.
    private boolean write(int index, Entry.Write write) {
        boolean accepted = write.epoch().equals(epoch) || world.makes(Mistake.EPOCH_IGNORED);
        if (accepted) {
            writes++;
        }
        world.stores.applied(virtualServer, index, self, accepted);
        return accepted;
    }

    private void latch(Optional<OpenEpoch> now) {
        Optional<OpenEpoch> before = latch;
        latch = now;
        if (now.isPresent()) {
            world.story.tell(() -> virtualServer + ": opened on " + self + " in epoch " + now.get());
            world.stores.opened(virtualServer, agent.node(), self, now.get());
        } else if (before.isPresent()) {
            world.story.tell(() -> virtualServer + ": closed on " + self + ", epoch " + before.get());
        }
        if (!before.equals(now)) {
            agent.changed();
        }
    }

    @Override
    public void leaderReady(long term) {
        leadingTerm = term;
        latch(Optional.empty());
        agent.changed();
    }

    @Override
    public void notLeader() {
        leadingTerm = 0;
        if (!world.makes(Mistake.OPENS_WITHOUT_LEADING)) {
            latch(Optional.empty());
        }
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
