package org.posthouse.cluster;

import java.util.List;

/// One thing that a node has to do next for one of its groups. Found by [NodeDecisions], carried out by the agent.
public sealed interface Duty {
    /// The group that it is about.
    String group();

    /// Form the group, with these first members.
    record Form(String group, List<Seat> seats) implements Duty {}

    /// Join the running group with an empty folder, under this incarnation; what is left of an older one goes.
    record Join(String group, int incarnation) implements Duty {}

    /// Close the membership and delete its folder: the group goes on without this node.
    record Leave(String group, String reason) implements Duty {}

    /// Close the membership in the storage group of a virtual server that was deleted, and put its folder aside. Like
    /// [Reconfigure] it is carried out only if a freshly fetched image says the same.
    record PutAside(String group, String reason) implements Duty {}

    /// Nothing is held here any more of a virtual server that was deleted: tell the coordinator.
    record ReportPutAside(String group, int incarnation) implements Duty {}

    /// The replica is lost: tell the coordinator, so that it is made anew.
    record ReportLost(String group, int incarnation, String reason) implements Duty {}

    /// The cluster group goes on without this node's replica, which has not heard so: ask to take part again. The
    /// coordinator refuses if the replica still counts.
    ///
    /// @param whole whether the node's own incarnation does not count any more either, nor what it holds under it
    record Rejoin(String group, int incarnation, boolean whole) implements Duty {}

    /// As leader, replace the configuration in force by the one wanted. Being the only duty that can undo what a
    /// newer image wanted, it is carried out only if a freshly fetched image says the same.
    record Reconfigure(String group, List<Seat> expected, List<Seat> wanted) implements Duty {}

    /// As leader, give leadership to the first of these that takes it.
    ///
    /// @param move whether it is the last step of a move, so that this node serves until then
    record HandOver(String group, List<String> to, boolean move, String reason) implements Duty {}

    /// As leader, propose `Open` with this image version.
    record Open(String group, long version) implements Duty {}

    /// Take over the folder of a virtual server in shared mode, or make it where nothing was there yet.
    ///
    /// @param first whether it may be empty
    record TakeOver(String group, SharedStorage storage, boolean first) implements Duty {}

    /// Let go of such a folder. Carried out only if a freshly fetched image says the same.
    record Release(String group, String reason) implements Duty {}

    /// Fetch the current image from the cluster group: the own one permits nothing.
    record FetchImage(String group) implements Duty {}

    /// Nothing can be done; for the log.
    record Wait(String group, String reason) implements Duty {}
}
