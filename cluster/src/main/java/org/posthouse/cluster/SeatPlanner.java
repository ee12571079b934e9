package org.posthouse.cluster;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Plans who takes part in the cluster group, and with a vote or without: an odd number of voters, and as many of them
/// alive as can be, so that the group outlives the next loss. One change at a time, by a majority of the old voters and
/// of the new, so that a minority never makes itself a majority.
final class SeatPlanner {
    /// A vote is moved or withdrawn when its node has been down for so long.
    static final long VOTE_LOST_AFTER_MILLIS = 10_000;

    /// A node that had lost its vote is given one when it has been back for so long.
    static final long VOTE_BACK_AFTER_MILLIS = 60_000;

    private static final String GROUP = ClusterImage.CLUSTER_GROUP;

    private SeatPlanner() {}

    /// Plans the next change, if one is needed.
    static void plan(Draft draft) {
        ReplicaSet set = draft.image().clusterGroup();
        if (set.change().isEmpty() && Quorum.held(draft.image(), draft.facts, GROUP)) {
            boolean planned = takeIn(draft, set) || unseat(draft, set) || vote(draft, set);
            if (!planned) {
                farewell(draft);
            }
        }
    }

    /// A node that has joined, newly or again, follows without a vote at first.
    private static boolean takeIn(Draft draft, ReplicaSet set) {
        for (Node node : draft.image().nodes().values()) {
            boolean joined = draft.facts
                    .membership(GROUP, node.name(), node.clusterIncarnation())
                    .filter(membership -> !membership.failed())
                    .isPresent();
            if (node.up() && node.stays() && joined && !set.on(node.name())) {
                Replica follower = new Replica(node.name(), node.clusterIncarnation(), Replica.Role.LISTENER);
                return ReplicaPlanner.start(
                        draft, GROUP, follower, Optional.empty(), "node " + node.name() + " has joined");
            }
        }
        return false;
    }

    /// A node that leaves gives its vote to one that follows without; where there is none, another gives its vote up
    /// with it, so that their number stays odd.
    private static boolean unseat(Draft draft, ReplicaSet set) {
        for (Replica seat : set.replicas()) {
            Node node = draft.image().nodes().get(seat.node());
            // The coordinator hands over first (NodeDecisions): it cannot take itself out.
            if (node.duty() != NodeDuty.EVICTING || holdsOrOwns(draft.image(), node.name()) || leads(draft, seat)) {
                continue;
            }
            String reason = "node " + node.name() + " leaves the cluster";
            if (!seat.votes()) {
                return swap(draft, set, List.of(), List.of(seat), reason);
            }
            List<Replica> ready = ready(draft, set);
            if (!ready.isEmpty()) {
                return swap(draft, set, List.of(voting(ready.getFirst())), List.of(seat), reason);
            }
            return set.voters().size() > Quorum.REPLICAS
                    && withdrawable(draft, set, seat)
                            .filter(other -> swap(draft, set, List.of(), List.of(seat, other), reason))
                            .isPresent();
        }
        return false;
    }

    /// The voter that can best do without its vote: one that is down, else one whose node owns little.
    private static Optional<Replica> withdrawable(Draft draft, ReplicaSet set, Replica besides) {
        Comparator<Replica> deadFirst =
                Comparator.comparing(voter -> Quorum.lives(draft.image(), draft.facts, GROUP, voter));
        Comparator<Replica> idleFirst = Comparator.comparing(
                voter -> draft.image().ownedBy(voter.node()).size());
        return set.voters().stream()
                .filter(voter -> !voter.equals(besides) && !leads(draft, voter))
                .min(deadFirst
                        .thenComparing(idleFirst)
                        .thenComparing(Comparator.comparing(Replica::node).reversed()));
    }

    private static boolean leads(Draft draft, Replica seat) {
        return draft.facts
                .membership(GROUP, seat.node(), seat.incarnation())
                .filter(Facts.Membership::leading)
                .isPresent();
    }

    /// Moves the vote of a node that is down to one that follows without; gives votes out, or takes those of the dead
    /// back, two at a time.
    private static boolean vote(Draft draft, ReplicaSet set) {
        List<Replica> lost = set.voters().stream()
                .filter(voter -> {
                    Node node = draft.image().nodes().get(voter.node());
                    boolean forLong = !node.up() && draft.now - node.since() >= VOTE_LOST_AFTER_MILLIS;
                    return forLong || node.state() == NodeState.LOST;
                })
                .toList();
        List<Replica> ready = ready(draft, set).stream()
                .filter(follower -> steady(draft, follower))
                .toList();
        if (!lost.isEmpty() && !ready.isEmpty()) {
            Replica out = lost.getFirst();
            return swap(
                    draft,
                    set,
                    List.of(voting(ready.getFirst())),
                    List.of(out),
                    "node " + out.node() + " is down, so its vote moves");
        }
        int voters = set.voters().size();
        int wanted = Quorum.clusterVoters(Quorum.members(draft.image()));
        if (voters + 2 <= wanted && ready.size() >= 2) {
            List<Replica> voting =
                    ready.stream().limit(2).map(SeatPlanner::voting).toList();
            return swap(draft, set, voting, List.of(), "there are nodes enough for " + (voters + 2) + " votes");
        }
        return lost.size() >= 2
                && voters > Quorum.REPLICAS
                && swap(
                        draft,
                        set,
                        List.of(),
                        lost.subList(0, 2),
                        "two nodes are down and none follows without a vote, so both votes are withdrawn");
    }

    /// Those that could be given a vote: they follow, live, and have caught up.
    private static List<Replica> ready(Draft draft, ReplicaSet set) {
        return set.replicas().stream()
                .filter(replica -> replica.role() == Replica.Role.LISTENER
                        && draft.image().nodes().get(replica.node()).stays()
                        && Quorum.lives(draft.image(), draft.facts, GROUP, replica)
                        && draft.facts.caughtUp(GROUP, replica))
                .toList();
    }

    /// Whether a node may be given a vote: one that lost its own must have been back for a while.
    private static boolean steady(Draft draft, Replica replica) {
        Node node = draft.image().nodes().get(replica.node());
        return replica.incarnation() == 1 || draft.now - node.since() >= VOTE_BACK_AFTER_MILLIS;
    }

    private static Replica voting(Replica follower) {
        return new Replica(follower.node(), follower.incarnation(), Replica.Role.VOTER);
    }

    private static boolean swap(Draft draft, ReplicaSet set, List<Replica> added, List<Replica> removed, String why) {
        if (!ReplicaPlanner.majorityAfter(draft, GROUP, set, added, removed)) {
            return false;
        }
        draft.add(new Event.ReplicasSwapped(GROUP, added, removed, why));
        return true;
    }

    /// A node that leaves is gone once nothing in the image names it.
    private static void farewell(Draft draft) {
        for (Node node : draft.image().nodes().values()) {
            if (node.duty() == NodeDuty.EVICTING
                    && !draft.image().clusterGroup().on(node.name())
                    && !holdsOrOwns(draft.image(), node.name())) {
                draft.add(new Event.NodeEvicted(node.name()));
            }
        }
    }

    private static boolean holdsOrOwns(ClusterImage image, String node) {
        return image.virtualServers().values().stream()
                .anyMatch(server -> server.permission().permits(node)
                        || server.replicas().on(node)
                        || server.replicas().change().stream()
                                .flatMap(change -> change.removed().stream())
                                .anyMatch(leaving -> leaving.node().equals(node))
                        || server.move()
                                .filter(move -> move.target().equals(node))
                                .isPresent());
    }
}
