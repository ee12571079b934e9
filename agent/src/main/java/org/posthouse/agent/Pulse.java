package org.posthouse.agent;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.posthouse.cluster.Certificates;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.HeartbeatTable;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.Links;
import org.posthouse.wire.Opening;
import org.posthouse.wire.PeerCertificate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Heartbeats: every 150 ms this node tells the coordinator how it stands; every 450 ms, and at once when something
/// changed, all others too. What they tell is kept for this node's own decisions and for the coordinator's.
final class Pulse implements LinkService, AutoCloseable {
    static final String KIND = "heartbeat";
    /// The id of the cluster that somebody is in. Earlier releases do not say it.
    static final String CLUSTER_FIELD = "cluster";
    private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);
    private static final long BETWEEN_NUDGES_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /// Every third time; a little less, for no turn comes to the millisecond.
    private static final long ALL_AFTER_MILLIS = 3 * HeartbeatTable.HEARTBEAT_MILLIS - 50;

    private final String cluster;
    private final Links links;
    private final Supplier<Facts.Heartbeat> own;
    private final Supplier<Optional<String>> coordinator;
    private final Set<String> strangers = ConcurrentHashMap.newKeySet();
    private final NudgedLoop sending = new NudgedLoop("heartbeats", HeartbeatTable.HEARTBEAT_MILLIS, this::send);
    private SortedMap<String, Facts.Membership> toldAll = new TreeMap<>(); // of the sending thread
    private long toldAllAt; // of the sending thread
    private final ReentrantLock lock = new ReentrantLock();
    private final HeartbeatTable heard = new HeartbeatTable(millis()); // under lock, as all below
    private HeartbeatTable counted;
    private final SortedMap<String, String> lastOpenOn = new TreeMap<>();
    private final SortedMap<String, Certificates.Certificate> certificates = new TreeMap<>();

    /// Begins with [#start].
    ///
    /// @param cluster its id: what comes from nodes of another one, left behind by a recovery, counts for nothing
    /// @param coordinator the node that coordinates, as far as this one knows
    Pulse(String cluster, Links links, Supplier<Facts.Heartbeat> own, Supplier<Optional<String>> coordinator) {
        this.cluster = cluster;
        this.links = links;
        this.own = own;
        this.coordinator = coordinator;
    }

    void start() {
        sending.start();
    }

    /// Milliseconds of the clock that heartbeats are timed by.
    static long millis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /// Sends a heartbeat at once; returns at once.
    void nudge() {
        sending.nudge();
    }

    private void send() {
        sendOne();
        // Several changes in a row make one heartbeat.
        LockSupport.parkNanos(BETWEEN_NUDGES_NANOS);
    }

    private void sendOne() {
        Facts.Heartbeat heartbeat = own.get();
        take(heartbeat, links.certificate());
        if (heartbeat.incarnation() == 0) {
            return; // Takes part in nothing yet.
        }
        Opening head = new Opening(KIND, new TreeMap<>(Map.of(CLUSTER_FIELD, cluster)));
        byte[] message = Json.bytes(heartbeat);
        Optional<String> only = everybodyKnows(heartbeat) ? coordinator.get() : Optional.empty();
        List<Link> receivers =
                only.map(node -> links.link("node:" + node).stream().toList()).orElseGet(links::standing);
        for (Link link : receivers) {
            link.notice(head, message);
        }
    }

    /// Whether all nodes were told lately just what is to be told now. If not, they are now.
    private boolean everybodyKnows(Facts.Heartbeat heartbeat) {
        long now = millis();
        if (heartbeat.groups().equals(toldAll) && now - toldAllAt < ALL_AFTER_MILLIS) {
            return true;
        }
        toldAll = heartbeat.groups();
        toldAllAt = now;
        return false;
    }

    @Override
    public void notice(Link from, Opening head, byte[] message) {
        String theirs = head.fields().getOrDefault(CLUSTER_FIELD, cluster);
        if (!theirs.equals(cluster)) {
            if (strangers.add(from.peer() + " " + theirs)) {
                LOG.error(
                        "{} runs as a member of the cluster with id {}, this node is in {}: one of them was left behind"
                                + " when the cluster was recovered. Stop it, move its folder away and let it join"
                                + " again; until then the two are separate clusters.",
                        from.peer(),
                        theirs,
                        cluster);
            }
            return;
        }
        try {
            Facts.Heartbeat heartbeat = Json.read(message, Facts.Heartbeat.class);
            if (from.peer().equals("node:" + heartbeat.node())) {
                take(heartbeat, from.certificate());
            }
        } catch (IOException e) {
            LOG.warn("{} sent a heartbeat that cannot be read: {}", from.peer(), e.getMessage());
        }
    }

    private void take(Facts.Heartbeat heartbeat, PeerCertificate shown) {
        long now = millis();
        lock.lock();
        try {
            heard.heard(heartbeat, now);
            certificates.put(
                    heartbeat.node(),
                    new Certificates.Certificate(
                            shown.fingerprint(), shown.expires().toEpochMilli()));
            if (counted != null) {
                counted.heard(heartbeat, now);
            }
            heartbeat.groups().forEach((group, membership) -> {
                if (membership.open().isPresent()) {
                    lastOpenOn.put(group, heartbeat.node());
                }
            });
        } finally {
            lock.unlock();
        }
    }

    /// A coordinator begins to count ages.
    void count() {
        lock.lock();
        try {
            counted = new HeartbeatTable(millis());
        } finally {
            lock.unlock();
        }
    }

    /// What the coordinator knows at a tick.
    Facts tick(boolean settling) {
        long now = millis();
        lock.lock();
        try {
            if (counted.tick(now)) {
                LOG.warn("The coordinator's tick came late: it counts the nodes' silence anew.");
            }
            return counted.facts(now, settling);
        } finally {
            lock.unlock();
        }
    }

    /// What this node has heard, whoever coordinates.
    Facts facts() {
        lock.lock();
        try {
            return heard.facts(millis(), false);
        } finally {
            lock.unlock();
        }
    }

    /// The newest heartbeat of each node heard within the last second.
    SortedMap<String, Facts.Heartbeat> peers() {
        Facts facts = facts();
        SortedMap<String, Facts.Heartbeat> peers = new TreeMap<>();
        facts.nodes().forEach((node, heardNode) -> {
            if (heardNode.ageMillis() <= Facts.DOWN_AFTER_MILLIS) {
                peers.put(node, heardNode.heartbeat());
            }
        });
        return peers;
    }

    /// Which certificate each node that was ever heard showed last.
    SortedMap<String, Certificates.Certificate> certificates() {
        lock.lock();
        try {
            return new TreeMap<>(certificates);
        } finally {
            lock.unlock();
        }
    }

    /// Virtual servers that this process has heard their present owner hold open.
    SortedSet<String> seenOpen(ClusterImage image) {
        SortedSet<String> seen = new TreeSet<>();
        lock.lock();
        try {
            for (VirtualServer server : image.virtualServers().values()) {
                if (server.permission().owner().equals(lastOpenOn.get(server.name()))) {
                    seen.add(server.name());
                }
            }
        } finally {
            lock.unlock();
        }
        return seen;
    }

    @Override
    public void close() {
        sending.close();
    }
}
