package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Plans changes of replicas and sees them through, one at a time for each group and for each node that is filled.
///
/// Promises: a change is planned only while a majority of the old voters lives, and of the new ones too; a replica
/// that counts is given up only in the change in which its successor, having caught up, begins to count.
final class ReplicaPlanner {
    /// A replica on a node that is down is made anew elsewhere after so long.
    static final long REPLACE_LOST_AFTER_MILLIS = 15 * 60_000;

    /// A replica that is being filled is given up when its node has been down for so long.
    static final long NEWCOMER_LOST_AFTER_MILLIS = 10_000;

    /// A vote in the cluster group is moved when its node has been down for so long.
    static final long VOTE_LOST_AFTER_MILLIS = 10_000;

    /// A node that had lost its vote is given one when it has been back for so long.
    static final long VOTE_BACK_AFTER_MILLIS = 60_000;

    private ReplicaPlanner() {}

    /// Takes changes under way as far as what is known allows.
    static void advance(Draft draft) {
        for (String group : groups(draft.image())) {
            findAgain(draft, group);
            ReplicaSet set = draft.image().replicas(group).orElseThrow();
            if (set.change().isPresent()) {
                advance(draft, group, set, set.change().get());
            }
        }
    }

    /// What was out of service may have been opened again, with all that it had agreed to, before anything was made
    /// in its place: without a majority of others nothing could be.
    private static void findAgain(Draft draft, String group) {
        for (Replica replica : draft.image().replicas(group).orElseThrow().replicas()) {
            boolean works = draft.facts
                    .membership(group, replica.node(), replica.incarnation())
                    .filter(membership -> !membership.failed())
                    .isPresent();
            if (replica.lost() && works) {
                draft.add(new Event.ReplicaFound(group, replica.node(), replica.incarnation()));
            }
        }
    }

    private static void advance(Draft draft, String group, ReplicaSet set, ReplicaChange change) {
        Replica added = change.added();
        Optional<Facts.Membership> leader = draft.facts.leader(group);
        if (change.step() == ReplicaChange.Step.SWAPPING) {
            if (leader.isPresent() && inForce(set, leader.get().members())) {
                draft.add(new Event.ReplicaChangeDone(group));
            }
            return;
        }
        if (!Quorum.lives(draft.image(), draft.facts, group, added)) {
            if (!mayReturn(draft, group, added)) {
                draft.add(new Event.ReplicaChangeAbandoned(
                        group, "node " + added.node() + " was lost before its replica was whole"));
            }
            return;
        }
        if (change.removed().filter(old -> neededAgain(draft, group, old)).isPresent()) {
            draft.add(new Event.ReplicaChangeAbandoned(
                    group, "node " + change.removed().get().node() + " returned, and its replica is needed"));
            return;
        }
        boolean follows = leader.isPresent()
                && leader.get().members().stream().anyMatch(seat -> added.belongsTo(seat.node(), seat.incarnation()));
        if (follows
                && draft.facts.caughtUp(group, added)
                && majorityAfter(draft, group, set, added, change.removed())) {
            draft.add(new Event.ReplicaPromoted(group));
        }
    }

    /// Whether a replica's node was only just lost: what was filled so far is kept for a while.
    private static boolean mayReturn(Draft draft, String group, Replica replica) {
        Node node = draft.image().nodes().get(replica.node());
        return Quorum.whole(draft.image(), draft.facts, group, replica)
                && !node.up()
                && draft.now - node.since() < NEWCOMER_LOST_AFTER_MILLIS;
    }

    /// Whether a replica that was to be replaced is its owner's or heir's again, alive. In a move the heir has to go.
    private static boolean neededAgain(Draft draft, String group, Replica old) {
        VirtualServer server = draft.virtualServer(group);
        if (server == null || !Quorum.lives(draft.image(), draft.facts, group, old)) {
            return false;
        }
        if (server.permission().owner().equals(old.node())) {
            return true;
        }
        boolean heir = server.permission().heir().filter(old.node()::equals).isPresent();
        return heir
                && server.move().isEmpty()
                && OwnerPlanner.canTakeOver(draft.image(), draft.facts, server, old.node());
    }

    /// Whether a configuration in force has the members and votes that the image wants.
    private static boolean inForce(ReplicaSet wanted, List<Seat> members) {
        return members.size() == wanted.replicas().size()
                && wanted.replicas().stream().allMatch(replica -> members.stream()
                        .anyMatch(seat ->
                                replica.belongsTo(seat.node(), seat.incarnation()) && seat.votes() == replica.votes()));
    }

