package org.posthouse.replication;

/// Who takes part in a Raft group: a node under one incarnation. A node whose folder was lost comes back under
/// the next incarnation, because a wiped replica that voted under its old id could elect an empty leader.
public record MemberId(String node, int incarnation) implements Comparable<MemberId> {

    /// The inverse of [#toString].
    ///
    /// @throws IllegalArgumentException if the text is not `node.incarnation`
    public static MemberId parse(String text) {
        int dot = text.lastIndexOf('.');
        if (dot < 1) {
            throw new IllegalArgumentException("not a member id (node.incarnation): '" + text + "'");
        }
        return new MemberId(text.substring(0, dot), Integer.parseInt(text.substring(dot + 1)));
    }

    @Override
    public int compareTo(MemberId other) {
        int byNode = node.compareTo(other.node);
        return byNode != 0 ? byNode : Integer.compare(incarnation, other.incarnation);
    }

    @Override
    public String toString() {
        return node + "." + incarnation;
    }
}
