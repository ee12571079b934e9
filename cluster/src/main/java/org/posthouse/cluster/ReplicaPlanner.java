package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Plans changes of replicas and sees them through, one at a time for each group and for each node that is filled. Who
/// takes part in the cluster group besides is planned by [SeatPlanner].
///
/// Promises: a change is planned only while a majority of the old voters lives, and of the new ones too; a replica
/// that counts is given up only in the change in which its successor, having caught up, begins to count.
final class ReplicaPlanner {
    /// A replica that is being filled is given up when its node has been down for so long.
    static final long NEWCOMER_LOST_AFTER_MILLIS = 10_000;

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
        Optional<Facts.Membership> leader = draft.facts.leader(group);
        if (change.step() != ReplicaChange.Step.FILLING) {
            if (leader.isPresent()) {
                finish(draft, group, set, change, leader.get().members());
            }
            return;
        }
        Replica added = change.filled();
        if (group.equals(ClusterImage.CLUSTER_GROUP)
                && draft.image().nodes().get(added.node()).clusterIncarnation() > added.incarnation()) {
            draft.add(new Event.ReplicaChangeAbandoned(
                    group, "node " + added.node() + " takes part under another incarnation by now"));
            return;
        }
        if (!Quorum.lives(draft.image(), draft.facts, group, added)) {
            if (!mayReturn(draft, group, added)) {
                draft.add(new Event.ReplicaChangeAbandoned(
                        group, "node " + added.node() + " was lost before its replica was whole"));
            }
            return;
        }
        Optional<Replica> needed = change.removed().stream()
                .filter(old -> neededAgain(draft, group, old))
                .findFirst();
        if (needed.isPresent()) {
            draft.add(new Event.ReplicaChangeAbandoned(
                    group, "node " + needed.get().node() + " returned, and its replica is needed"));
            return;
        }
        Optional<Replica> away = inStorageGroup(draft, group, added)
                ? awayBeside(draft, group, change.removed()).filter(voter -> !mayReturn(draft, group, voter))
                : Optional.empty();
        if (away.isPresent()) {
            draft.add(new Event.ReplicaChangeAbandoned(
                    group, "a witness gets its vote beside replicas that live, and " + away.get() + " does not"));
            return;
        }
        boolean follows = leader.isPresent()
                && leader.get().members().stream().anyMatch(seat -> added.belongsTo(seat.node(), seat.incarnation()));
        boolean filled = draft.facts.caughtUp(group, added)
                && (!inStorageGroup(draft, group, added)
                        || Witness.mayVote(draft.image(), draft.facts, group, added, change.removed()));
        if (follows && filled && majorityAfter(draft, group, set, change.added(), change.removed())) {
            draft.add(new Event.ReplicaPromoted(group));
        }
    }

    private static boolean inStorageGroup(Draft draft, String group, Replica witness) {
        return !group.equals(ClusterImage.CLUSTER_GROUP) && Witness.is(draft.image(), witness);
    }

    /// A full replica with a vote that does not live, but for those that go.
    private static Optional<Replica> awayBeside(Draft draft, String group, List<Replica> removed) {
        return Witness.full(draft.image(), draft.image().replicas(group).orElseThrow()).stream()
                .filter(voter -> !removed.contains(voter) && !Quorum.lives(draft.image(), draft.facts, group, voter))
                .findFirst();
    }

    /// The witness, if it can be given a vote now.
    private static Optional<String> freeWitness(Draft draft, VirtualServer server, List<Replica> removed) {
        return Witness.free(draft.image(), server.replicas())
                .filter(node -> awayBeside(draft, server.name(), removed).isEmpty());
    }

    /// A Raft group gives no vote to a member that does not answer. So a change whose new replica is lost before it
    /// counts would never be carried out, and nothing else could be changed: it is given up. What leaders tell of
    /// members is committed: nothing else is under way then that could still give it a vote.
    private static void finish(Draft draft, String group, ReplicaSet set, ReplicaChange change, List<Seat> members) {
        if (inForce(set, members)) {
            draft.add(new Event.ReplicaChangeDone(group));
            return;
        }
        set.replicas().stream()
                .filter(replica -> change.adds(replica)
                        && !members.isEmpty()
                        && members.stream().noneMatch(seat -> sameSeat(replica, seat))
                        && !Quorum.lives(draft.image(), draft.facts, group, replica)
                        && !mayReturn(draft, group, replica))
                .findFirst()
                .ifPresent(gone -> draft.add(
                        new Event.ReplicaChangeAbandoned(group, "replica " + gone + " was lost before it counted")));
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
                && wanted.replicas().stream()
                        .allMatch(replica -> members.stream().anyMatch(seat -> sameSeat(replica, seat)));
    }

    private static boolean sameSeat(Replica replica, Seat seat) {
        return replica.belongsTo(seat.node(), seat.incarnation()) && seat.votes() == replica.votes();
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
                var unused = replaceEmptied(draft, group, set);
                continue;
            }
            VirtualServer server = draft.virtualServer(group);
            // Until it was formed all members must agree on who they are.
            if (server.formed()
                    && !replaceEmptied(draft, group, set)
                    && !vacate(draft, server)
                    && !fillUp(draft, server)
                    && !witness(draft, server)) {
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

    /// A node that leaves gives its replicas to others; where there are too few, they go without successor.
    private static boolean vacate(Draft draft, VirtualServer server) {
        for (Replica replica : server.replicas().replicas()) {
            Node node = draft.image().nodes().get(replica.node());
            if (node.duty() != NodeDuty.EVICTING || server.permission().owner().equals(node.name())) {
                continue;
            }
            String reason = "node " + node.name() + " leaves the cluster";
            Optional<String> newcomer = newcomer(draft, server).or(() -> freeWitness(draft, server, List.of(replica)));
            if (newcomer.isPresent()) {
                return start(draft, server.name(), voter(draft, newcomer.get()), Optional.of(replica), reason);
            }
            boolean spare = server.replicas().voters().size() > Quorum.voters(draft.image());
            if (spare
                    && Quorum.held(draft.image(), draft.facts, server.name())
                    && majorityAfter(draft, server.name(), server.replicas(), List.of(), List.of(replica))) {
                draft.add(new Event.ReplicasSwapped(server.name(), List.of(), List.of(replica), reason));
                return true;
            }
        }
        return false;
    }

    private static boolean fillUp(Draft draft, VirtualServer server) {
        int wanted = Quorum.replicas(draft.image());
        List<Replica> full = Witness.full(draft.image(), server.replicas());
        Optional<Replica> witness = Witness.of(draft.image(), server.replicas())
                .filter(there -> server.replicas().voters().size() >= Quorum.voters(draft.image()));
        // In place of a lost one it comes as those do that replace it (replaceLost), and the witness stays for now.
        boolean waits =
                witness.isPresent() && Quorum.living(draft.image(), draft.facts, server.name(), full) < full.size();
        if (full.size() >= wanted || waits) {
            return false;
        }
        return newcomer(draft, server)
                .filter(node -> start(
                        draft, server.name(), voter(draft, node), witness, "it has fewer than " + wanted + " replicas"))
                .isPresent();
    }

    /// Of two nodes' storage groups a witness is the third voter; of three nodes' it is none.
    private static boolean witness(Draft draft, VirtualServer server) {
        ReplicaSet set = server.replicas();
        boolean two = Witness.full(draft.image(), set).size() == Quorum.REPLICAS - 1;
        Optional<String> free = freeWitness(draft, server, List.of()).filter(node -> two);
        if (free.isPresent()) {
            return start(
                    draft, server.name(), voter(draft, free.get()), Optional.empty(), "two replicas need a third vote");
        }
        Optional<Replica> needless = Witness.of(draft.image(), set)
                .filter(there -> Witness.full(draft.image(), set).size() >= Quorum.REPLICAS
                        && Quorum.held(draft.image(), draft.facts, server.name())
                        && majorityAfter(draft, server.name(), set, List.of(), List.of(there)));
        needless.ifPresent(there -> draft.add(new Event.ReplicasSwapped(
                server.name(), List.of(), List.of(there), "it has " + Quorum.REPLICAS + " full replicas")));
        return needless.isPresent();
    }

    private static void replaceLost(Draft draft, VirtualServer server) {
        for (Replica replica : server.replicas().voters()) {
            Node node = draft.image().nodes().get(replica.node());
            boolean forLong = node.state() == NodeState.DOWN
                    && draft.now - node.since() >= server.policy().replacesLostAfterMillis();
            if (forLong || node.state() == NodeState.LOST) {
                Optional<String> newcomer = newcomer(draft, server);
                if (newcomer.isPresent()) {
                    start(
                            draft,
                            server.name(),
                            voter(draft, newcomer.get()),
                            Optional.of(replica),
                            "node " + node.name() + (forLong ? " has been down for long" : " was written off"));
                }
                return;
            }
        }
    }

    private static Optional<String> newcomer(Draft draft, VirtualServer server) {
        return newcomer(draft.image(), server);
    }

    /// The node that would get a replica in place of a lost one.
    static Optional<String> newcomer(ClusterImage image, VirtualServer server) {
        return Placement.order(image, server)
                .filter(node -> image.nodes().get(node).up()
                        && image.nodes().get(node).takes()
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
        int wanted = Quorum.voters(draft.image());
        Optional<Replica> removed = own;
        if (removed.isEmpty() && server.replicas().voters().size() >= wanted) {
            removed = replaceable(draft, server);
            if (removed.isEmpty()) {
                return false;
            }
        }
        return start(draft, server.name(), voter(draft, node), removed, reason);
    }

    /// The replica that can best be spared: one whose node leaves, else a lost one, else the witness', else the third;
    /// of several, that of the node with most replicas.
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
        Comparator<Replica> leavingFirst = Comparator.comparing(
                replica -> image.nodes().get(replica.node()).stays());
        Comparator<Replica> livingLast =
                Comparator.comparing(replica -> Quorum.lives(image, draft.facts, server.name(), replica));
        Comparator<Replica> witnessFirst = Comparator.comparing(replica -> !Witness.is(image, replica));
        // In a move the old heir stays as the third replica rather than leave altogether, where there is a choice.
        Comparator<Replica> heirLast = Comparator.comparing(replica ->
                server.permission().heir().filter(replica.node()::equals).isPresent());
        Comparator<Replica> fullestFirst = Comparator.comparing(replica -> -Placement.load(image, replica.node()));
        return candidates.stream()
                .min(leavingFirst
                        .thenComparing(livingLast)
                        .thenComparing(witnessFirst)
                        .thenComparing(server.move().isPresent() ? heirLast : fullestFirst)
                        .thenComparing(fullestFirst)
                        .thenComparing(Comparator.comparing(Replica::node).reversed()));
    }

    /// Plans a change in two steps, if a majority can carry it out and nothing is in its way.
    static boolean start(Draft draft, String group, Replica added, Optional<Replica> removed, String reason) {
        ReplicaSet set = draft.image().replicas(group).orElseThrow();
        if (set.change().isPresent()
                || filling(draft.image(), added.node(), group)
                || !Quorum.held(draft.image(), draft.facts, group)
                || !majorityAfter(
                        draft, group, set, List.of(added), removed.stream().toList())) {
            return false;
        }
        draft.add(new Event.ReplicaChangeStarted(group, added, removed, reason));
        return true;
    }

    /// Whether a node is being filled for another virtual server. The cluster group is small and does not count, nor
    /// does it wait.
    static boolean filling(ClusterImage image, String node, String group) {
        return !group.equals(ClusterImage.CLUSTER_GROUP)
                && image.virtualServers().values().stream()
                        .flatMap(server -> server.replicas().change().stream())
                        .flatMap(change -> change.added().stream())
                        .anyMatch(added -> added.node().equals(node));
    }

    /// Whether a majority of the voters lives once the new ones count and the old ones do not.
    static boolean majorityAfter(
            Draft draft, String group, ReplicaSet set, List<Replica> added, List<Replica> removed) {
        List<Replica> after = new ArrayList<>(set.voters());
        after.removeAll(removed);
        added.stream().filter(Replica::votes).forEach(after::add);
        return Quorum.living(draft.image(), draft.facts, group, after) >= Quorum.needed(after.size());
    }

    private static List<String> groups(ClusterImage image) {
        List<String> groups = new ArrayList<>();
        groups.add(ClusterImage.CLUSTER_GROUP);
        image.virtualServers().values().stream()
                .filter(server -> server.shared().isEmpty())
                .forEach(server -> groups.add(server.name()));
        return groups;
    }
}