    /// Plans what is missing: replicas of nodes that came back empty, groups with too few replicas, replicas on nodes
    /// that have been down for long.
    static void replenish(Draft draft) {
        for (String group : groups(draft.image())) {
            ReplicaSet set = draft.image().replicas(group).orElseThrow();
            if (set.change().isPresent()) {
                continue;
            }
            if (group.equals(ClusterImage.CLUSTER_GROUP)) {
                if (!replaceEmptied(draft, group, set) && !takeBack(draft, set)) {
                    moveVote(draft, set);
                }
                continue;
            }
            VirtualServer server = draft.virtualServer(group);
            // Until it was formed all members must agree on who they are.
            if (server.formed() && !replaceEmptied(draft, group, set) && !fillUp(draft, server)) {
                replaceLost(draft, server);
            }
        }
    }

    /// A node that lost a replica and lives gets one in its place.
    private static boolean replaceEmptied(Draft draft, String group, ReplicaSet set) {
        boolean cluster = group.equals(ClusterImage.CLUSTER_GROUP);
        for (Replica old : set.replicas()) {
            Node node = draft.image().nodes().get(old.node());
            boolean lost = cluster
                    ? node.clusterIncarnation() > old.incarnation()
                    : old.lost() || node.incarnation() > old.incarnation();
            if (node.up() && lost) {
                int incarnation = cluster ? node.clusterIncarnation() : node.newestIncarnation() + 1;
                return start(
                        draft,
                        group,
                        new Replica(node.name(), incarnation, old.role()),
                        Optional.of(old),
                        "node " + node.name() + " has lost it");
            }
        }
        return false;
    }

    /// A node that was taken out of the cluster group while it was away, and has joined again, follows it again; with
    /// a vote, if there are fewer than there should be.
    private static boolean takeBack(Draft draft, ReplicaSet set) {
        String group = ClusterImage.CLUSTER_GROUP;
        for (Node node : draft.image().nodes().values()) {
            boolean joined = draft.facts
                    .membership(group, node.name(), node.clusterIncarnation())
                    .filter(membership -> !membership.failed())
                    .isPresent();
            if (node.up() && joined && !set.on(node.name())) {
                int wanted = Quorum.clusterVoters(draft.image().nodes().size());
                Replica.Role role = set.voters().size() < wanted ? Replica.Role.VOTER : Replica.Role.LISTENER;
                return start(
                        draft,
                        group,
                        new Replica(node.name(), node.clusterIncarnation(), role),
                        Optional.empty(),
                        "node " + node.name() + " is back");
            }
        }
        return false;
    }

    /// The vote of a node that is down goes to one that lives and follows without one, so that the cluster group
    /// outlives the next loss. By a majority of the old voters, so that a minority never makes itself one.
    private static void moveVote(Draft draft, ReplicaSet set) {
        String group = ClusterImage.CLUSTER_GROUP;
        Optional<Replica> lost = set.voters().stream()
                .filter(voter -> {
                    Node node = draft.image().nodes().get(voter.node());
                    return !node.up() && draft.now - node.since() >= VOTE_LOST_AFTER_MILLIS;
                })
                .findFirst();
        Optional<Replica> next = set.replicas().stream()
                .filter(replica -> replica.role() == Replica.Role.LISTENER
                        && Quorum.lives(draft.image(), draft.facts, group, replica)
                        && draft.facts.caughtUp(group, replica)
                        && steady(draft, replica))
                .findFirst();
        if (lost.isEmpty() || next.isEmpty() || !Quorum.held(draft.image(), draft.facts, group)) {
            return;
        }
        Replica voter = new Replica(next.get().node(), next.get().incarnation(), Replica.Role.VOTER);
        if (majorityAfter(draft, group, set, voter, lost)) {
            draft.add(
                    new Event.VoteMoved(lost.get(), voter, "node " + lost.get().node() + " is down"));
        }
    }

    /// Whether a node may be given a vote: one that lost its own must have been back for a while.
    private static boolean steady(Draft draft, Replica replica) {
        Node node = draft.image().nodes().get(replica.node());
        return replica.incarnation() == 1 || draft.now - node.since() >= VOTE_BACK_AFTER_MILLIS;
    }

    private static boolean fillUp(Draft draft, VirtualServer server) {
        int wanted = Math.min(Quorum.REPLICAS, draft.image().nodes().size());
        if (server.replicas().voters().size() >= wanted) {
            return false;
        }
        return newcomer(draft, server)
                .filter(node -> start(
                        draft,
                        server.name(),
                        voter(draft, node),
                        Optional.empty(),
                        "it has fewer than " + wanted + " replicas"))
                .isPresent();
    }

    private static void replaceLost(Draft draft, VirtualServer server) {
        for (Replica replica : server.replicas().voters()) {
            Node node = draft.image().nodes().get(replica.node());
            if (!node.up() && draft.now - node.since() >= REPLACE_LOST_AFTER_MILLIS) {
                Optional<String> newcomer = newcomer(draft, server);
                if (newcomer.isPresent()) {
                    start(
                            draft,
                            server.name(),
                            voter(draft, newcomer.get()),
                            Optional.of(replica),
                            "node " + node.name() + " has been down for long");
                }
                return;
            }
        }
    }

