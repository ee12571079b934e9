package org.posthouse.agent;

import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.LeaseAnswer;
import org.posthouse.cluster.LeaseWord;
import org.posthouse.cluster.NodeLease;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.Links;
import org.posthouse.wire.Opening;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node's side of the node lease ([NodeLease]): what it says in heartbeats, and the coordinator's answers.
final class Leases implements LinkService, Warrant {
    static final String KIND = "lease";
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    private final String node;
    private final Links links;
    private final LongSupplier clock;
    private final long process;
    private final Runnable answered;
    private final ReentrantLock lock = new ReentrantLock();
    private final NodeLease lease = new NodeLease(); // under lock

    /// @param node this node
    /// @param clock milliseconds since the machine was started
    /// @param process of this node, see [Facts.Heartbeat#process]
    /// @param answered called after an answer that grants anything
    Leases(String node, Links links, LongSupplier clock, long process, Runnable answered) {
        this.node = node;
        this.links = links;
        this.clock = clock;
        this.process = process;
        this.answered = answered;
    }

    /// What a heartbeat with these memberships says.
    LeaseWord say(SortedMap<String, Facts.Membership> groups) {
        SortedMap<String, OpenEpoch> open = new TreeMap<>();
        groups.forEach((group, membership) -> membership.open().ifPresent(epoch -> open.put(group, epoch)));
        lock.lock();
        try {
            return lease.say(open, clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    /// See [NodeLease#giveBack].
    void giveBack(String virtualServer) {
        lock.lock();
        try {
            lease.giveBack(virtualServer);
        } finally {
            lock.unlock();
        }
    }

    /// See [NodeLease#acknowledged].
    boolean acknowledged() {
        lock.lock();
        try {
            return lease.acknowledged(clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Decider decider() {
        return Decider.COORDINATOR;
    }

    @Override
    public long leftMillis(String virtualServer) {
        lock.lock();
        try {
            return lease.left(virtualServer, clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean confirm(String virtualServer) {
        return leftMillis(virtualServer) > 0;
    }

    /// As the coordinator, answers a node, which may be this one.
    void send(String to, LeaseAnswer answer) {
        if (to.equals(node)) {
            take(answer);
        } else {
            links.link("node:" + to)
                    .ifPresent(link -> link.notice(new Opening(KIND, new TreeMap<>()), Json.bytes(answer)));
        }
    }

    /// The coordinator's answer.
    void take(LeaseAnswer answer) {
        // What an earlier process of this node was granted ended with it.
        if (answer.process() != process) {
            return;
        }
        lock.lock();
        try {
            lease.answered(answer);
        } finally {
            lock.unlock();
        }
        if (!answer.granted().isEmpty()) {
            answered.run();
        }
    }

    @Override
    public void notice(Link from, Opening head, byte[] message) {
        try {
            take(Json.read(message, LeaseAnswer.class));
        } catch (IOException e) {
            LOG.warn("{} sent an answer about the lease that cannot be read: {}", from.peer(), e.getMessage());
        }
    }
}
