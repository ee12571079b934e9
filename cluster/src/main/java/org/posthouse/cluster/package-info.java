/// The cluster service's core, pure: no clock, thread, socket, file, random number or log call. Time comes in as a
/// value, and everything is iterated in a fixed order, so that a decision can be made again from what was kept of
/// it.
///
/// What is here, in the order in which to read it:
/// - [org.posthouse.cluster.ClusterImage]: the state, immutable, and how an event changes it;
///   [org.posthouse.cluster.FirstPlan] makes the first one.
/// - [org.posthouse.cluster.Command], [org.posthouse.cluster.Event], [org.posthouse.cluster.Coordinator]: what is
///   asked, what happened, and the decision between them. A decision is proposed as a [org.posthouse.cluster.Change]
///   based on one version of the image; applied to any other it is refused.
/// - `OwnerPlanner`, `ReplicaPlanner`, `SeatPlanner`, `Placement`, `Room`, `Quorum`: the rules behind a tick.
///   `MembershipDecisions`: which nodes there are.
/// - [org.posthouse.cluster.NodeDecisions]: what a node does next by itself, given the image and what it hosts;
///   [org.posthouse.cluster.OpenDecision]: whether a leader may open its virtual server.
/// - [org.posthouse.cluster.Facts]: what heartbeats tell; [org.posthouse.cluster.HeartbeatTable] keeps them.
/// - [org.posthouse.cluster.ResourceType]: what a module brings so that a virtual server can have a service.
///
/// Promises: of each virtual server at most one owner and one heir are permitted at a version; an heir is never
/// named where there is no room; a planned change of replicas never leaves fewer than a majority; nothing moves back
/// unasked.
package org.posthouse.cluster;
