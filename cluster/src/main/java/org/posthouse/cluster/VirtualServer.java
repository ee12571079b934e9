package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/// A virtual server: its policy, who may own it, who was last known to, and where its mail is.
///
/// @param name also the name of its storage group
/// @param wanted whether its resources shall be online at all; its storage group is kept replicated either way
/// @param permission who may open it
/// @param opened the newest `Open` that the coordinator has seen; empty until the storage group was formed
/// @param replicas of its storage group
/// @param move asked for by an operator and not done yet
/// @param state derived from what its owner reports
/// @param reason why it is in that state; `""` if there is nothing to say
/// @param resources by name
/// @param failovers milliseconds since 1970 of those that its own resources caused, oldest first, within the period
///     of its policy
public record VirtualServer(
        String name,
        boolean wanted,
        Policy policy,
        Permission permission,
        Optional<Opened> opened,
        ReplicaSet replicas,
        Optional<Move> move,
        GroupState state,
        String reason,
        SortedMap<String, Resource> resources,
        List<Long> failovers) {

    /// Who may own a virtual server, in which order, beside how many others, and how often it moves by itself.
    ///
    /// @param preferredOwners in order; nodes not named come after them, by name
    /// @param possibleOwners empty for every node
    /// @param failovers how often its own resources may make it fail over within the period; -1 for one less than
    ///     there are nodes
    public record Policy(
            List<String> preferredOwners,
            List<String> possibleOwners,
            RoomPolicy room,
            Failback failback,
            int failovers,
            long failoverPeriodMillis) {
        static final long FAILOVER_PERIOD_MILLIS = 6 * 3_600_000L;

        /// The failovers that are allowed within the period, in a cluster of so many nodes.
        public int failoversMax(int nodes) {
            return failovers < 0 ? nodes - 1 : failovers;
        }

        /// Whether the virtual server may come online on this node at all.
        public boolean allows(String node) {
            return possibleOwners.isEmpty() || possibleOwners.contains(node);
        }

        Policy without(String node) {
            List<String> preferred = others(preferredOwners, node);
            return new Policy(
                    preferred,
                    others(possibleOwners, node),
                    room,
                    preferred.isEmpty() ? Failback.NEVER : failback,
                    failovers,
                    failoverPeriodMillis);
        }

        private static List<String> others(List<String> names, String node) {
            return names.stream().filter(name -> !name.equals(node)).toList();
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
    /// @param dependsOn resources of the same group that must be online before it is
    /// @param wanted whether it shall be online when its group is
    /// @param policy how it is watched and what its failures lead to
    /// @param failuresAsked how often an operator had it fail; the owner obeys each once
    public record Resource(
            String name,
            String type,
            SortedMap<String, String> properties,
            List<String> dependsOn,
            boolean wanted,
            ResourcePolicy policy,
            int failuresAsked,
            ResourceState state) {

        Resource in(ResourceState now) {
            return new Resource(name, type, properties, dependsOn, wanted, policy, failuresAsked, now);
        }

        Resource wanted(boolean now) {
            return new Resource(name, type, properties, dependsOn, now, policy, failuresAsked, state);
        }

        Resource with(ResourcePolicy changed) {
            return new Resource(name, type, properties, dependsOn, wanted, changed, failuresAsked, state);
        }

        Resource dependingOn(List<String> others) {
            return new Resource(name, type, properties, others, wanted, policy, failuresAsked, state);
        }

        Resource failed() {
            return new Resource(name, type, properties, dependsOn, wanted, policy, failuresAsked + 1, state);
        }
    }

    /// Whether its storage group was formed: from then on an empty folder votes in nothing.
    public boolean formed() {
        return opened.isPresent();
    }

    VirtualServer permitted(Permission given) {
        return new VirtualServer(
                name, wanted, policy, given, opened, replicas, move, state, reason, resources, failovers);
    }

    VirtualServer opened(Opened recorded, Permission given) {
        return new VirtualServer(
                name,
                wanted,
                policy,
                given,
                Optional.of(recorded),
                replicas,
                move,
                state,
                reason,
                resources,
                failovers);
    }

    VirtualServer replicas(ReplicaSet changed) {
        return new VirtualServer(
                name, wanted, policy, permission, opened, changed, move, state, reason, resources, failovers);
    }

    VirtualServer move(Optional<Move> asked) {
        return new VirtualServer(
                name, wanted, policy, permission, opened, replicas, asked, state, reason, resources, failovers);
    }

    VirtualServer state(GroupState now, String why, SortedMap<String, ResourceState> states) {
        SortedMap<String, Resource> changed = resources;
        for (Resource resource : resources.values()) {
            ResourceState state = states.getOrDefault(resource.name(), ResourceState.OFFLINE);
            changed = SortedMaps.with(changed, resource.name(), resource.in(state));
        }
        return new VirtualServer(
                name, wanted, policy, permission, opened, replicas, move, now, why, changed, failovers);
    }

    VirtualServer wanted(boolean now) {
        return new VirtualServer(
                name, now, policy, permission, opened, replicas, move, state, reason, resources, failovers);
    }

    VirtualServer policy(Policy changed) {
        return new VirtualServer(
                name, wanted, changed, permission, opened, replicas, move, state, reason, resources, failovers);
    }

    VirtualServer resource(Resource changed) {
        return new VirtualServer(
                name,
                wanted,
                policy,
                permission,
                opened,
                replicas,
                move,
                state,
                reason,
                SortedMaps.with(resources, changed.name(), changed),
                failovers);
    }

    /// Those still counted at this time.
    List<Long> failoversCounted(long now) {
        return failovers.stream()
                .filter(at -> now - at < policy.failoverPeriodMillis())
                .toList();
    }

    VirtualServer failovers(List<Long> counted) {
        return new VirtualServer(
                name, wanted, policy, permission, opened, replicas, move, state, reason, resources, counted);
    }
}
