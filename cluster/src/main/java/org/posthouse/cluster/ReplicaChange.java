package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;

/// A change of a group's replicas under way, one at a time for each group, recorded in the image and carried out by the
/// group's Raft leader. A new replica comes in two steps: it is added without a vote; once its own applied index has
/// caught up, it gets its role and the old one is removed, in one change. What follows already and what only goes needs
/// the second step alone. A change whose new replica is lost, or stays away, before it counts is given up.
///
/// @param added with the role that each is to have in the end; one while it is being filled
/// @param removed those that go when they begin to count
/// @param step how far the change has come
/// @param since milliseconds since 1970 when the change was planned
/// @param reason why it was planned
public record ReplicaChange(List<Replica> added, List<Replica> removed, Step step, long since, String reason) {

    /// The replica that is being filled.
    Replica filled() {
        return added.getFirst();
    }

    /// Whether this replica is among those added.
    boolean adds(Replica replica) {
        return added.stream().anyMatch(coming -> coming.belongsTo(replica.node(), replica.incarnation()));
    }

    ReplicaChange at(Step next) {
        return new ReplicaChange(added, removed, next, since, reason);
    }

    /// What is changed, in a few words.
    public String text() {
        String come = String.join(" and ", added.stream().map(Replica::toString).toList());
        String go = String.join(" and ", removed.stream().map(Replica::toString).toList());
        String what = come.isEmpty() ? go + " goes" : go.isEmpty() ? come : come + " for " + go;
        return what + ", " + step.text();
    }

    /// The same with this replica marked as lost or not, if it is one of those that come or go.
    ReplicaChange marking(String node, int incarnation, boolean isLost) {
        return new ReplicaChange(
                ReplicaSet.marking(added, node, incarnation, isLost),
                ReplicaSet.marking(removed, node, incarnation, isLost),
                step,
                since,
                reason);
    }

    /// The steps.
    public enum Step {
        /// The new replica follows and is being filled; the old one still counts.
        FILLING("filling"),
        /// The new one counts, the old one no more; the Raft group is to follow.
        SWAPPING("swapping"),
        /// The same where nothing had to be filled: some that followed get a vote, some go.
        SEATING("changing votes");

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
