package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;

/// A change of a group's replicas under way, one at a time for each group. It goes in two steps, each recorded in the
/// image and carried out by the group's Raft leader: the new replica is added without a vote; once its own applied
/// index has caught up, it gets its role and the old one is removed, in one change.
///
/// @param added the new replica, with the role that it is to have in the end
/// @param removed the one that it replaces, if it replaces one
/// @param step how far the change has come
/// @param since milliseconds since 1970 when the change was planned
/// @param reason why it was planned
public record ReplicaChange(Replica added, Optional<Replica> removed, Step step, long since, String reason) {

    /// The same with this replica marked as lost or not, if it is the one to be removed.
    ReplicaChange marking(String node, int incarnation, boolean isLost) {
        return new ReplicaChange(
                added,
                removed.map(old ->
                        old.belongsTo(node, incarnation) ? new Replica(node, incarnation, old.role(), isLost) : old),
                step,
                since,
                reason);
    }

    /// The two steps.
    public enum Step {
        /// The new replica follows and is being filled; the old one still counts.
        FILLING("filling"),
        /// The new one counts, the old one no more; the Raft group is to follow.
        SWAPPING("swapping");

        private final String text;

        Step(String text) {
            this.text = text;
        }

        /// As shown and stored.
        @JsonValue
        public String text() {
            return text;
        }
    }
}
