package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/// What happened: the only thing that the cluster group's log holds. Applied without deciding anything.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Event.ClusterCreated.class, name = "cluster-created"),
    @JsonSubTypes.Type(value = Event.NodeAdded.class, name = "node-added"),
    @JsonSubTypes.Type(value = Event.NodeEvicted.class, name = "node-evicted"),
    @JsonSubTypes.Type(value = Event.NodeCertified.class, name = "node-certified"),
    @JsonSubTypes.Type(value = Event.NodeUp.class, name = "node-up"),
    @JsonSubTypes.Type(value = Event.NodeDown.class, name = "node-down"),
    @JsonSubTypes.Type(value = Event.NodeReincarnated.class, name = "node-reincarnated"),
    @JsonSubTypes.Type(value = Event.ReplicaLost.class, name = "replica-lost"),
    @JsonSubTypes.Type(value = Event.ReplicaFound.class, name = "replica-found"),
    @JsonSubTypes.Type(value = Event.OpenRecorded.class, name = "open-recorded"),
    @JsonSubTypes.Type(value = Event.Permitted.class, name = "permitted"),
    @JsonSubTypes.Type(value = Event.ReplicaChangeStarted.class, name = "replica-change-started"),
    @JsonSubTypes.Type(value = Event.ReplicaPromoted.class, name = "replica-promoted"),
    @JsonSubTypes.Type(value = Event.ReplicaChangeDone.class, name = "replica-change-done"),
    @JsonSubTypes.Type(value = Event.ReplicaChangeAbandoned.class, name = "replica-change-abandoned"),
    @JsonSubTypes.Type(value = Event.ReplicasSwapped.class, name = "replicas-swapped"),
    @JsonSubTypes.Type(value = Event.MoveStarted.class, name = "move-started"),
    @JsonSubTypes.Type(value = Event.MoveEnded.class, name = "move-ended"),
    @JsonSubTypes.Type(value = Event.StateChanged.class, name = "state-changed"),
    @JsonSubTypes.Type(value = Event.GroupCreated.class, name = "group-created"),
    @JsonSubTypes.Type(value = Event.GroupDeleted.class, name = "group-deleted"),
    @JsonSubTypes.Type(value = Event.GroupRenamed.class, name = "group-renamed"),
    @JsonSubTypes.Type(value = Event.RemainsPutAside.class, name = "remains-put-aside"),
    @JsonSubTypes.Type(value = Event.GroupWanted.class, name = "group-wanted"),
    @JsonSubTypes.Type(value = Event.GroupPolicySet.class, name = "group-policy-set"),
    @JsonSubTypes.Type(value = Event.FailoverCounted.class, name = "failover-counted"),
    @JsonSubTypes.Type(value = Event.FailoversForgotten.class, name = "failovers-forgotten"),
    @JsonSubTypes.Type(value = Event.ResourcePut.class, name = "resource-put"),
    @JsonSubTypes.Type(value = Event.ResourceCreated.class, name = "resource-created"),
    @JsonSubTypes.Type(value = Event.ResourceDeleted.class, name = "resource-deleted"),
    @JsonSubTypes.Type(value = Event.ResourceRenamed.class, name = "resource-renamed"),
    @JsonSubTypes.Type(value = Event.TypesDeclared.class, name = "types-declared"),
    @JsonSubTypes.Type(value = Event.FeatureLevelRaised.class, name = "feature-level-raised"),
    @JsonSubTypes.Type(value = Event.Recovered.class, name = "recovered"),
    @JsonSubTypes.Type(value = Event.NodeDutySet.class, name = "node-duty-set"),
    @JsonSubTypes.Type(value = Event.NodeWrittenOff.class, name = "node-written-off"),
    @JsonSubTypes.Type(value = Event.DomainAdded.class, name = "domain-added"),
    @JsonSubTypes.Type(value = Event.DomainRemoved.class, name = "domain-removed"),
    @JsonSubTypes.Type(value = Event.UserPut.class, name = "user-put"),
    @JsonSubTypes.Type(value = Event.UserRemoved.class, name = "user-removed"),
    @JsonSubTypes.Type(value = Event.AliasPut.class, name = "alias-put"),
    @JsonSubTypes.Type(value = Event.AliasRemoved.class, name = "alias-removed"),
    @JsonSubTypes.Type(value = Event.Answered.class, name = "answered")
})
public sealed interface Event {

    /// The cluster came into being, as planned before any process started.
    record ClusterCreated(ClusterImage image) implements Event {}

