package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A group's replicas and the change under way among them.
///
/// @param replicas in order of node; while a new one is being filled it is among them, and so is the one that it
///     will replace
/// @param change the change under way
public record ReplicaSet(List<Replica> replicas, Optional<ReplicaChange> change) {
    private static final Comparator<Replica> ORDER =
            Comparator.comparing(Replica::node).thenComparingInt(Replica::incarnation);

    /// Keeps the replicas in order.
    public ReplicaSet {
        replicas = replicas.stream().sorted(ORDER).toList();
    }

    /// The replicas that vote.
    public List<Replica> voters() {
        return replicas.stream().filter(Replica::votes).toList();
    }

    /// A node's replica that is not lost: of several, the newest.
    public Optional<Replica> of(Node node) {
        return of(node.name(), node.incarnation(), false);
    }

    /// A node's newest replica that is not lost, made under this incarnation or a later one.
    Optional<Replica> of(String node, int fromIncarnation, boolean lost) {
        return replicas.stream()
                .filter(replica -> replica.node().equals(node)
                        && replica.incarnation() >= fromIncarnation
                        && replica.lost() == lost)
                .max(ORDER);
    }

    /// This node's replica under this incarnation.
    public Optional<Replica> of(String node, int incarnation) {
        return replicas.stream()
                .filter(replica -> replica.belongsTo(node, incarnation))
                .findFirst();
    }

    /// Whether the node has a replica, under whatever incarnation.
    public boolean on(String node) {
        return replicas.stream().anyMatch(replica -> replica.node().equals(node));
    }

    /// Whether this replica is being taken out: not wanted any more, but still to be kept until the Raft group has
    /// followed.
    public boolean leaving(String node, int incarnation) {
        return change.stream()
                .flatMap(under -> under.removed().stream())
                .anyMatch(replica -> replica.belongsTo(node, incarnation));
    }

    ReplicaSet started(ReplicaChange planned) {
        List<Replica> with = new ArrayList<>(replicas);
        Replica filled = planned.filled();
        with.add(new Replica(filled.node(), filled.incarnation(), Replica.Role.ADDING));
        return new ReplicaSet(with, Optional.of(planned));
    }

    /// Those added, which follow already, get their roles, those removed go.
    ReplicaSet swapped(ReplicaChange swapping) {
        List<Replica> with = new ArrayList<>(swapping.added());
        for (Replica replica : replicas) {
            if (!swapping.adds(replica) && !swapping.removed().contains(replica)) {
                with.add(replica);
            }
        }
        return new ReplicaSet(with, Optional.of(swapping));
    }

    ReplicaSet lost(String node, int incarnation, boolean isLost) {
        return new ReplicaSet(
                marking(replicas, node, incarnation, isLost),
                change.map(under -> under.marking(node, incarnation, isLost)));
    }

    static List<Replica> marking(List<Replica> replicas, String node, int incarnation, boolean isLost) {
        return replicas.stream()
                .map(replica -> replica.belongsTo(node, incarnation)
                        ? new Replica(node, incarnation, replica.role(), isLost)
                        : replica)
                .toList();
    }

    ReplicaSet done() {
        return new ReplicaSet(replicas, Optional.empty());
    }

    /// As it was before the change.
    ReplicaSet abandoned(ReplicaChange given) {
        List<Replica> before = new ArrayList<>();
        for (Replica replica : replicas) {
            if (!given.adds(replica)) {
                before.add(replica);
            } else if (given.step() == ReplicaChange.Step.SEATING) {
                before.add(new Replica(replica.node(), replica.incarnation(), Replica.Role.LISTENER, replica.lost()));
            }
        }
        if (given.step() != ReplicaChange.Step.FILLING) {
            before.addAll(given.removed());
        }
        return new ReplicaSet(before, Optional.empty());
    }
}
