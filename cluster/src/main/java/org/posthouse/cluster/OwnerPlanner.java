package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;

/// Chooses owner and heir. The heir is permitted in advance, so a failover needs no word from here; what is planned
/// is the next one.
final class OwnerPlanner {
    /// A move whose target is permitted but does not open within this time has failed.
    static final long MOVE_MILLIS_MAX = 30_000;

    /// A move whose replica is not made within this time has failed.
    static final long MOVE_REPLICA_MILLIS_MAX = 15 * 60_000;

    private OwnerPlanner() {}

    /// Plans owners, then heirs: what a new owner takes up is no room for an heir.
    static void plan(Draft draft) {
        // Those not opened yet are being formed, as planned before anything ran.
        List<String> formed = draft.virtualServers().stream()
                .filter(name -> draft.virtualServer(name).formed())
                .toList();
        for (String name : formed) {
            confirmOwner(draft, name);
            SharedPlanner.resume(draft, draft.virtualServer(name));
            resolveOvercrowding(draft, name);
            draft.virtualServer(name).move().ifPresent(move -> planMove(draft, name, move));
            if (!ownerAble(draft.image(), draft.facts, draft.virtualServer(name))) {
                planOwner(draft, name);
            }
        }
        for (String name : formed) {
            VirtualServer server = draft.virtualServer(name);
            if (server.move().isEmpty()
                    && ownerAble(draft.image(), draft.facts, server)
                    && !SharedPlanner.isBeingTaken(server)
                    && !SharedPlanner.givenUp(server)) {
                planHeir(draft, name);
            } else {
                dropHeirWithoutRoom(draft, name);
            }
        }
    }

    /// An owner that was taken for lost, and another named in its place that could not open yet, may come back with the
    /// virtual server still open: it never ceased to own it.
    private static void confirmOwner(Draft draft, String name) {
        VirtualServer server = draft.virtualServer(name);
        VirtualServer.Opened opened = server.opened().orElseThrow();
        if (server.shared().isPresent() && server.move().isPresent()) {
            return; // It is to let go.
        }
        boolean stillOpen = draft.facts
                .membership(name, opened.node())
                .flatMap(Facts.Membership::open)
                .filter(opened.epoch()::equals)
                .isPresent();
        if (stillOpen
                && !server.permission().owner().equals(opened.node())
                && holds(draft.image(), draft.facts, server, opened.node())) {
            draft.permit(name, opened.node(), Optional.empty(), opened.node() + " is back and has it open still");
        }
    }

    /// Whether the owner can have the virtual server open: it lives, and holds a replica that votes and works, or can
    /// mount the shared folder.
    static boolean ownerAble(ClusterImage image, Facts facts, VirtualServer server) {
        return holds(image, facts, server, server.permission().owner());
    }

    /// Whether a node can take the virtual server over as it is: it can have it open, may, and has room.
    static boolean canTakeOver(ClusterImage image, Facts facts, VirtualServer server, String node) {
        return holds(image, facts, server, node) && mayTake(image, server, node);
    }

    private static boolean holds(ClusterImage image, Facts facts, VirtualServer server, String name) {
        Node node = image.nodes().get(name);
        if (server.shared().isPresent()) {
            return node != null && node.up();
        }
        return node != null
                && server.replicas()
                        .of(node)
                        .filter(replica -> replica.votes() && Quorum.lives(image, facts, server.name(), replica))
                        .isPresent();
    }

    static boolean mayTake(ClusterImage image, VirtualServer server, String node) {
        return server.allows(node) && image.nodes().get(node).takes() && Room.on(image, node, server);
    }

    /// Who can take the virtual server from its owner: with a replica already, or else after one was made there.
    static Optional<String> taker(Draft draft, VirtualServer server) {
        return next(draft, server).or(() -> newcomer(draft, server));
    }

    /// Who is to take the virtual server from its owner as it is: the heir, else the next in order.
    static Optional<String> next(Draft draft, VirtualServer server) {
        return server.permission()
                .heir()
                .filter(node -> canTakeOver(draft.image(), draft.facts, server, node))
                .filter(draft.facts::justHeard)
                .or(() -> successor(draft, server));
    }

    private static Optional<String> successor(Draft draft, VirtualServer server) {
        return Placement.order(draft.image(), server)
                .filter(node -> !node.equals(server.permission().owner()))
                .filter(node -> canTakeOver(draft.image(), draft.facts, server, node))
                .filter(draft.facts::justHeard)
                .findFirst();
    }

    /// A node that could take the virtual server if it had a replica.
    private static Optional<String> newcomer(Draft draft, VirtualServer server) {
        return Placement.order(draft.image(), server)
                .filter(node -> !node.equals(server.permission().owner()))
                .filter(node -> draft.image().nodes().get(node).up())
                .filter(draft.facts::justHeard)
                .filter(node -> !holds(draft.image(), draft.facts, server, node))
                .filter(node -> mayTake(draft.image(), server, node))
                .findFirst();
    }