    /// A node may join.
    record NodeAdded(Node node) implements Event {}

    /// A node is no member any more; nothing names it.
    record NodeEvicted(String node) implements Event {}

    /// A node shows this certificate on its links; if it showed another before, that one is refused from now on.
    ///
    /// @param another whether it showed another before
    record NodeCertified(String node, Certificates.Certificate certificate, boolean another) implements Event {
        private Optional<String> told() {
            return another
                    ? Optional.of("node " + node + " shows another certificate; the one before is refused from now on")
                    : Optional.empty();
        }
    }

    /// A node's heartbeats arrive (again).
    record NodeUp(String node, String reason) implements Event {}

    /// A node was not heard for a second.
    record NodeDown(String node, String reason) implements Event {}

    /// An operator said of a node that is down that it will not be back soon.
    record NodeWrittenOff(String node) implements Event {}

    /// A node came back without its replica of the cluster group, and takes part there under a new incarnation from
    /// now on.
    ///
    /// @param whole whether everything else that it held is lost too
    record NodeReincarnated(String node, int incarnation, boolean whole, String reason) implements Event {}

    /// A node found its replica of a virtual server damaged or gone.
    record ReplicaLost(String group, String node, int incarnation, String reason) implements Event {}

    /// A replica said to be lost works after all, under its old incarnation: its node could open it again.
    record ReplicaFound(String group, String node, int incarnation) implements Event {}

    /// A storage group has committed and applied an `Open`: its node is the owner.
    record OpenRecorded(String virtualServer, String node, OpenEpoch epoch, long version) implements Event {}

    /// Owner and heir were chosen.
    record Permitted(String virtualServer, String owner, Optional<String> heir, String reason) implements Event {}

    /// A change of replicas was planned; step one is to be carried out.
    record ReplicaChangeStarted(String group, Replica added, Optional<Replica> removed, String reason)
            implements Event {}

    /// The new replica has caught up; step two is to be carried out.
    record ReplicaPromoted(String group) implements Event {}

    /// The Raft group's configuration is as the image wants it.
    record ReplicaChangeDone(String group) implements Event {}

    /// The new replica was lost before it was promoted; the old ones stay.
    record ReplicaChangeAbandoned(String group, String reason) implements Event {}

    /// A change was planned that needs no filling: those added follow already and get the role that they have here,
    /// those removed go. A node whose replica of the cluster group goes joins it again under another incarnation,
    /// unless it leaves.
    record ReplicasSwapped(String group, List<Replica> added, List<Replica> removed, String reason) implements Event {}

    /// A move was asked for.
    record MoveStarted(String virtualServer, String target, String reason) implements Event {}

    /// A move is done, or given up: the heir stays what it became.
    record MoveEnded(String virtualServer, boolean moved, String reason) implements Event {}

    /// A virtual server or one of its resources came into another state.
    record StateChanged(
            String virtualServer, GroupState state, String reason, SortedMap<String, ResourceState> resources)
            implements Event {}

    /// An operator made a virtual server; its storage group is yet to be formed.
    record GroupCreated(VirtualServer server) implements Event {}

    /// An operator deleted a virtual server. Each node with a replica of its storage group still has to put that aside.
    record GroupDeleted(String virtualServer) implements Event {}

    /// An operator gave a virtual server another name; also the first event of one whose name was taken when it was
    /// created, by the storage group of one that was renamed.
    ///
    /// @param virtualServer the name that it was created with
    /// @param before the name that it had; `""` for one that is about to be created
    record GroupRenamed(String virtualServer, String name, String before) implements Event {
        private Optional<String> told() {
            return before.isEmpty()
                    ? Optional.empty()
                    : Optional.of(before + " is " + name + " from now on: an operator asked for it");
        }
    }

    /// A node takes no part any more in the storage group of a virtual server that was deleted.
    record RemainsPutAside(String group, String node, int incarnation) implements Event {}

    /// An operator wants a virtual server online, or offline.
    record GroupWanted(String virtualServer, boolean wanted) implements Event {}

    /// An operator set a virtual server's policy.
    ///
    /// @param what changed, for the history
    record GroupPolicySet(String virtualServer, VirtualServer.Policy policy, String what) implements Event {}

    /// A virtual server's own resources make it fail over, which counts against its policy.
    record FailoverCounted(String virtualServer, String reason) implements Event {}

