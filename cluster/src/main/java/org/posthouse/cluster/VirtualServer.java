package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/// A virtual server: its policy, who may own it, who was last known to, and where its mail is.
///
/// @param name also the name of its storage group
/// @param permission who may open it
/// @param opened the newest `Open` that the coordinator has seen; empty until the storage group was formed
/// @param replicas of its storage group
/// @param move asked for by an operator and not done yet
/// @param state derived from what its owner reports
/// @param reason why it is in that state; `""` if there is nothing to say
/// @param resources by name
public record VirtualServer(
        String name,
        Policy policy,
        Permission permission,
        Optional<Opened> opened,
        ReplicaSet replicas,
        Optional<Move> move,
        GroupState state,
        String reason,
        SortedMap<String, Resource> resources) {

    /// Who may own a virtual server, in which order, beside how many others.
    ///
    /// @param preferredOwners in order; nodes not named come after them, by name
    /// @param possibleOwners empty for every node
    public record Policy(List<String> preferredOwners, List<String> possibleOwners, RoomPolicy room) {
        /// Whether the virtual server may come online on this node at all.
        public boolean allows(String node) {
            return possibleOwners.isEmpty() || possibleOwners.contains(node);
        }

        /// Place of a node in the order of preference.
        public int rank(String node) {
            int index = preferredOwners.indexOf(node);
            return index < 0 ? Integer.MAX_VALUE : index;
        }
    }

    /// Who may open the virtual server.
    ///
    /// @param owner on which it is, or is being brought, online
    /// @param heir permitted to take it over; empty if no node has room
    /// @param version of the image in which this permission was given
    /// @param at milliseconds since 1970 when it was given
    /// @param reason why
    public record Permission(String owner, Optional<String> heir, long version, long at, String reason) {
        /// Whether a node may open.
        public boolean permits(String node) {
            return owner.equals(node) || heir.filter(node::equals).isPresent();
        }
    }

    /// A recorded `Open`.
    ///
    /// @param version of the image that the entry carries
    /// @param at milliseconds since 1970 when the coordinator recorded it
    public record Opened(String node, OpenEpoch epoch, long version, long at) {}

    /// A move asked for.
    public record Move(String target, long since) {}

    /// One thing that a virtual server brings online on its owner.
    ///
    /// @param type name of its [ResourceType]
    /// @param properties its settings; they travel with the group
    public record Resource(String name, String type, SortedMap<String, String> properties, ResourceState state) {}

    /// Whether its storage group was formed: from then on an empty folder votes in nothing.
    public boolean formed() {
        return opened.isPresent();
    }

    VirtualServer permitted(Permission given) {
        return new VirtualServer(name, policy, given, opened, replicas, move, state, reason, resources);
    }

    VirtualServer opened(Opened recorded, Permission given) {
        return new VirtualServer(name, policy, given, Optional.of(recorded), replicas, move, state, reason, resources);
    }

    VirtualServer replicas(ReplicaSet changed) {
        return new VirtualServer(name, policy, permission, opened, changed, move, state, reason, resources);
    }

    VirtualServer move(Optional<Move> asked) {
        return new VirtualServer(name, policy, permission, opened, replicas, asked, state, reason, resources);
    }

    VirtualServer state(GroupState now, String why, SortedMap<String, ResourceState> states) {
        SortedMap<String, Resource> changed = resources;
        for (Resource resource : resources.values()) {
            ResourceState state = states.getOrDefault(resource.name(), ResourceState.OFFLINE);
            changed = SortedMaps.with(
                    changed,
                    resource.name(),
                    new Resource(resource.name(), resource.type(), resource.properties(), state));
        }
        return new VirtualServer(name, policy, permission, opened, replicas, move, now, why, changed);
    }
}
