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
            return no("without " + owner + " too few of its replicas would remain");
        }
        return new Survival(true, "");
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
