package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;

/// Starts the moves that nobody asked for: away from an owner on which a resource has failed for good, away from a
/// node that is drained, and back to the most preferred owner where the policy says so. Each is a planned move: the
/// old owner serves until the new one does.
final class FailoverPlanner {
    /// A preferred owner must have been up for so long before anything goes back to it.
    static final long FAILBACK_AFTER_MILLIS = 60_000;

    private FailoverPlanner() {}

    static void plan(Draft draft) {
        for (String name : draft.virtualServers()) {
            VirtualServer server = draft.virtualServer(name);
            if (server.formed()
                    && server.move().isEmpty()
                    && !SharedPlanner.givenUp(server)
                    && OwnerPlanner.ownerAble(draft.image(), draft.facts, server)) {
                plan(draft, server);
            }
        }
    }

    private static void plan(Draft draft, VirtualServer server) {
        String owner = server.permission().owner();
        List<String> failed = failed(server);
        if (!failed.isEmpty() && mayFailOver(draft.image(), server, draft.now)) {
            OwnerPlanner.next(draft, server).ifPresent(next -> {
                String reason = String.join(", ", failed) + " failed for good on " + owner;
                draft.add(new Event.FailoverCounted(server.name(), reason));
                draft.add(new Event.MoveStarted(server.name(), next, reason));
            });
        } else if (draft.image().nodes().get(owner).duty().givesAway()) {
            OwnerPlanner.taker(draft, server)
                    .ifPresent(next -> draft.add(new Event.MoveStarted(
                            server.name(),
                            next,
                            "node " + owner + " is "
                                    + draft.image().nodes().get(owner).duty().text())));
        } else if (failed.isEmpty()) {
            failback(draft, server)
                    .ifPresent(next -> draft.add(new Event.MoveStarted(
                            server.name(),
                            next,
                            "it goes back to its most preferred owner, as its policy says ("
                                    + server.policy().failback().text() + ")")));
        }
    }

    /// Whether the policy allows one more failover that the group's own resources cause.
    static boolean mayFailOver(ClusterImage image, VirtualServer server, long now) {
        int most = server.policy().failoversMax(Quorum.full(image));
        return server.failoversCounted(now).size() < most;
    }

    /// Resources that have failed for good on the owner and are set to affect the group.
    static List<String> failed(VirtualServer server) {
        if (!server.wanted()) {
            return List.of();
        }
        return server.resources().values().stream()
                .filter(resource -> resource.wanted()
                        && resource.policy().affectsGroup()
                        && resource.state() == ResourceState.FAILED)
                .map(VirtualServer.Resource::name)
                .toList();
    }

    /// The first preferred owner that is there, if it is another than the present one and comes before it. Where its
    /// own resources have failed lately it may be that very node that they fail on.
    private static Optional<String> failback(Draft draft, VirtualServer server) {
        if (!server.policy().failback().allowed(draft.now)
                || !server.failoversCounted(draft.now).isEmpty()) {
            return Optional.empty();
        }
        int rank = server.policy().rank(server.permission().owner());
        return server.policy().preferredOwners().stream()
                .filter(node -> server.policy().rank(node) < rank)
                .filter(node -> OwnerPlanner.canTakeOver(draft.image(), draft.facts, server, node))
                .filter(node -> draft.now - draft.image().nodes().get(node).since() >= FAILBACK_AFTER_MILLIS)
                .findFirst();
    }
}
