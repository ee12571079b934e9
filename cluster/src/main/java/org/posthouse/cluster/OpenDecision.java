package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// What a node does that leads a storage group and has not opened it: the coordinator is not asked, it has said in
/// advance who may.
public sealed interface OpenDecision {
    /// An heir does not open in so young a process: a cold start is to come up as planned. It does where the owner has
    /// lost its replica.
    long HEIR_WAITS_MILLIS = 10_000;

    /// Nor in one this young while the owner lives and was not heard to have it open yet: it is still coming up.
    long HEIR_WAITS_FOR_LIVING_OWNER_MILLIS = 60_000;

    /// Propose `Open` with this image version.
    record Open(long version) implements OpenDecision {}

    /// Hand leadership to the first of these that takes it.
    record HandOver(List<String> to, String reason) implements OpenDecision {}

    /// Ask the cluster group for its current image, then decide again.
    record FetchImage() implements OpenDecision {}

    /// Nobody to hand over to, and no right to open: wait for the coordinator.
    record Wait(String reason) implements OpenDecision {}

    /// What the node knows.
    ///
    /// @param self the node
    /// @param held virtual servers that it has open, or has proposed to open
    /// @param alive nodes that it has heard within the last second
    /// @param ownerSeen whether this process has heard the owner say that it has the virtual server open: then its
    ///     silence is a loss, not a late start
    /// @param fresh whether the cluster group was just asked for its image, 500 ms at most, answered or not
    record Situation(
            String self,
            long processAgeMillis,
            SortedSet<String> held,
            SortedSet<String> alive,
            boolean ownerSeen,
            boolean fresh) {}

    /// Decides.
    static OpenDecision decide(ClusterImage image, String virtualServer, Situation situation) {
        VirtualServer server = image.virtualServers().get(virtualServer);
        if (server == null) {
            return situation.fresh() ? new Wait("the image knows no such virtual server") : new FetchImage();
        }
        VirtualServer.Permission permission = server.permission();
        String self = situation.self();
        boolean owner = permission.owner().equals(self);
        boolean witness =
                image.nodes().containsKey(self) && image.nodes().get(self).witness();
        if (!permission.permits(self) || witness) {
            return situation.fresh()
                    ? handOver(
                            server,
                            situation,
                            self + (witness ? " is a witness" : " is neither its owner nor its heir"))
                    : new FetchImage();
        }
        if (!Room.among(taken(image, server, situation, !owner), server)) {
            return situation.fresh() ? handOver(server, situation, self + " has no room") : new FetchImage();
        }
        boolean ownerLives = situation.alive().contains(permission.owner());
        long waits = ownerLives ? HEIR_WAITS_FOR_LIVING_OWNER_MILLIS : HEIR_WAITS_MILLIS;
        if (!owner
                && situation.processAgeMillis() < waits
                && !situation.ownerSeen()
                && hasReplica(image, server, permission.owner())) {
            return handOver(server, situation, "its heir " + self + " has just started and waits for the owner");
        }
        return new Open(image.version());
    }

    /// Whether a node holds a replica with a vote, as far as the image knows. One that lost it cannot lead.
    private static boolean hasReplica(ClusterImage image, VirtualServer server, String node) {
        return Optional.ofNullable(image.nodes().get(node))
                .flatMap(server.replicas()::of)
                .filter(Replica::votes)
                .isPresent();
    }

    private static OpenDecision handOver(VirtualServer server, Situation situation, String reason) {
        List<String> to = new ArrayList<>();
        Optional<String> owner = Optional.of(server.permission().owner());
        for (Optional<String> permitted : List.of(owner, server.permission().heir())) {
            permitted
                    .filter(node ->
                            !node.equals(situation.self()) && situation.alive().contains(node))
                    .ifPresent(to::add);
        }
        return to.isEmpty() ? new Wait(reason) : new HandOver(List.copyOf(to), reason);
    }

    /// What takes up room here. An heir counts what the node owns by the image too, open or not: one passive heir of
    /// three never takes two. An owner does not, or two recorded on one node would wait for each other.
    private static Collection<VirtualServer> taken(
            ClusterImage image, VirtualServer server, Situation situation, boolean ownedToo) {
        SortedMap<String, VirtualServer> taken = new TreeMap<>();
        for (VirtualServer other : image.virtualServers().values()) {
            boolean owned = ownedToo && other.permission().owner().equals(situation.self());
            if (!other.name().equals(server.name())
                    && (owned || situation.held().contains(other.name()))) {
                taken.put(other.name(), other);
            }
        }
        return taken.values();
    }
}