    /// An operator has dealt with what made a virtual server fail over: its failovers do not count any more.
    record FailoversForgotten(String virtualServer) implements Event {}

    /// Something happened to a virtual server's resources.
    sealed interface OfResource extends Event {
        /// Whose it is.
        String virtualServer();

        /// As [Event#history].
        default String told() {
            return switch (this) {
                case ResourcePut e -> e.virtualServer() + "/" + e.resource().name() + ": " + e.what();
                case ResourceCreated e ->
                    e.virtualServer() + "/" + e.resource().name() + " of type "
                            + e.resource().type() + " was created: an operator asked for it";
                case ResourceDeleted e ->
                    e.virtualServer() + "/" + e.resource() + " was deleted: an operator asked for it";
                case ResourceRenamed e ->
                    e.virtualServer() + "/" + e.resource() + " is " + e.virtualServer() + "/" + e.name()
                            + " from now on: an operator asked for it";
            };
        }
    }

    /// An operator changed a resource: what is wanted of it, its policy, its dependencies.
    ///
    /// @param what changed, for the history
    record ResourcePut(String virtualServer, VirtualServer.Resource resource, String what) implements OfResource {}

    /// An operator gave a virtual server another resource.
    record ResourceCreated(String virtualServer, VirtualServer.Resource resource) implements OfResource {}

    /// An operator took a resource away.
    record ResourceDeleted(String virtualServer, String resource) implements OfResource {}

    /// An operator gave a resource another name.
    record ResourceRenamed(String virtualServer, String resource, String name) implements OfResource {}

    /// A node has told which types of resources it can bring online.
    record TypesDeclared(String node, List<ResourceTypeFacts> types) implements Event {}

    /// Every node can read what this level allows to be written.
    record FeatureLevelRaised(int level) implements Event {}

    /// An operator gave up a majority that is lost for good: one node goes on alone, as a new cluster with the old
    /// one's virtual servers and directory. Written by [ClusterRecovery] while that node was stopped, as the last
    /// event of a change.
    ///
    /// @param id of the new cluster: nothing of the old one's is understood by it
    /// @param incarnation under which the node takes part in the cluster group
    /// @param held virtual servers of which it has a replica, and under which incarnation
    record Recovered(String id, String node, int incarnation, SortedMap<String, Integer> held, String reason)
            implements Event {}

    /// An operator lets a node take things over, or no more.
    record NodeDutySet(String node, NodeDuty duty) implements Event {}

    /// Something happened in the directory.
    sealed interface OfDirectory extends Event {}

    /// Mail for a domain is received from now on.
    record DomainAdded(DirectoryImage.Domain domain) implements OfDirectory {}

    /// Mail for a domain is not received any more.
    record DomainRemoved(String name) implements OfDirectory {}

    /// A user was added or changed.
    record UserPut(DirectoryImage.User user) implements OfDirectory {}

    /// A user is gone; the mail stays in the virtual server.
    record UserRemoved(String address) implements OfDirectory {}

    /// An alias was added or changed.
    record AliasPut(DirectoryImage.Alias alias) implements OfDirectory {}

    /// An alias is gone.
    record AliasRemoved(String address) implements OfDirectory {}

    /// A request was carried out by the events before this one; if it is repeated, this is the answer.
    record Answered(String request, Reply reply) implements Event {}

    /// The feature level from which on it may be proposed: the first one at which every node can read it.
    default int needsLevel() {
        return switch (this) {
            case NodeAdded e -> e.node().witness() ? 3 : 1;
            case ResourcePut e -> e.resource().needsLevel();
            case GroupPolicySet e -> e.policy().needsLevel();
            case ResourceCreated _, ResourceDeleted _, ResourceRenamed _ -> 2;
            case TypesDeclared e ->
                e.types().stream()
                                .flatMap(type -> type.properties().stream())
                                .anyMatch(ResourceTypeFacts.Property::atOnce)
                        ? 3
                        : 2;
            case GroupCreated _, GroupDeleted _, RemainsPutAside _, NodeWrittenOff _, Recovered _ -> 2;
            case NodeCertified _, GroupRenamed _ -> 3;
            default -> 1;
        };
    }

