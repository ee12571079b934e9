/// Hosts Raft groups: the one place that imports Apache Ratis (3.3.0).
///
/// A group's replicated state is a [Replica] that somebody else writes; this module brings every entry of the group's
/// log to it, in order, once, on every member, and answers whoever proposed the entry. [RatisHost] is the process' side
/// of that for all its groups.
///
/// ## Files to read first
/// 1. [ReplicationHost], [GroupMember], [Replica]: what the rest of Posthouse sees.
/// 2. [HostedGroup]: one group from its folder to its Ratis server.
/// 3. [GroupMachine]: what happens to an entry, and what Ratis leaves to us.
/// 4. [SharedRpc]: one port for all groups. [Proposer]: the way in. [Membership]: who is in.
/// 5. [SnapshotKeeper], [Snapshots], [SnapshotFetch]: snapshots. [LogInspector]: damage. [Watchdog]: a leader that
/// hangs. [Recovery]: one member goes on alone. [WitnessKeeper]: a member without state.
///
/// ## On disk
/// ```
/// raft/<group>/member                        who this process is in the group, the members it was formed with
/// raft/<group>/<uuid>/current/raft-meta      Ratis: term and vote
/// raft/<group>/<uuid>/current/raft-meta.conf Ratis: the last applied configuration
/// raft/<group>/<uuid>/current/log_<a>-<b>    Ratis: closed log files; log_inprogress_<a> is being written
/// raft/<group>/snapshots/<index>-<term>/     whole snapshots: the replica's files and MANIFEST
/// raft/<group>/snapshots/incoming/           a transfer under way, resumed after a restart
/// raft/<group>/snapshots/making-<n>/         a checkpoint under way, deleted at the next start
/// raft/<group>/before-recovery/              Ratis' files of the group that this one is the successor of
/// raft/<group>.quarantined-<n>/              a damaged group, set aside
/// raft/warm-up/                              there for a second after a start
/// ```
///
/// ## Promises
/// - An entry that [ReplicatedLog#propose] answered is on stable storage of a majority, and is applied exactly once to
///   each replica, whatever crashes. A refusal other than `UNKNOWN` means that the entry is in no log.
/// - A snapshot folder with a final name is whole. The log loses nothing that is not in one, nor what a member that is
///   being sent one will need next.
/// - Damage in one group, or a throw in one replica, never stops another group.
/// - A member that lost its files never votes under its old id: [RatisHost#join] wants the next incarnation, and
///   [RatisHost#reopen] refuses a folder whose vote or log is missing.
///
/// ## Decisions
/// **A Ratis server for each group, one port for all.** Ratis has one peer id per server, and ours is node +
/// incarnation *per group*: a single quarantined group comes back under the next incarnation while the others keep
/// theirs. So each group has a server of its own (a few idle threads), and they share the gRPC endpoint, which is the
/// expensive part. The endpoint hands a request to a group only if it is meant for the very member id that the group
/// has here, so that nothing sent to a lost incarnation is ever acknowledged by its successor. It serves members only:
/// Ratis' client and administration requests are refused.
///
/// **Membership changes one vote at a time** ([ConfigurationSteps] says why); `change` takes the whole target and goes
/// there in steps. If it fails on the way, the configuration is one of the steps: read the view and ask again. The
/// reliable way to replace a replica is to `join` the new one and then name it as a voter in one `change`: Ratis fills
/// it while it has no vote, by log or snapshot, however long that takes, and only then lets it vote. A member can also
/// be added as a listener first and promoted later; the leader then waits until it holds what is committed, and at
/// least 3 s after the change before.
///
/// **Never listener and voter in one step.** Ratis 3.3.0 cannot lead while one configuration names a member as
/// both ([ConfigurationSteps]); the group stayed without a leader for good.
///
/// **Roles by restart.** A listener that was a follower before (every joined member was one) has its Ratis server
/// started anew when the configuration that makes it a listener is applied; see [GroupMachine]. The replica stays open.
///
/// **A witness is a member whose replica keeps no state** ([WitnessReplica]). Its log goes only when its owner says how
/// far ([GroupMember#covered]); a snapshot without files marks where it begins, is given to nobody, and is taken by
/// nobody. While it leads and a follower needs what it does not have, that one asks again until somebody else leads.
/// It is elected only where its log is the longest, and Ratis has it yield to a follower of higher priority that caught
/// up.
///
/// **Two ways to notice a lost leader.** Silence: nothing heard for 300 to 600 ms, by a follower whose own timer
/// was punctual (one that was late by 75 ms did not run, and waits once more, so that a starved machine does not
/// elect for nothing). Certainty: whoever knows that a process has ended ([GroupMember#ended]) makes its successor
/// stand at once.
///
/// **A member that is stuck is started anew** ([Stuck]): one was seen that heard no leader any more.
///
/// **Snapshots are all ours.** Ratis only calls on the apply thread; it is told of a snapshot once that is whole, and
/// purges only when told to. Chunked installation is off; a member that needs a snapshot fetches it through
/// [SnapshotSource].
///
/// **Metrics are off** ([NoMetrics]), and Ratis' retry cache is kept for half a second: exactly-once is the state
/// machine's own business.
///
/// ## What we know about Ratis 3.3.0
/// Read in its source or seen in our tests; each of these is handled here unless it says otherwise.
/// - Opening a group whose folder is missing formats a new one, which could vote. Hence [GroupFolder.State].
/// - Binding a port in use ends the process (`ExitUtils`). Closing a channel waits 3 s for a peer that is gone.
/// - After a pause of the process of 60 s a server closes all its groups, and after a short one every leader steps
///   down; both set out of reach ([RatisProperties]). Who was replaced meanwhile hears so from the group.
/// - A server that is told to install a snapshot before its log is open may hear no leader any more; [SharedRpc] lets
///   nobody call it before it has started.
/// - An entry that gets its place in the log just as leadership is handed over makes the target's log too short to be
///   elected, and a third member is: [Proposer#hold] keeps entries back meanwhile.
/// - Each entry goes to each follower by itself, and each commit by a message of its own; [EntrySender] gathers them.
/// - A change of members whose new one is silent fails only while the leader has nothing else to do; [EntrySender]
///   sees to it that it fails under load too. Until it has, no other change is possible.
/// - A member newly added as a *listener* counts as "not caught up" to that leader for ever. If a later change fails,
///   the leader drops such a member's sender; [Membership] then has it give way, and the next leader has them all.
/// - A follower that drops entries of an earlier term, or is sent entries again, may forget the configurations behind
///   them and go by an old one; [EntryReceiver] gives it nothing twice that it holds, and the others once more.
/// - Every member that is being added is first told to install a snapshot, even where the leader has the whole log.
/// - A snapshot that was installed, but not yet loaded when a leader with a longer log takes over, is never loaded (an
///   assertion fails at every request); [SnapshotKeeper] starts the server anew.
/// - Leadership is refused to others, and entries are refused, while a transfer is under way; [Proposer] tries again.
/// - Known and not closed: a member that is promoted from listener cannot vote between the first (joint) and second
///   configuration entry of that change. If the leader is lost for good just then (some milliseconds), and its vote is
///   needed, nobody is elected until the leader returns.
/// - Known and not closed: the address of a known peer id is not changed before a restart of the process.
///
/// Ratis logs much: run `org.apache.ratis` at level WARN, and `org.apache.ratis.grpc` at ERROR.
package org.posthouse.replication;