    private static Optional<String> newcomer(Draft draft, VirtualServer server) {
        return Placement.order(draft.image(), server)
                .filter(node -> draft.image().nodes().get(node).up()
                        && draft.image().nodes().get(node).takes()
                        && !server.replicas().on(node))
                .findFirst();
    }

    private static Replica voter(Draft draft, String node) {
        return new Replica(node, draft.image().nodes().get(node).newestIncarnation() + 1, Replica.Role.VOTER);
    }

    /// Makes a replica on a node where a virtual server is to find its heir or owner: in place of a lost one, else of
    /// the third.
    ///
    /// @return whether a change was planned
    static boolean makeRoomAt(Draft draft, VirtualServer server, String node, String reason) {
        Optional<Replica> own = server.replicas().replicas().stream()
                .filter(replica -> replica.node().equals(node))
                .findFirst();
        if (server.replicas().of(draft.image().nodes().get(node)).isPresent()) {
            return false;
        }
        int wanted = Math.min(Quorum.REPLICAS, draft.image().nodes().size());
        Optional<Replica> removed = own;
        if (removed.isEmpty() && server.replicas().voters().size() >= wanted) {
            removed = replaceable(draft, server);
            if (removed.isEmpty()) {
                return false;
            }
        }
        return start(draft, server.name(), voter(draft, node), removed, reason);
    }

    /// The replica that can best be spared: a lost one, else the third; of several, that of the node with most
    /// replicas.
    private static Optional<Replica> replaceable(Draft draft, VirtualServer server) {
        ClusterImage image = draft.image();
        boolean ownerAble = OwnerPlanner.ownerAble(image, draft.facts, server);
        Optional<String> heir = server.permission()
                .heir()
                .filter(node -> OwnerPlanner.canTakeOver(image, draft.facts, server, node))
                .filter(node -> server.move().isEmpty());
        List<Replica> candidates = new ArrayList<>();
        for (Replica replica : server.replicas().voters()) {
            boolean owner =
                    ownerAble && replica.node().equals(server.permission().owner());
            boolean heirs = heir.filter(replica.node()::equals).isPresent();
            if (!owner && !heirs) {
                candidates.add(replica);
            }
        }
        Comparator<Replica> livingLast =
                Comparator.comparing(replica -> Quorum.lives(image, draft.facts, server.name(), replica));
        // In a move the old heir stays as the third replica rather than leave altogether, where there is a choice.
        Comparator<Replica> heirLast = Comparator.comparing(replica ->
                server.permission().heir().filter(replica.node()::equals).isPresent());
        Comparator<Replica> fullestFirst = Comparator.comparing(replica -> -Placement.load(image, replica.node()));
        return candidates.stream()
                .min(livingLast
                        .thenComparing(server.move().isPresent() ? heirLast : fullestFirst)
                        .thenComparing(fullestFirst)
                        .thenComparing(Comparator.comparing(Replica::node).reversed()));
    }

    private static boolean start(Draft draft, String group, Replica added, Optional<Replica> removed, String reason) {
        ReplicaSet set = draft.image().replicas(group).orElseThrow();
        if (set.change().isPresent()
                || filling(draft.image(), added.node(), group)
                || !Quorum.held(draft.image(), draft.facts, group)
                || !majorityAfter(draft, group, set, added, removed)) {
            return false;
        }
        draft.add(new Event.ReplicaChangeStarted(group, added, removed, reason));
        return true;
    }

    /// Whether a node is being filled for another virtual server. The cluster group is small and does not count, nor
    /// does it wait.
    private static boolean filling(ClusterImage image, String node, String group) {
        return !group.equals(ClusterImage.CLUSTER_GROUP)
                && image.virtualServers().values().stream()
                        .flatMap(server -> server.replicas().change().stream())
                        .anyMatch(change -> change.added().node().equals(node));
    }

    /// Whether a majority of the voters lives once the new one counts and the old one does not.
    private static boolean majorityAfter(
            Draft draft, String group, ReplicaSet set, Replica added, Optional<Replica> removed) {
        List<Replica> after = new ArrayList<>(set.voters());
        removed.ifPresent(after::remove);
        if (added.votes()) {
            after.add(added);
        }
        return Quorum.living(draft.image(), draft.facts, group, after) >= Quorum.needed(after.size());
    }

    private static List<String> groups(ClusterImage image) {
        List<String> groups = new ArrayList<>();
        groups.add(ClusterImage.CLUSTER_GROUP);
        groups.addAll(image.virtualServers().keySet());
        return groups;
    }
}