    private static void planHeir(Draft draft, String name) {
        VirtualServer server = draft.virtualServer(name);
        String owner = server.permission().owner();
        Optional<String> heir = server.permission().heir();
        if (heir.isPresent() && canTakeOver(draft.image(), draft.facts, server, heir.get())) {
            return;
        }
        Optional<String> better = successor(draft, server);
        if (better.isPresent()) {
            String reason = heir.isEmpty() ? "the heir's place was empty" : whyNot(draft.image(), server, heir.get());
            draft.permit(name, owner, better, reason);
            return;
        }
        newcomer(draft, server)
                .ifPresent(node -> ReplicaPlanner.makeRoomAt(
                        draft, server, node, "its heir is to be there: no other replica's node has room"));
        dropHeirWithoutRoom(draft, name);
    }

    /// An heir that is only away keeps the place: when it returns, nothing has to be planned anew.
    private static void dropHeirWithoutRoom(Draft draft, String name) {
        VirtualServer server = draft.virtualServer(name);
        Optional<String> heir = server.permission().heir();
        if (heir.isPresent() && !mayTake(draft.image(), server, heir.get())) {
            String reason = whyNot(draft.image(), server, heir.get()) + "; no other node has";
            draft.permit(name, server.permission().owner(), Optional.empty(), reason);
        }
    }

    static String whyNot(ClusterImage image, VirtualServer server, String node) {
        if (!server.allows(node)) {
            return node + " is no possible owner";
        }
        if (!image.nodes().get(node).takes()) {
            return node + " is " + image.nodes().get(node).duty().text();
        }
        if (!Room.on(image, node, server)) {
            return node + " has no room any more";
        }
        return image.nodes().get(node).up() ? node + " holds no replica that can take over" : node + " is down";
    }

    /// The owner is lost. The heir of a replicated one needs no word; without one the first live possible owner with
    /// room comes next.
    private static void planOwner(Draft draft, String name) {
        VirtualServer server = draft.virtualServer(name);
        if (server.shared().isPresent()) {
            SharedPlanner.planOwner(draft, server);
            return;
        }
        Optional<String> heir = server.permission().heir();
        if (!Quorum.held(draft.image(), draft.facts, name)
                || heir.filter(node -> canTakeOver(draft.image(), draft.facts, server, node))
                        .isPresent()) {
            return;
        }
        String lost = lost(server);
        Optional<String> next = successor(draft, server);
        if (next.isPresent()) {
            draft.permit(name, next.get(), Optional.empty(), lost);
            return;
        }
        newcomer(draft, server)
                .ifPresent(node -> ReplicaPlanner.makeRoomAt(
                        draft, server, node, lost + " and no live node with a replica has room"));
    }

    static String lost(VirtualServer server) {
        return server.permission().owner().isEmpty()
                ? "it had no owner"
                : "its owner " + server.permission().owner() + " is lost";
    }

    private static void planMove(Draft draft, String name, VirtualServer.Move move) {
        VirtualServer server = draft.virtualServer(name);
        if (server.shared().isPresent()) {
            SharedPlanner.planMove(draft, server, move);
            return;
        }
        Node target = draft.image().nodes().get(move.target());
        if (server.permission().owner().equals(target.name())) {
            draft.add(new Event.MoveEnded(name, true, "it is open on " + target.name()));
            return;
        }
        if (!target.up()) {
            draft.add(new Event.MoveEnded(name, false, "node " + target.name() + " went down meanwhile"));
            return;
        }
        if (!mayTake(draft.image(), server, target.name())) {
            draft.add(new Event.MoveEnded(name, false, whyNot(draft.image(), server, target.name())));
            return;
        }
        if (!holds(draft.image(), draft.facts, server, target.name())) {
            if (draft.now - move.since() > MOVE_REPLICA_MILLIS_MAX) {
                draft.add(new Event.MoveEnded(name, false, "no replica could be made on " + target.name()));
            } else {
                ReplicaPlanner.makeRoomAt(draft, server, target.name(), "it is to move there");
            }
            return;
        }
        if (!server.permission().permits(target.name())) {
            draft.permit(
                    name, server.permission().owner(), Optional.of(target.name()), "it is to move to " + target.name());
        } else if (draft.now - Math.max(move.since(), server.permission().at()) > MOVE_MILLIS_MAX) {
            draft.add(new Event.MoveEnded(
                    name, false, target.name() + " did not take it over within " + MOVE_MILLIS_MAX / 1000 + " s"));
        }
    }

    /// Two virtual servers opened on one node, under permissions given one after the other, though the policy allows
    /// fewer: what opened stands, and the later one moves on as soon as a node has room.
    private static void resolveOvercrowding(Draft draft, String name) {
        VirtualServer server = draft.virtualServer(name);
        String owner = server.permission().owner();
        if (server.move().isPresent() || Room.on(draft.image(), owner, server)) {
            return;
        }
        boolean latest = draft.image().ownedBy(owner).values().stream()
                .filter(other -> other.move().isEmpty())
                .noneMatch(other -> later(other, server));
        Optional<String> next = successor(draft, server);
        if (latest && next.isPresent() && ownerAble(draft.image(), draft.facts, server)) {
            draft.add(new Event.MoveStarted(name, next.get(), owner + " has no room for it beside others"));
        }
    }

    private static boolean later(VirtualServer one, VirtualServer other) {
        long openedOne = one.opened().map(VirtualServer.Opened::at).orElse(0L);
        long openedOther = other.opened().map(VirtualServer.Opened::at).orElse(0L);
        return openedOne != openedOther ? openedOne > openedOther : one.name().compareTo(other.name()) > 0;
    }
}
