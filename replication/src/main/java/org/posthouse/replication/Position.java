package org.posthouse.replication;

/// A place in a group's log. The empty log's place is [#START].
public record Position(long term, long index) implements Comparable<Position> {
    /// Before the first entry.
    public static final Position START = new Position(0, -1);

    @Override
    public int compareTo(Position other) {
        return Long.compare(index, other.index);
    }
}
