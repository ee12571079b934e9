package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.Collections;
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
    /// @param replaceLostAfterMillis how long a node is down before its replica is made anew elsewhere; 0 for 15
    ///     minutes, -1 for never
    public record Policy(
            List<String> preferredOwners,
            List<String> possibleOwners,
            RoomPolicy room,
            Failback failback,
            int failovers,
            long failoverPeriodMillis,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) long replaceLostAfterMillis) {
        private static final long FAILOVER_PERIOD_MILLIS = 6 * 3_600_000L;
        private static final long REPLACE_LOST_AFTER_MILLIS = 15 * 60_000;

        /// What a virtual server begins with.
        static Policy first(List<String> preferred, RoomPolicy room) {
            return new Policy(preferred, List.of(), room, Failback.NEVER, -1, FAILOVER_PERIOD_MILLIS, 0);
        }

        Policy preferring(List<String> preferred) {
            return new Policy(
                    preferred, possibleOwners, room, failback, failovers, failoverPeriodMillis, replaceLostAfterMillis);
        }

        /// How long a node is down before its replica is made anew elsewhere; the greatest number for never.
        public long replacesLostAfterMillis() {
            return replaceLostAfterMillis < 0
                    ? Long.MAX_VALUE
                    : replaceLostAfterMillis == 0 ? REPLACE_LOST_AFTER_MILLIS : replaceLostAfterMillis;
        }

        int needsLevel() {
            return replaceLostAfterMillis == 0 ? 1 : 2;
        }

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
                    failoverPeriodMillis,
                    replaceLostAfterMillis);
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
    /// @param possibleOwners nodes on which it may come online; empty for every node
    /// @param made version of the image in which it was created, 0 at first: what tells it from an earlier one of
    ///     its name
    public record Resource(
            String name,
            String type,
            SortedMap<String, String> properties,
            List<String> dependsOn,
            boolean wanted,
            ResourcePolicy policy,
            int failuresAsked,
            ResourceState state,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> possibleOwners,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) long made) {

        public Resource {
            possibleOwners = possibleOwners == null ? List.of() : possibleOwners; // an image of feature level 1
        }

        /// Whether it may come online on this node.
        public boolean allows(String node) {
            return possibleOwners.isEmpty() || possibleOwners.contains(node);
        }

        /// The feature level that reading it needs.
        int needsLevel() {
            return possibleOwners.isEmpty() && made == 0 && policy.standardDeadlock() ? 1 : 2;
        }

        Resource in(ResourceState now) {
            return new Resource(
                    name, type, properties, dependsOn, wanted, policy, failuresAsked, now, possibleOwners, made);
        }

        Resource wanted(boolean now) {
            return new Resource(
                    name, type, properties, dependsOn, now, policy, failuresAsked, state, possibleOwners, made);
        }

        Resource with(ResourcePolicy changed) {
            return new Resource(
                    name, type, properties, dependsOn, wanted, changed, failuresAsked, state, possibleOwners, made);
        }

        Resource dependingOn(List<String> others) {
            return new Resource(
                    name, type, properties, others, wanted, policy, failuresAsked, state, possibleOwners, made);
        }

        Resource failed() {
            return new Resource(
                    name, type, properties, dependsOn, wanted, policy, failuresAsked + 1, state, possibleOwners, made);
        }

        Resource having(SortedMap<String, String> changed) {
            return new Resource(
                    name, type, changed, dependsOn, wanted, policy, failuresAsked, state, possibleOwners, made);
        }

        Resource possibleOn(List<String> nodes) {
            return new Resource(name, type, properties, dependsOn, wanted, policy, failuresAsked, state, nodes, made);
        }

        Resource named(String other) {
            return new Resource(
                    other, type, properties, dependsOn, wanted, policy, failuresAsked, state, possibleOwners, made);
        }

        Resource madeIn(long version) {
            return new Resource(
                    name, type, properties, dependsOn, wanted, policy, failuresAsked, state, possibleOwners, version);
        }
    }

    /// Where its mail lies if it is kept in shared mode; empty if it has replicas.
    public Optional<SharedStorage> shared() {
        return storage().flatMap(storage -> SharedStorage.of(storage.properties()));
    }

    private Optional<Resource> storage() {
        return resources.values().stream()
                .filter(resource -> resource.type().equals(ResourceTypeFacts.STORAGE_GROUP.name()))
                .findFirst();
    }

    /// Whether its storage group was formed: from then on an empty folder votes in nothing.
    public boolean formed() {
        return opened.isPresent();
    }

    VirtualServer named(String given) {
        return new VirtualServer(
                given, wanted, policy, permission, opened, replicas, move, state, reason, resources, failovers);
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

    /// Whether a node may own it: its policy allows that, and so do all its wanted resources.
    public boolean allows(String node) {
        return policy.allows(node)
                && resources.values().stream().allMatch(resource -> !resource.wanted() || resource.allows(node));
    }

    /// What limits its possible owners, for refusals.
    String ownersText() {
        List<String> limits = new ArrayList<>();
        if (!policy.possibleOwners().isEmpty()) {
            limits.add("its policy's are " + policy.possibleOwners());
        }
        resources.values().stream()
                .filter(resource ->
                        resource.wanted() && !resource.possibleOwners().isEmpty())
                .forEach(resource -> limits.add(resource.name() + "'s are " + resource.possibleOwners()));
        return String.join(", ", limits);
    }

    /// Nothing that says who may own it names this node any more.
    VirtualServer without(String node) {
        VirtualServer changed = policy(policy.without(node));
        for (Resource resource : resources.values()) {
            changed = changed.resource(resource.possibleOn(Policy.others(resource.possibleOwners(), node)));
        }
        return changed;
    }

    VirtualServer resource(Resource changed) {
        return resources(SortedMaps.with(resources, changed.name(), changed));
    }

    VirtualServer resources(SortedMap<String, Resource> changed) {
        return new VirtualServer(
                name, wanted, policy, permission, opened, replicas, move, state, reason, changed, failovers);
    }

    /// The same with nothing to bring online.
    public VirtualServer withoutResources() {
        return resources(Collections.emptySortedMap());
    }

    /// As created in the image of that version, and so told from an earlier one of its name.
    VirtualServer madeIn(long version) {
        VirtualServer made = this;
        for (Resource resource : resources.values()) {
            made = made.resource(resource.madeIn(version));
        }
        return made;
    }

    /// What its epochs begin with: the version of the image in which it was created, 1 for one that was planned before
    /// the cluster ran. So no epoch of an earlier virtual server of its name is taken for a later one.
    public long generation() {
        return storage().map(storage -> Math.max(1, storage.made())).orElse(1L);
    }

    /// With another name for one of its resources; those that depend on it follow.
    VirtualServer renamed(String from, String to) {
        SortedMap<String, Resource> changed = SortedMaps.without(resources, from);
        changed = SortedMaps.with(changed, to, resources.get(from).named(to));
        for (Resource other : changed.values()) {
            List<String> below = other.dependsOn().stream()
                    .map(name -> name.equals(from) ? to : name)
                    .toList();
            changed = SortedMaps.with(changed, other.name(), other.dependingOn(below));
        }
        return resources(changed);
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
