package org.posthouse.cluster;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// A node's side of the node lease, which guards what Raft cannot: addresses and outside programs, that nobody
/// else could take from a node that was only paused. It counts from when the node *spoke*, not from when it was
/// answered, so that an answer that was long under way grants nothing. Not thread-safe. Times are milliseconds
/// since the machine was started, suspends included.
///
/// - A grant counts only if it answers a word of the present, unbroken time for which the virtual server is open
///   here.
/// - What was given back comes again only by a later word.
///
/// [LeaseBook] is the other side.
public final class NodeLease {
    /// How long a node counts on an answer.
    public static final long HELD_MILLIS = 4_000;

    private long heardOf = Long.MIN_VALUE / 2; // when the last word was said that was answered
    private final SortedMap<String, Grant> grants = new TreeMap<>();
    private final SortedMap<String, Grant> open = new TreeMap<>();

    /// An epoch, and when it was said.
    private record Grant(OpenEpoch epoch, long saidAt) {}

    /// What the next heartbeat says.
    ///
    /// @param openNow virtual servers whose gates are open here, with their epochs
    public LeaseWord say(SortedMap<String, OpenEpoch> openNow, long now) {
        open.entrySet().removeIf(known -> !known.getValue().epoch().equals(openNow.get(known.getKey())));
        openNow.forEach((server, epoch) -> open.putIfAbsent(server, new Grant(epoch, now)));
        SortedMap<String, OpenEpoch> held = new TreeMap<>();
        grants.forEach((server, grant) -> held.put(server, grant.epoch()));
        return new LeaseWord(now, Collections.unmodifiableSortedMap(held));
    }

    /// The coordinator has answered.
    public void answered(LeaseAnswer answer) {
        heardOf = Math.max(heardOf, answer.saidAt());
        answer.granted().forEach((server, epoch) -> {
            Grant since = open.get(server);
            Grant before = grants.get(server);
            boolean counts = since != null && since.epoch().equals(epoch) && answer.saidAt() >= since.saidAt();
            if (counts && (before == null || answer.saidAt() > before.saidAt())) {
                grants.put(server, new Grant(epoch, answer.saidAt()));
            }
        });
    }

    /// Nothing that needs the lease is left here of a virtual server that is not open here: the next word says
    /// so, and another node need not wait.
    public void giveBack(String virtualServer) {
        grants.remove(virtualServer);
    }

    /// Whether a coordinator has answered lately, granting anything or not. A node that is not answered keeps no shared
    /// folder, for the coordinator may have named another owner.
    public boolean acknowledged(long now) {
        return now - heardOf < HELD_MILLIS;
    }

    /// How many milliseconds are left of a virtual server's lease; 0 if this node does not have it.
    public long left(String virtualServer, long now) {
        Grant grant = grants.get(virtualServer);
        return grant == null ? 0 : Math.max(0, grant.saidAt() + HELD_MILLIS - now);
    }
}
