package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Optional;

/// What the coordinator is asked to decide.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "command")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Command.CreateCluster.class, name = "create-cluster"),
    @JsonSubTypes.Type(value = Command.Tick.class, name = "tick"),
    @JsonSubTypes.Type(value = Command.RejoinNode.class, name = "rejoin-node"),
    @JsonSubTypes.Type(value = Command.ReportLost.class, name = "report-lost"),
    @JsonSubTypes.Type(value = Command.Move.class, name = "move"),
    @JsonSubTypes.Type(value = Command.GiveUpMove.class, name = "give-up-move"),
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
    record RejoinNode(String node, boolean whole, String reason) implements Command {}

    /// A node found its replica of a virtual server damaged or gone.
    record ReportLost(String group, String node, int incarnation, String reason) implements Command {}

    /// Moves a virtual server.
    record Move(String virtualServer, String target) implements Command {}

    /// The owner could not hand over, having asked often enough.
    record GiveUpMove(String virtualServer, String target, String reason) implements Command {}

    /// Receives mail for a domain.
    record AddDomain(String name) implements Command {}

    /// Receives none any more; refused while it has users or aliases.
    record RemoveDomain(String name) implements Command {}

    /// Adds a user.
    ///
    /// @param virtualServer where the mailboxes go; if empty, to the one with the fewest users; the answer has it as
    ///     `virtual-server`
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
}