    /// The event as a line of the history; empty for what would only fill it (a user's new password, say).
    default Optional<String> history() {
        return switch (this) {
            case ClusterCreated e ->
                Optional.of("cluster " + e.image().name() + " created with nodes "
                        + List.copyOf(e.image().nodes().keySet()));
            case NodeAdded e ->
                Optional.of((e.node().witness() ? "witness " : "node ")
                        + e.node().name() + " was added at " + e.node().address());
            case NodeEvicted e -> Optional.of("node " + e.node() + " has left the cluster");
            case NodeCertified e -> e.told();
            case NodeUp e -> Optional.of("node " + e.node() + " is up: " + e.reason());
            case NodeDown e -> Optional.of("node " + e.node() + " is down: " + e.reason());
            case NodeWrittenOff e -> Optional.of("node " + e.node() + " is lost: an operator wrote it off");
            case NodeReincarnated e ->
                Optional.of(
                        "node " + e.node() + " takes part as " + e.node() + "." + e.incarnation() + ": " + e.reason());
            case ReplicaLost e ->
                Optional.of(e.group() + ": replica " + e.node() + "." + e.incarnation() + " is lost: " + e.reason());
            case ReplicaFound e ->
                Optional.of(e.group() + ": replica " + e.node() + "." + e.incarnation() + " works after all");
            case OpenRecorded e -> Optional.of(e.virtualServer() + " opened on " + e.node() + " in epoch " + e.epoch());
            case Permitted e ->
                Optional.of(e.virtualServer() + ": owner " + e.owner() + ", heir "
                        + e.heir().orElse("none") + ": " + e.reason());
            case ReplicaChangeStarted e ->
                Optional.of(e.group() + ": replica " + e.added()
                        + e.removed()
                                .map(removed -> " is to replace " + removed)
                                .orElse(" is to be added")
                        + ": " + e.reason());
            case ReplicaPromoted e -> Optional.of(e.group() + ": the new replica has caught up and takes its role");
            case ReplicaChangeDone e -> Optional.of(e.group() + ": the change of replicas is done");
            case ReplicaChangeAbandoned e ->
                Optional.of(e.group() + ": the change of replicas was given up: " + e.reason());
            case ReplicasSwapped e -> Optional.of(swapped(e));
            case MoveStarted e -> Optional.of(e.virtualServer() + " is to move to " + e.target() + ": " + e.reason());
            case MoveEnded e ->
                Optional.of(e.virtualServer() + (e.moved() ? " has moved: " : " was not moved: ") + e.reason());
            case StateChanged e ->
                Optional.of(e.virtualServer() + " is " + e.state().text()
                        + (e.reason().isEmpty() ? "" : ": " + e.reason()));
            case GroupCreated e ->
                Optional.of(e.server().name() + " was created with replicas "
                        + e.server().replicas().replicas() + ": an operator asked for it");
            case GroupDeleted e -> Optional.of(e.virtualServer() + " was deleted: an operator asked for it");
            case GroupRenamed e -> e.told();
            case RemainsPutAside e ->
                Optional.of(e.group() + ": what " + e.node() + "." + e.incarnation()
                        + " held of the deleted virtual server was put aside");
            case GroupWanted e ->
                Optional.of(e.virtualServer() + " is to be " + (e.wanted() ? "online" : "offline")
                        + ": an operator asked for it");
            case GroupPolicySet e -> Optional.of(e.virtualServer() + ": " + e.what());
            case FailoverCounted e -> Optional.of(e.virtualServer() + " fails over: " + e.reason());
            case FailoversForgotten e ->
                Optional.of(e.virtualServer() + ": its failovers so far do not count any more");
            case OfResource e -> Optional.of(e.told());
            case FeatureLevelRaised e ->
                Optional.of("feature level " + e.level() + " is reached: every node can read it");
            case Recovered e ->
                Optional.of("the cluster was recovered on node " + e.node() + " alone, with what it holds of "
                        + e.held().keySet() + "; all other nodes are out: " + e.reason());
            case NodeDutySet e ->
                Optional.of("node " + e.node() + " is " + e.duty().text() + ": an operator asked for it");
            case DomainAdded e -> Optional.of("domain " + e.domain().name() + " added");
            case DomainRemoved e -> Optional.of("domain " + e.name() + " removed");
            case UserPut _, UserRemoved _, AliasPut _, AliasRemoved _, TypesDeclared _, Answered _ -> Optional.empty();
        };
    }

    private static String swapped(ReplicasSwapped e) {
        List<String> parts = new ArrayList<>();
        e.added().forEach(added -> parts.add(added + " gets a vote"));
        e.removed().forEach(removed -> parts.add(removed + " is taken out"));
        return e.group() + ": " + String.join(", ", parts) + ": " + e.reason();
    }
}
