package org.posthouse.sim;

import org.posthouse.cluster.Seat;

/// A member of a Raft group: node and incarnation, never used again once it is lost.
record Id(String node, int incarnation) implements Comparable<Id> {
    static Id of(Seat seat) {
        return new Id(seat.node(), seat.incarnation());
    }

    @Override
    public int compareTo(Id other) {
        int byNode = node.compareTo(other.node);
        return byNode != 0 ? byNode : Integer.compare(incarnation, other.incarnation);
    }

    @Override
    public String toString() {
        return node + "." + incarnation;
    }
}
