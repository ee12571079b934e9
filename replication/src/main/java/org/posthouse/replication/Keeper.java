package org.posthouse.replication;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;

/// Sees to what is kept of one group's past while it runs: of a member with state by snapshots ([SnapshotKeeper]), of a
/// witness by its log alone ([WitnessKeeper]).
interface Keeper {
    /// The group's server runs, or runs anew.
    void running(RaftServer server, RaftServer.Division division);

    /// Looks whether something is due. Called every few hundred milliseconds.
    void tick();

    /// Purges what can go. Called every few seconds.
    void tidy();

    /// Makes a snapshot now.
    CompletableFuture<Position> make();

    /// The leader's log begins at `firstAvailable`; this member is asked to get what is before by other means.
    ///
    /// @param restart starts the group's server anew
    /// @return where it is then; null if the leader should look again
    CompletableFuture<TermIndex> needed(GroupMachine machine, MemberId leader, long firstAvailable, Runnable restart);

    /// Bytes of an entry that went by.
    void entrySeen(int bytes);

    /// The apply thread has made a checkpoint and goes on.
    void checkpointMade(Path made, Manifest manifest);

    /// No checkpoint could be made.
    void failed(Throwable e);

    /// See [GroupMember#covered].
    void covered(long byAll, long byOne);
}
