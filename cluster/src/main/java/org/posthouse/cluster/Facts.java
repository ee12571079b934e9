package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a coordinator knows at a tick of what really is, from heartbeats.
///
/// @param nodes those heard since this coordinator began to count, with the newest heartbeat of each
/// @param watchedMillis how long it has been counting: the age of a node that was not heard at all
/// @param settling whether the coordinator's own process is so young that nodes not heard yet may still be starting
public record Facts(SortedMap<String, Heard> nodes, long watchedMillis, boolean settling) {
    /// A node is down after so long without a heartbeat.
    public static final long DOWN_AFTER_MILLIS = 1000;

    /// A node whose last heartbeats did not arrive is given nothing new, though it is not down yet: after a failover
    /// that is the node that was just lost.
    public static final long JUST_HEARD_MILLIS = 350;

    /// A replica no more than so many entries behind counts as caught up: at 2,000 entries a second, what a
    /// heartbeat of 150 ms and the way there leave open.
    public static final long CAUGHT_UP_ENTRIES = 1000;

    /// A node's newest heartbeat.
    ///
    /// @param ageMillis since it arrived
    public record Heard(long ageMillis, Heartbeat heartbeat) {}

    /// What each node tells the others: how it stands.
    ///
    /// @param incarnation the node's own, see [Node#incarnation]
    /// @param process distinguishes one run of the node's process from the next
    /// @param processAgeMillis since it started
    /// @param groups its memberships, the cluster group included, by group
    /// @param featureLevel the highest that it can read
    /// @param lease what it says of the node lease
    /// @param outdated by the coordinator alone: nodes that go by other incarnations than they were given last
    public record Heartbeat(
            String node,
            int incarnation,
            long process,
            long processAgeMillis,
            SortedMap<String, Membership> groups,
            int featureLevel,
            LeaseWord lease,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) SortedMap<String, Given> outdated) {

        public Heartbeat {
            outdated = outdated == null ? Collections.emptySortedMap() : outdated; // there hardly ever are any
        }

        /// One in which no node is said to be outdated.
        public Heartbeat(
                String node,
                int incarnation,
                long process,
                long processAgeMillis,
                SortedMap<String, Membership> groups,
                int featureLevel,
                LeaseWord lease) {
            this(
                    node,
                    incarnation,
                    process,
                    processAgeMillis,
                    groups,
                    featureLevel,
                    lease,
                    Collections.emptySortedMap());
        }

        /// The same, by the coordinator.
        public Heartbeat telling(SortedMap<String, Given> nodes) {
            return new Heartbeat(node, incarnation, process, processAgeMillis, groups, featureLevel, lease, nodes);
        }
    }

    /// Incarnations that a node was given last.
    ///
    /// @param own see [Node#incarnation]
    /// @param cluster see [Node#clusterIncarnation]
    public record Given(int own, int cluster) {}

    /// Nodes that go by other incarnations than they were given last: a request of an earlier process of theirs was
    /// late, and took from the next process what that had been given. They are waited for in vain until they ask
    /// again.
    ///
    /// @param heard the newest heartbeat of each node
    public static SortedMap<String, Given> outdated(ClusterImage image, SortedMap<String, Heartbeat> heard) {
        SortedMap<String, Given> outdated = new TreeMap<>();
        for (Node node : image.nodes().values()) {
            Heartbeat heartbeat = heard.get(node.name());
            Membership member = heartbeat == null ? null : heartbeat.groups().get(ClusterImage.CLUSTER_GROUP);
            if (member == null) {
                continue; // It takes no part yet, and asks by itself.
            }
            ReplicaSet cluster = image.clusterGroup();
            boolean counts = cluster.of(node.name(), member.incarnation()).isPresent()
                    || cluster.leaving(node.name(), member.incarnation());
            if (heartbeat.incarnation() < node.incarnation()
                    || (!counts && member.incarnation() < node.clusterIncarnation())) {
                outdated.put(node.name(), new Given(node.incarnation(), node.clusterIncarnation()));
            }
        }
        return outdated;
    }

    /// A node's membership in one group.
    ///
    /// @param incarnation under which the node takes part in this group
    /// @param leading whether it is the leader and has applied its own term's first entry
    /// @param open the epoch under which its gate is open, if it is
    /// @param openVersion image version that the newest applied `Open` carries; 0 for none
    /// @param committed index known committed
    /// @param applied index applied
    /// @param members the configuration in force, on the leader, once it is committed; else empty
    /// @param failed whether this replica is out of service
    /// @param resources states of the virtual server's resources here
    /// @param snapshot index of the newest snapshot here; of a witness, up to where its log is gone. 0 for none,
    ///     and where the cluster has no witness
    public record Membership(
            int incarnation,
            boolean leading,
            Optional<OpenEpoch> open,
            long openVersion,
            long committed,
            long applied,
            List<Seat> members,
            boolean failed,
            SortedMap<String, ResourceState> resources,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) long snapshot) {

        /// One of which no snapshot is told.
        public Membership(
                int incarnation,
                boolean leading,
                Optional<OpenEpoch> open,
                long openVersion,
                long committed,
                long applied,
                List<Seat> members,
                boolean failed,
                SortedMap<String, ResourceState> resources) {
            this(incarnation, leading, open, openVersion, committed, applied, members, failed, resources, 0);
        }

        /// The same with a snapshot of this index.
        public Membership with(long newestSnapshot) {
            return new Membership(
                    incarnation,
                    leading,
                    open,
                    openVersion,
                    committed,
                    applied,
                    members,
                    failed,
                    resources,
                    newestSnapshot);
        }
    }

    /// A node's membership in a group, if the node was heard lately and takes part under this incarnation.
    Optional<Membership> membership(String group, String node, int incarnation) {
        return membership(group, node).filter(found -> found.incarnation() == incarnation);
    }

    /// A node's membership in a group, if the node was heard lately.
    Optional<Membership> membership(String group, String node) {
        Heard heard = nodes.get(node);
        if (heard == null || heard.ageMillis() > DOWN_AFTER_MILLIS) {
            return Optional.empty();
        }
        return Optional.ofNullable(heard.heartbeat().groups().get(group));
    }

    /// The member that leads a group, as far as heartbeats tell: of several that claim to, the one that committed
    /// most.
    Optional<Membership> leader(String group) {
        Membership leader = null;
        for (Heard heard : nodes.values()) {
            Membership membership = heard.heartbeat().groups().get(group);
            if (heard.ageMillis() <= DOWN_AFTER_MILLIS
                    && membership != null
                    && membership.leading()
                    && (leader == null || membership.committed() > leader.committed())) {
                leader = membership;
            }
        }
        return Optional.ofNullable(leader);
    }

    /// Whether a node's newest heartbeat is not older than those of others that live.
    boolean justHeard(String node) {
        Heard heard = nodes.get(node);
        return heard != null && heard.ageMillis() <= JUST_HEARD_MILLIS;
    }

    /// Whether a replica is known to be out of service.
    boolean failed(String group, Replica replica) {
        return membership(group, replica.node(), replica.incarnation())
                .map(Membership::failed)
                .orElse(false);
    }

    /// Whether a replica's own applied index has come up to what the leader has committed.
    boolean caughtUp(String group, Replica replica) {
        Optional<Membership> leader = leader(group);
        return leader.isPresent()
                && membership(group, replica.node(), replica.incarnation())
                        .filter(own ->
                                !own.failed() && own.applied() >= leader.get().committed() - CAUGHT_UP_ENTRIES)
                        .isPresent();
    }
}
