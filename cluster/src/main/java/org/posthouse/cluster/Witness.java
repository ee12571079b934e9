package org.posthouse.cluster;

import java.util.List;
import java.util.Optional;

/// What is particular about a witness: a node that votes and keeps a log and hosts nothing, so that two machines and a
/// small one make a cluster. A cluster has one at most.
///
/// In the cluster group it is a node like the others. In each storage group of a cluster with two full nodes it is the
/// third voter, one with a log and no state: it opens nothing and gives no snapshot. It leads only for as long as it
/// takes to hand its last entries to a full replica, and is nobody's owner or heir.
///
/// Promise: of what is committed, the witness lacks in its log only what every full replica that votes holds
/// ([Coverage], [#mayVote]). So a full replica that is elected with the witness' vote has everything, or gets from it
/// what it lacks. The exception is a full replica that is away for so long that the witness' log reached its limit: it
/// is not elected before the other full replica has filled it.
public final class Witness {
    private Witness() {}

    /// Whether storage groups have a witness among their voters.
    static boolean wanted(ClusterImage image) {
        return Quorum.full(image) == Quorum.REPLICAS - 1 && present(image);
    }

    /// Whether the cluster has a witness that stays.
    public static boolean present(ClusterImage image) {
        return image.nodes().values().stream().anyMatch(node -> node.witness() && node.stays());
    }

    /// Whether a replica is a witness'.
    public static boolean is(ClusterImage image, Replica replica) {
        return is(image, replica.node());
    }

    /// Whether a node is a witness.
    public static boolean is(ClusterImage image, String node) {
        Node known = image.nodes().get(node);
        return known != null && known.witness();
    }

    /// The replicas with a vote that hold mail.
    static List<Replica> full(ClusterImage image, ReplicaSet set) {
        return set.voters().stream().filter(voter -> !is(image, voter)).toList();
    }

    /// A witness' replica.
    static Optional<Replica> of(ClusterImage image, ReplicaSet set) {
        return set.replicas().stream().filter(replica -> is(image, replica)).findFirst();
    }

    /// The witness that can be given a vote beside these replicas now.
    static Optional<String> free(ClusterImage image, ReplicaSet set) {
        return image.nodes().values().stream()
                .filter(node -> wanted(image) && node.witnesses() && node.up() && !set.on(node.name()))
                .map(Node::name)
                .findFirst();
    }

    /// Nodes that can host something, by name.
    static List<String> hosts(ClusterImage image) {
        return image.nodes().values().stream()
                .filter(node -> !node.witness())
                .map(Node::name)
                .toList();
    }

    /// Whether a witness that has caught up may be given its vote: whatever is gone from its log, or never was in it,
    /// is held by all full replicas that vote from then on.
    ///
    /// @param removed those that vote no more then
    static boolean mayVote(ClusterImage image, Facts facts, String group, Replica witness, List<Replica> removed) {
        ReplicaSet set = image.replicas(group).orElseThrow();
        Optional<Facts.Membership> own = facts.membership(group, witness.node(), witness.incarnation());
        return own.isPresent()
                && full(image, set).stream()
                        .filter(voter -> !removed.contains(voter))
                        .allMatch(voter -> holds(facts, group, voter, own.get().snapshot()));
    }

    private static boolean holds(Facts facts, String group, Replica replica, long index) {
        return facts.membership(group, replica.node(), replica.incarnation())
                .filter(membership -> !membership.failed() && membership.applied() >= index)
                .isPresent();
    }

    /// The witness whose log begins behind what this replica holds, so that another full replica has to fill it; empty
    /// if there is none.
    static Optional<String> tooLateFor(ClusterImage image, Facts facts, String group, Replica replica) {
        ReplicaSet set = image.replicas(group).orElseThrow();
        Optional<Facts.Membership> held = facts.membership(group, replica.node(), replica.incarnation());
        return of(image, set)
                // One that is being started anew tells -1.
                .filter(witness -> held.filter(known -> known.applied() >= 0).isPresent()
                        && facts.membership(group, witness.node(), witness.incarnation())
                                .filter(log -> log.snapshot() > held.get().applied())
                                .isPresent())
                .map(Replica::node);
    }

    /// Why a witness is given nothing.
    static String refusal(ClusterImage image, String node, String what) {
        return node + " is a witness: it votes and keeps a log, and cannot " + what + "; these nodes can: "
                + hosts(image);
    }

    /// Why a cluster cannot go on with its witness alone.
    public static String noRecovery(String node) {
        return "node " + node + " is a witness: it holds no mail, only what was last written to the log; recover the"
                + " cluster on a node that holds replicas";
    }
}
