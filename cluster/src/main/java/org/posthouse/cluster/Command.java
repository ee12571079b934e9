package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/// What the coordinator is asked to decide.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "command")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Command.CreateCluster.class, name = "create-cluster"),
    @JsonSubTypes.Type(value = Command.Tick.class, name = "tick"),
    @JsonSubTypes.Type(value = Command.RejoinNode.class, name = "rejoin-node"),
    @JsonSubTypes.Type(value = Command.ReportLost.class, name = "report-lost"),
    @JsonSubTypes.Type(value = Command.Move.class, name = "move"),
    @JsonSubTypes.Type(value = Command.MoveReplica.class, name = "move-replica"),
    @JsonSubTypes.Type(value = Command.GiveUpMove.class, name = "give-up-move"),
    @JsonSubTypes.Type(value = Command.ReportUnable.class, name = "report-unable"),
    @JsonSubTypes.Type(value = Command.CreateGroup.class, name = "create-group"),
    @JsonSubTypes.Type(value = Command.DeleteGroup.class, name = "delete-group"),
    @JsonSubTypes.Type(value = Command.RenameGroup.class, name = "rename-group"),
    @JsonSubTypes.Type(value = Command.ReportPutAside.class, name = "report-put-aside"),
    @JsonSubTypes.Type(value = Command.SetGroupWanted.class, name = "set-group-wanted"),
    @JsonSubTypes.Type(value = Command.SetGroupProperty.class, name = "set-group-property"),
    @JsonSubTypes.Type(value = Command.SetResourceWanted.class, name = "set-resource-wanted"),
    @JsonSubTypes.Type(value = Command.SetResourceProperty.class, name = "set-resource-property"),
    @JsonSubTypes.Type(value = Command.FailResource.class, name = "fail-resource"),
    @JsonSubTypes.Type(value = Command.AddDependency.class, name = "add-dependency"),
    @JsonSubTypes.Type(value = Command.RemoveDependency.class, name = "remove-dependency"),
    @JsonSubTypes.Type(value = Command.CreateResource.class, name = "create-resource"),
    @JsonSubTypes.Type(value = Command.DeleteResource.class, name = "delete-resource"),
    @JsonSubTypes.Type(value = Command.RenameResource.class, name = "rename-resource"),
    @JsonSubTypes.Type(value = Command.AddPossibleOwner.class, name = "add-possible-owner"),
    @JsonSubTypes.Type(value = Command.RemovePossibleOwner.class, name = "remove-possible-owner"),
    @JsonSubTypes.Type(value = Command.DeclareTypes.class, name = "declare-types"),
    @JsonSubTypes.Type(value = Command.NoteCertificates.class, name = "note-certificates"),
    @JsonSubTypes.Type(value = Command.SetNodeDuty.class, name = "set-node-duty"),
    @JsonSubTypes.Type(value = Command.WriteOffNode.class, name = "write-off-node"),
    @JsonSubTypes.Type(value = Command.AddNode.class, name = "add-node"),
    @JsonSubTypes.Type(value = Command.EvictNode.class, name = "evict-node"),
    @JsonSubTypes.Type(value = Command.AddDomain.class, name = "add-domain"),
    @JsonSubTypes.Type(value = Command.RemoveDomain.class, name = "remove-domain"),
    @JsonSubTypes.Type(value = Command.AddUser.class, name = "add-user"),
    @JsonSubTypes.Type(value = Command.RemoveUser.class, name = "remove-user"),
    @JsonSubTypes.Type(value = Command.SetPassword.class, name = "set-password"),
    @JsonSubTypes.Type(value = Command.SetEnabled.class, name = "set-enabled"),
    @JsonSubTypes.Type(value = Command.SetQuota.class, name = "set-quota"),
    @JsonSubTypes.Type(value = Command.AddAlias.class, name = "add-alias"),
    @JsonSubTypes.Type(value = Command.RemoveAlias.class, name = "remove-alias"),
    @JsonSubTypes.Type(value = Command.Request.class, name = "request")
})
public sealed interface Command {

    /// The first command of all: the cluster as it was planned before any process started.
    record CreateCluster(ClusterImage planned) implements Command {}

    /// Time has passed; this is what is known. Never accepted from outside.
    record Tick(Facts facts) implements Command {}

    /// A node without its replica of the cluster group asks under which incarnation it takes part from now on. The
    /// answer has it as `incarnation`.
    ///
    /// @param whole whether everything else that it held is lost too
    /// @param closed if not 0, the incarnation under which the group closed its replica: if that one still counts,
    ///     the node is refused, and keeps what it has
    /// @param known the newest incarnation in the cluster group that it knows it was given; 0 if it knows of none.
    ///     If a newer one was given, the node is refused and told that as `incarnation`: what an earlier process of
    ///     its asked, and what comes late, does not take the seat from what was begun since
    record RejoinNode(String node, boolean whole, int closed, int known, String reason) implements Command {}

    /// A node found its replica of a virtual server damaged or gone.
    record ReportLost(String group, String node, int incarnation, String reason) implements Command {}

    /// Moves a virtual server.
    record Move(String virtualServer, String target) implements Command {}

    /// Has a replica made on another node in place of one that is neither the owner's nor the heir's.
    record MoveReplica(String virtualServer, String from, String to) implements Command {}

    /// The owner could not hand over, having asked often enough.
    record GiveUpMove(String virtualServer, String target, String reason) implements Command {}

    /// The owner of a virtual server in shared mode could not take its folder over.
    ///
    /// @param damaged whether it had the folder, but could not open what is in it: that counts as a failover
    record ReportUnable(String virtualServer, String node, boolean damaged, String reason) implements Command {}

