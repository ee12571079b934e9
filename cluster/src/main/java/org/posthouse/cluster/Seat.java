package org.posthouse.cluster;

/// A seat in a Raft group's configuration, as wanted or as in force.
///
/// @param votes whether it counts for the majority
/// @param priority owner and heir 1, others 0 (DESIGN.md section 4, "Priorities")
public record Seat(String node, int incarnation, boolean votes, int priority) {

    /// Whether both name the same member, whatever its vote and priority.
    public boolean sameMember(Seat other) {
        return node.equals(other.node) && incarnation == other.incarnation;
    }
}
