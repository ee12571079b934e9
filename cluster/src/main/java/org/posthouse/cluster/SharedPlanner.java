package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Chooses owners of virtual servers in shared mode. No majority of replicas elects anybody there: the coordinator
/// names the owner, and the folder's own rules keep two from having it at once.
final class SharedPlanner {
    private static final String UNABLE = " could not take it over: ";
    private static final String GIVEN_UP = "; that was as often as its policy lets it fail over";

    private SharedPlanner() {}

    /// Whether its owner is yet to take it over: until it has, why it is to is worth more than an heir.
    static boolean isBeingTaken(VirtualServer server) {
        return server.shared().isPresent()
                && !server.permission()
                        .owner()
                        .equals(server.opened().orElseThrow().node());
    }

    /// The owner is lost: the heir is named, else the next in order.
    static void planOwner(Draft draft, VirtualServer server) {
        OwnerPlanner.next(draft, server)
                .ifPresent(next -> draft.permit(server.name(), next, Optional.empty(), OwnerPlanner.lost(server)));
    }

    /// The target is named owner: so the old one lets go, and the target takes over. If it does not in time, or cannot
    /// any more, the old one is named again.
    static void planMove(Draft draft, VirtualServer server, VirtualServer.Move move) {
        String name = server.name();
        VirtualServer.Opened opened = server.opened().orElseThrow();
        Node target = draft.image().nodes().get(move.target());
        boolean named = server.permission().owner().equals(target.name());
        if (opened.node().equals(target.name()) && named) {
            draft.add(new Event.MoveEnded(name, true, "it is open on " + target.name()));
        } else if (!target.up()) {
            end(draft, server, "node " + target.name() + " went down meanwhile");
        } else if (!OwnerPlanner.mayTake(draft.image(), server, target.name())) {
            end(draft, server, OwnerPlanner.whyNot(draft.image(), server, target.name()));
        } else if (!named) {
            draft.permit(name, target.name(), Optional.empty(), "it is to move to " + target.name());
        } else if (draft.now - server.permission().at() > OwnerPlanner.MOVE_MILLIS_MAX) {
            String late = " did not take it over within " + OwnerPlanner.MOVE_MILLIS_MAX / 1000 + " s";
            end(draft, server, target.name() + late);
        }
    }

    /// Whether its mail could not be opened as often as its policy lets it fail over: nobody tries any more.
    static boolean givenUp(VirtualServer server) {
        return server.shared().isPresent() && server.permission().reason().contains(GIVEN_UP);
    }

    /// What has its owner try again.
    static Event again(VirtualServer server, String reason) {
        return new Event.Permitted(server.name(), server.permission().owner(), Optional.empty(), reason);
    }

    /// It is tried again when so many failovers lie far enough back.
    static void resume(Draft draft, VirtualServer server) {
        if (givenUp(server) && FailoverPlanner.mayFailOver(draft.image(), server, draft.now)) {
            draft.add(again(server, "it may fail over again"));
        }
    }

    /// The owner cannot take the folder over: the next possible owner after it is named, round and round, until
    /// one can. What was had but could not be opened is damaged for others too, most likely: that counts as a
    /// failover, and ends when the policy allows no more of them.
    static Decision reportUnable(ClusterImage image, Command.ReportUnable command, long now) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null
                || server.shared().isEmpty()
                || !server.permission().owner().equals(command.node())) {
            return new Decision(List.of(), Reply.done("it is not that node's to take any more"));
        }
        String reason = command.node() + UNABLE + command.reason();
        if (command.damaged() && !FailoverPlanner.mayFailOver(image, server, now)) {
            return stop(server, reason);
        }
        List<Event> events = new ArrayList<>();
        if (command.damaged()) {
            events.add(new Event.FailoverCounted(server.name(), reason));
        }
        if (server.move().isPresent()) {
            events.addAll(giveUp(image, server, reason));
            return new Decision(events, Reply.done("the move is given up"));
        }
        List<String> able = image.nodes().keySet().stream()
                .filter(node -> node.equals(command.node())
                        || (image.nodes().get(node).up() && OwnerPlanner.mayTake(image, server, node)))
                .toList();
        String next = able.get((able.indexOf(command.node()) + 1) % able.size());
        boolean known =
                next.equals(command.node()) && server.permission().reason().equals(reason);
        if (!known) {
            events.add(new Event.Permitted(server.name(), next, Optional.empty(), reason));
        }
        return new Decision(events, Reply.done(known ? "that was known" : next + " is to try"));
    }

    private static Decision stop(VirtualServer server, String reason) {
        List<Event> events = new ArrayList<>();
        String why = reason + GIVEN_UP + ": mend the folder, then 'posthouse group online " + server.name() + "'";
        if (server.move().isPresent()) {
            events.add(new Event.MoveEnded(server.name(), false, reason));
        }
        if (!givenUp(server)) {
            events.add(again(server, why));
        }
        return new Decision(events, Reply.done("nobody is to try any more"));
    }

    private static void end(Draft draft, VirtualServer server, String reason) {
        giveUp(draft.image(), server, reason).forEach(draft::add);
    }

    /// A move has failed: who had it open before is to have it again.
    private static List<Event> giveUp(ClusterImage image, VirtualServer server, String reason) {
        List<Event> events = new ArrayList<>();
        events.add(new Event.MoveEnded(server.name(), false, reason));
        String before = server.opened().orElseThrow().node();
        if (!server.permission().owner().equals(before) && image.nodes().containsKey(before)) {
            events.add(new Event.Permitted(server.name(), before, Optional.empty(), reason));
        }
        return events;
    }
}
