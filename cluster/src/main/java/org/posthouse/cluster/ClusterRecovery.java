package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A cluster that has lost its majority for good goes on with one node alone (`cluster recover`).
///
/// What the lost nodes decided after this image cannot be known: they may have counted versions on, so the new image's
/// version is far above any of theirs, and what compares versions takes the new one for newer.
///
/// A virtual server for which the node has no room, or no replica, has no owner (`""`); the coordinator names one as
/// soon as a node can take it.
public final class ClusterRecovery {
    /// By how much the version rises at a recovery.
    static final long VERSION_LEAP = 1_000_000;

    /// Why a virtual server has failed of which no replica is left.
    static final String NO_REPLICA = "no replica survived when the cluster was recovered: its mail is lost, unless one"
            + " of the lost nodes' disks can be read";

    private ClusterRecovery() {}

    /// The change that makes an image that of one node alone.
    ///
    /// @param image the newest that the node has
    /// @param now milliseconds since 1970
    /// @throws IllegalArgumentException if the cluster was never created, does not know the node, or has no such
    ///     virtual server
    public static Change plan(ClusterImage image, Event.Recovered recovered, long now) {
        if (!image.created()) {
            throw new IllegalArgumentException("the cluster was never formed");
        }
        if (!image.nodes().containsKey(recovered.node())) {
            throw new IllegalArgumentException("node " + recovered.node() + " is no member of the cluster, which has "
                    + image.nodes().keySet());
        }
        if (image.nodes().get(recovered.node()).witness()) {
            throw new IllegalArgumentException(Witness.noRecovery(recovered.node()));
        }
        for (String server : recovered.held().keySet()) {
            if (!image.virtualServers().containsKey(server)) {
                throw new IllegalArgumentException("there is no virtual server '" + server + "'");
            }
        }
        List<Event> events = new ArrayList<>();
        if (image.featureLevel() < recovered.needsLevel()) {
            // The one node that is left can read it.
            events.add(new Event.FeatureLevelRaised(recovered.needsLevel()));
        }
        events.add(recovered);
        return new Change(image.version(), now, events);
    }

    static ClusterImage apply(ClusterImage image, Event.Recovered e, long at) {
        Node node = image.nodes().get(e.node());
        int newest = Math.max(node.newestIncarnation(), e.incarnation());
        for (int held : e.held().values()) {
            newest = Math.max(newest, held);
        }
        node = node.incarnations(node.incarnation(), newest, e.incarnation()).on(NodeDuty.ACTIVE);
        SortedMap<String, Node> nodes = new TreeMap<>();
        nodes.put(node.name(), node);
        SortedMap<String, VirtualServer> servers = new TreeMap<>();
        List<VirtualServer> owned = new ArrayList<>();
        for (VirtualServer server : image.virtualServers().values()) {
            VirtualServer alone = replicas(image, server, e);
            // One whose first `Open` this image has not seen is not planned for: it stays with the node, which opens it
            // once there is room.
            boolean room = !alone.formed() || Room.among(owned, alone);
            boolean has = alone.replicas().on(e.node()) || alone.shared().isPresent();
            boolean owner = has && alone.allows(e.node()) && room;
            var permission = new VirtualServer.Permission(
                    owner ? e.node() : "",
                    Optional.empty(),
                    image.version() + VERSION_LEAP + 1,
                    at,
                    "the cluster was recovered on " + e.node() + " alone");
            alone = alone.permitted(permission);
            servers.put(server.name(), alone);
            if (owner) {
                owned.add(alone);
            }
        }
        return new ClusterImage(
                e.id(),
                image.name(),
                image.version(),
                image.featureLevel(),
                nodes,
                only(e.node(), e.incarnation()),
                servers,
                image.directory(),
                image.history(),
                image.answers(),
                image.certificates().of(e.node()),
                image.names());
    }

    private static ReplicaSet only(String node, int incarnation) {
        return new ReplicaSet(List.of(new Replica(node, incarnation, Replica.Role.VOTER)), Optional.empty());
    }

    /// A virtual server that was formed counts as formed further on, with or without a replica: it is never made anew
    /// empty.
    private static VirtualServer replicas(ClusterImage image, VirtualServer server, Event.Recovered e) {
        VirtualServer alone = server.move(Optional.empty());
        for (String other : image.nodes().keySet()) {
            alone = other.equals(e.node()) ? alone : alone.without(other);
        }
        if (alone.shared().isPresent()) {
            return alone.state(GroupState.PENDING, "the cluster was recovered", new TreeMap<>());
        }
        Integer incarnation = e.held().get(server.name());
        return incarnation != null
                ? alone.replicas(only(e.node(), incarnation))
                        .state(GroupState.PENDING, "the cluster was recovered", new TreeMap<>())
                : alone.replicas(new ReplicaSet(List.of(), Optional.empty()))
                        .state(GroupState.FAILED, NO_REPLICA, new TreeMap<>());
    }
}
