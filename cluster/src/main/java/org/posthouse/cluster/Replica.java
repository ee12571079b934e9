package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonValue;

/// One replica of a group, as the image wants it.
///
/// @param node where it is
/// @param incarnation under which the node takes part in this group
/// @param role what it does in the group
/// @param lost whether its node has said that it is damaged or gone: it counts as dead until it was replaced
public record Replica(String node, int incarnation, Role role, boolean lost) {

    /// A replica that is not lost.
    public Replica(String node, int incarnation, Role role) {
        this(node, incarnation, role, false);
    }

    /// What a replica does.
    public enum Role {
        /// Votes and counts for the majority.
        VOTER("voter"),
        /// Follows the log for good, without a vote: the cluster group's even member.
        LISTENER("listener"),
        /// Being filled; follows without a vote until it has caught up.
        ADDING("adding");

        private final String text;

        Role(String text) {
            this.text = text;
        }

        /// As shown and stored.
        @JsonValue
        public String text() {
            return text;
        }
    }

    /// Whether it votes.
    public boolean votes() {
        return role == Role.VOTER;
    }

    /// Whether it is this node's, under this incarnation.
    public boolean belongsTo(String nodeName, int nodeIncarnation) {
        return node.equals(nodeName) && incarnation == nodeIncarnation;
    }

    @Override
    public String toString() {
        return node + "." + incarnation;
    }
}
