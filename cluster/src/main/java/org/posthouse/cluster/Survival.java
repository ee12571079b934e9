package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Whether a virtual server goes on by itself when its owner is lost this instant.
///
/// @param reason what is missing; `""` if it survives
public record Survival(boolean survives, String reason) {

    /// Says it from what is known now: the heir must live, vote, have caught up and have room, and without the owner a
    /// majority that has caught up must remain; while votes are being changed, of those that still count
    /// and of those that are to count.
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
        if (server.shared().isPresent()) {
            return new Survival(true, "");
        }
        Replica replica = server.replicas().of(node).orElseThrow();
        if (!facts.caughtUp(virtualServer, replica)) {
            return no("its heir " + node.name() + " has not caught up");
        }
        Optional<String> witness = Witness.tooLateFor(image, facts, virtualServer, replica);
        if (witness.isPresent()) {
            return no("its heir " + node.name() + " lacks what is gone from the log of the witness " + witness.get());
        }
        List<Replica> voters = server.replicas().voters();
        if (!majorityWithoutOwner(image, facts, server, voters)
                || !majorityWithoutOwner(image, facts, server, inForce(facts, server))) {
            return no("without " + owner + " too few of its replicas would remain; "
                    + remedy(image, facts, server, voters));
        }
        return new Survival(true, "");
    }

    private static boolean majorityWithoutOwner(
            ClusterImage image, Facts facts, VirtualServer server, List<Replica> voters) {
        List<Replica> without = voters.stream()
                .filter(voter -> !voter.node().equals(server.permission().owner()))
                .filter(voter -> facts.caughtUp(server.name(), voter))
                .toList();
        return Quorum.living(image, facts, server.name(), without) >= Quorum.needed(voters.size());
    }

    /// The voters by which its Raft group goes now. The image has those that are wanted: the group follows when it can.
    /// None, while a leader tells none, because what it goes by is not committed.
    private static List<Replica> inForce(Facts facts, VirtualServer server) {
        Optional<ReplicaChange> change = server.replicas().change();
        if (change.isEmpty() || change.get().step() == ReplicaChange.Step.FILLING) {
            return server.replicas().voters();
        }
        return facts.leader(server.name()).map(Facts.Membership::members).orElse(List.of()).stream()
                .filter(Seat::votes)
                .map(seat -> Stream.concat(server.replicas().replicas().stream(), change.get().removed().stream())
                        .filter(replica -> replica.belongsTo(seat.node(), seat.incarnation()))
                        .findFirst()
                        .orElse(new Replica(seat.node(), seat.incarnation(), Replica.Role.VOTER)))
                .toList();
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
            return voters.size() >= Quorum.REPLICAS
                    ? "its replicas are still catching up"
                    : voters.size() == 2 && !Witness.present(image) ? "add a node or a witness" : "add a node";
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
