package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;

/// Whether a virtual server goes on by itself when its owner is lost this instant.
///
/// @param reason what is missing; `""` if it survives
public record Survival(boolean survives, String reason) {

    /// Says it from what is known now: the heir must live, vote, have caught up and have room, and a majority must
    /// remain without the owner.
    public static Survival of(ClusterImage image, Facts facts, String virtualServer) {
        VirtualServer server = image.virtualServers().get(virtualServer);
        String owner = server.permission().owner();
        if (!open(facts, server)) {
            return no("it is not open on its owner " + owner);
        }
        Optional<String> heir = server.permission().heir();
        if (heir.isEmpty()) {
            return no("it has no heir: no other node has room");
        }
        Node node = image.nodes().get(heir.get());
        if (!node.up()) {
            return no("its heir " + node.name() + " is down");
        }
        if (!OwnerPlanner.canTakeOver(image, facts, server, node.name())) {
            return no("its heir " + node.name() + " cannot take it over as it is");
        }
        Replica replica = server.replicas().of(node).orElseThrow();
        if (!facts.caughtUp(virtualServer, replica)) {
            return no("its heir " + node.name() + " has not caught up");
        }
        List<Replica> voters = server.replicas().voters();
        List<Replica> without = voters.stream()
                .filter(voter -> !voter.node().equals(owner))
                .filter(voter -> working(facts, virtualServer, voter))
                .toList();
        if (Quorum.living(image, facts, virtualServer, without) < Quorum.needed(voters.size())) {
            return no("without " + owner + " too few of its replicas would remain; "
                    + remedy(image, facts, server, voters));
        }
        return new Survival(true, "");
    }

    /// When that will change, or what changes it.
    private static String remedy(ClusterImage image, Facts facts, VirtualServer server, List<Replica> voters) {
        Optional<ReplicaChange> change = server.replicas().change();
        if (change.isPresent()) {
            return "that is being changed: " + change.get().text();
        }
        Optional<Node> gone = voters.stream()
                .filter(voter -> !working(facts, server.name(), voter))
                .map(voter -> image.nodes().get(voter.node()))
                .filter(node -> !node.up())
                .findFirst();
        if (gone.isEmpty()) {
            return voters.size() < Quorum.REPLICAS ? "add a node" : "its replicas are still starting";
        }
        String name = gone.get().name();
        Optional<String> newcomer = ReplicaPlanner.newcomer(image, server);
        if (newcomer.isEmpty()) {
            return "bring " + name + " back, or add a node";
        }
        String anew = "its replica there is made anew on " + newcomer.get();
        if (gone.get().state() == NodeState.LOST) {
            return name + " was written off, and " + anew;
        }
        String command = "'posthouse node write-off " + name + "'";
        long millis = server.policy().replacesLostAfterMillis();
        return millis == Long.MAX_VALUE
                ? "by " + command + " " + anew
                : "when " + name + " has been down for " + millis / 60_000 + " min, or by " + command + ", " + anew;
    }

    private static boolean open(Facts facts, VirtualServer server) {
        return server.opened().isPresent()
                && facts.membership(server.name(), server.permission().owner())
                        .flatMap(Facts.Membership::open)
                        .filter(server.opened().get().epoch()::equals)
                        .isPresent();
    }

    private static boolean working(Facts facts, String group, Replica replica) {
        return facts.membership(group, replica.node(), replica.incarnation())
                .filter(membership -> !membership.failed())
                .isPresent();
    }

    private static Survival no(String reason) {
        return new Survival(false, reason);
    }
}
