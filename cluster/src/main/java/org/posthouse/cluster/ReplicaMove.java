package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;

/// An operator has a replica made on another node, in place of one that is neither the owner's nor the heir's.
final class ReplicaMove {
    private ReplicaMove() {}

    static Decision decide(ClusterImage image, Command.MoveReplica command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null) {
            return Coordinator.refused("no virtual server '" + command.virtualServer() + "'; there are "
                    + image.virtualServers().keySet());
        }
        Optional<String> wrong = Witness.is(image, command.to())
                ? Optional.of(Witness.refusal(image, command.to(), "hold a replica of " + server.name()))
                : changing(server);
        if (wrong.isEmpty()) {
            wrong = wrongFrom(image, server, command.from());
        }
        if (wrong.isEmpty()) {
            wrong = wrongTo(image, server, command.to());
        }
        if (wrong.isEmpty()) {
            wrong = notNow(image, server, command);
        }
        if (wrong.isPresent()) {
            return Coordinator.refused(wrong.get());
        }
        Node to = image.nodes().get(command.to());
        Replica old = server.replicas().of(image.nodes().get(command.from())).orElseThrow();
        Replica added = new Replica(to.name(), to.newestIncarnation() + 1, Replica.Role.VOTER);
        return Coordinator.decided(
                new Event.ReplicaChangeStarted(server.name(), added, Optional.of(old), "an operator asked for it"),
                server.name() + ": its replica on " + command.from() + " is to be replaced by one on " + to.name());
    }

    private static Optional<String> changing(VirtualServer server) {
        if (server.shared().isPresent()) {
            return Optional.of(server.name() + " has no replicas: its mail is in "
                    + server.shared().get().folder());
        }
        return server.formed()
                ? server.replicas()
                        .change()
                        .map(change -> server.name() + " changes its replicas already: " + change.text()
                                + "; wait until that is done")
                : Optional.of(server.name() + " is still being formed; try again in a moment");
    }

    private static Optional<String> wrongFrom(ClusterImage image, VirtualServer server, String from) {
        Node node = image.nodes().get(from);
        if (node == null || server.replicas().of(node).filter(Replica::votes).isEmpty()) {
            List<String> holders =
                    server.replicas().voters().stream().map(Replica::node).toList();
            return Optional.of(from + " holds no replica of " + server.name() + "; " + holders + " do");
        }
        if (node.witness()) {
            return Optional.of(from + " is a witness: its vote goes by itself when there are three nodes that can hold"
                    + " a replica");
        }
        if (server.permission().owner().equals(from)) {
            return Optional.of(from + " owns " + server.name() + ": 'posthouse move " + server.name()
                    + "' takes it elsewhere, and a replica with it");
        }
        return server.permission().heir().filter(from::equals).isPresent()
                ? Optional.of(from + " is the heir of " + server.name() + ", which keeps its replica")
                : Optional.empty();
    }

    private static Optional<String> wrongTo(ClusterImage image, VirtualServer server, String to) {
        Node node = image.nodes().get(to);
        if (node == null) {
            return Optional.of(
                    "no node '" + to + "'; there are " + image.nodes().keySet());
        }
        if (server.replicas().on(to)) {
            return Optional.of(to + " holds a replica of " + server.name() + " already");
        }
        if (!node.up()) {
            return Optional.of("node " + to + " is down: " + node.reason());
        }
        if (!node.takes()) {
            return Optional.of(
                    "node " + to + " is " + node.duty().text() + ": 'posthouse node resume " + to + "' first");
        }
        return server.allows(to)
                ? Optional.empty()
                : Optional.of(to + " is no possible owner of " + server.name() + ": " + server.ownersText());
    }

    /// The replica that goes counts for nothing soon: all others must be there.
    private static Optional<String> notNow(ClusterImage image, VirtualServer server, Command.MoveReplica command) {
        if (ReplicaPlanner.filling(image, command.to(), server.name())) {
            return Optional.of(command.to() + " is being filled for another virtual server; try again later");
        }
        return server.replicas().voters().stream()
                .filter(voter -> !voter.node().equals(command.from()))
                .filter(voter -> {
                    Node node = image.nodes().get(voter.node());
                    return !node.up() || voter.lost() || voter.incarnation() < node.incarnation();
                })
                .findFirst()
                .map(away -> "the replica of " + server.name() + " on " + away.node()
                        + " is away: nothing is moved before it is back");
    }
}
