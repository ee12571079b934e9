/// Runs the cluster service on a node: the cluster group's state machine, the coordinator while this node leads
/// it, and what the image wants of this node: replicas, owners, services.
///
/// How it hangs together:
/// - Every node sends its heartbeat to the coordinator every 150 ms, and to every other node every 450 ms and at
///   once when something changed ([Pulse]). It says what the node hosts, leads and has open.
/// - A process that ended is told from one that is silent: its machine refuses a new link. Then the groups that
///   it led elect at once; silence they sit out (replication's election timeouts).
/// - The node that leads the cluster group coordinates ([CoordinatorLoop]): each tick gives the heartbeats to the
///   pure core, whose events go into the cluster group's log; applying them makes the next image on every node
///   ([ClusterReplica]).
/// - On each node [Duties] asks the pure core what is to be done next, given the image and what is hosted here,
///   and does it: forming, joining and leaving storage groups, opening, handing leadership over, changing
///   members. It looks again after each change, so a step cut short is simply done again.
/// - [HostedServer] is one virtual server here: replica, gate, services ([Services]). When its gate opens the
///   services go online and [Routes] tells every front end.
/// - What two nodes must never have online at once comes online only under the node lease ([Leases]; the
///   coordinator's side is [LeaseLoop]): outside programs ([GenericService]) and addresses ([IpAddress]).
///
/// On disk, in the node's folder: `raft/` (replication), `store/NAME/` (mail), `agent/node.json` (under which
/// incarnation this node began, and which groups it has held since), `agent/inputs/` (what this node decided as
/// coordinator, and upon what; `InputLog.replay` decides it again), `removed/NAME.INCARNATION/`
/// (`raft` and `store` of a replica whose virtual server was deleted: nothing here reads it again).
///
/// Promises: a group is formed only by nodes told so before anything ran, or where a freshly read image says that
/// it was not formed yet; a replica that is damaged or gone never votes again under its old id; nothing is
/// deleted, and no membership changed, by an image that was not just read from the cluster group.
///
/// Read first: [NodeAgent], [Duties], [HostedServer], [ClusterMember].
package org.posthouse.agent;