    /// Makes a virtual server in the running cluster, as a planned one is made before it runs.
    ///
    /// @param room how many virtual servers its owner may own
    /// @param owner on which it is to be; if empty, on the node with room that holds fewest replicas
    record CreateGroup(FirstPlan.PlannedServer planned, RoomPolicy room, Optional<String> owner) implements Command {}

    /// Deletes a virtual server that is offline and holds no user's mailboxes.
    record DeleteGroup(String virtualServer) implements Command {}

    /// Gives a virtual server another name, for operators. Its storage group, and what nodes and front ends tell each
    /// other of it, keep the name that it was created with.
    record RenameGroup(String virtualServer, String name) implements Command {}

    /// A node tells that it takes no part any more in what was the storage group of a deleted virtual server.
    record ReportPutAside(String group, String node, int incarnation) implements Command {}

    /// Brings a virtual server's resources online, or takes them offline; its storage group is replicated either way.
    /// Online also forgets its failovers so far.
    record SetGroupWanted(String virtualServer, boolean wanted) implements Command {}

    /// Sets one setting of a virtual server's policy: `preferred-owners`, `possible-owners`, `room`, `failback`,
    /// `failover-threshold`, `failover-period`.
    record SetGroupProperty(String virtualServer, String property, String value) implements Command {}

    /// Brings one resource online, or takes it offline; its group stays where it is.
    record SetResourceWanted(String virtualServer, String resource, boolean wanted) implements Command {}

    /// Sets one property of a resource: of its type's, or a setting of its policy ([ResourcePolicy#settings]).
    record SetResourceProperty(String virtualServer, String resource, String property, String value)
            implements Command {}

    /// Has a resource fail, to see what its policy makes of it.
    record FailResource(String virtualServer, String resource) implements Command {}

    /// Makes a resource depend on another of its group; refused if that closes a cycle.
    record AddDependency(String virtualServer, String resource, String on) implements Command {}

    /// Gives a virtual server another resource.
    ///
    /// @param properties of its type's, those that are not to be as is standard
    /// @param dependsOn resources of the same virtual server
    /// @param wanted whether it is brought online at once
    record CreateResource(
            String virtualServer,
            String resource,
            String type,
            SortedMap<String, String> properties,
            List<String> dependsOn,
            boolean wanted)
            implements Command {}

    /// Takes a resource away from its virtual server; refused while another depends on it.
    record DeleteResource(String virtualServer, String resource) implements Command {}

    /// Gives a resource another name; those that depend on it follow.
    record RenameResource(String virtualServer, String resource, String name) implements Command {}

    /// Lets a resource come online on a node.
    record AddPossibleOwner(String virtualServer, String resource, String node) implements Command {}

    /// Does not let a resource come online on a node any more.
    record RemovePossibleOwner(String virtualServer, String resource, String node) implements Command {}

    /// The coordinator saw which certificates nodes show on their links. Never accepted from outside.
    record NoteCertificates(SortedMap<String, Certificates.Certificate> seen) implements Command {}

    /// A node tells which types of resources it can bring online.
    record DeclareTypes(String node, List<ResourceTypeFacts> types) implements Command {}

    /// Ends a dependency.
    record RemoveDependency(String virtualServer, String resource, String on) implements Command {}

    /// Lets a node take things over, or no more (pause), or give away what it owns (drain).
    record SetNodeDuty(String node, NodeDuty duty) implements Command {}

    /// Lets a node with an empty folder and a certificate of the cluster's join.
    ///
    /// @param host where its ports are bound
    /// @param hardware what it runs on; `""` if not known
    /// @param witness whether it is to vote and keep a log only: see [Witness]
    record AddNode(
            String node,
            String host,
            int replicationPort,
            int linkPort,
            String hardware,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean witness)
            implements Command {

        /// One that can host something.
        public AddNode(String node, String host, int replicationPort, int linkPort, String hardware) {
            this(node, host, replicationPort, linkPort, hardware, false);
        }
    }

    /// Has a node, up or down, give away everything and leave the cluster for good.
    record EvictNode(String node) implements Command {}

    /// An operator does not expect a node that is down back soon: its replicas are to be made anew at once.
    record WriteOffNode(String node) implements Command {}

    /// Receives mail for a domain.
    record AddDomain(String name) implements Command {}

    /// Receives none any more; refused while it has users or aliases.
    record RemoveDomain(String name) implements Command {}

    /// Adds a user.
    ///
    /// @param virtualServer where the mailboxes go; if empty, to the one with the fewest users; the answer names
    ///     it as `virtual-server`
    /// @param quotaBytes 0 for none
    record AddUser(String address, String passwordHash, Optional<String> virtualServer, long quotaBytes)
            implements Command {}

    /// Removes a user; refused while an alias leads there.
    record RemoveUser(String address) implements Command {}

    /// Replaces a user's password.
    record SetPassword(String address, String passwordHash) implements Command {}

    /// Lets a user in or keeps the user out.
    record SetEnabled(String address, boolean enabled) implements Command {}

    /// Sets a user's quota; 0 for none.
    record SetQuota(String address, long quotaBytes) implements Command {}

    /// Adds another address for users of one virtual server.
    record AddAlias(String address, List<String> targets) implements Command {}

    /// Removes an alias.
    record RemoveAlias(String address) implements Command {}

    /// A command that may be repeated by whoever did not hear the answer: it is carried out once.
    ///
    /// @param id never used for another command
    record Request(String id, Command command) implements Command {}

    /// Whether nodes give it, which find what is to be done again and again, and not operators.
    default boolean fromNode() {
        return switch (this) {
            case RejoinNode _, ReportLost _, GiveUpMove _, ReportUnable _, ReportPutAside _ -> true;
            case DeclareTypes _, NoteCertificates _, Tick _ -> true;
            case Request request -> request.command().fromNode();
            default -> false;
        };
    }
}
