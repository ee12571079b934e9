/// The cluster service simulated: the core's real decisions in one thread, on fake time, network, disks and stores,
/// from a seed that plays the same again. `./posthouse sim` runs it ([SimCommand]).
///
/// Real are `cluster`'s [org.posthouse.cluster.Coordinator], [org.posthouse.cluster.NodeDecisions],
/// [org.posthouse.cluster.ClusterImage] and [org.posthouse.cluster.HeartbeatTable]. Modelled is what is around them,
/// with the product's times:
/// - [org.posthouse.sim.Timeline], [org.posthouse.sim.SimNode], [org.posthouse.sim.Network]: time, machines with clocks
///   that stop or jump, processes that are killed or frozen, messages that are late or lost.
/// - [org.posthouse.sim.RaftMember], [org.posthouse.sim.Leadership], [org.posthouse.sim.RaftDisk]: Raft as Ratis does
///   it, on disks that lose what was not forced. Each node has its own image, and a deposed leader may still believe
///   that it leads.
/// - [org.posthouse.sim.Agent], [org.posthouse.sim.Duties], [org.posthouse.sim.Coordinating],
///   [org.posthouse.sim.Hosted], [org.posthouse.sim.Store]: what `agent` and `mailstore` do around the decisions.
/// - [org.posthouse.sim.Clients], [org.posthouse.sim.Operator], [org.posthouse.sim.Faults]: what comes from outside.
///
/// [org.posthouse.sim.Invariant] names what must hold; [org.posthouse.sim.Logs], [org.posthouse.sim.Stores],
/// [org.posthouse.sim.Images] and [org.posthouse.sim.PolicyCheck] see everything at once and check it as it happens.
/// [org.posthouse.sim.Mistake] lists what is done wrong on purpose, in this package only, to see that it is noticed.
///
/// Promises: no clock, thread or chance but from the seed within a run, and nothing iterated in an order that changes
/// from run to run; so a seed prints and replays exactly.
///
/// Left out: snapshots of logs, `Close` (no decision orders one yet), shared storage, restarts of resources in place,
/// front ends and their sessions.
///
/// Read [org.posthouse.sim.Run], [org.posthouse.sim.Agent] and [org.posthouse.sim.RaftMember] first.
package org.posthouse.sim;
