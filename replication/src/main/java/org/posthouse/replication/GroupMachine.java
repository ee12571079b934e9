package org.posthouse.replication;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ratis' state machine on one side, a [Replica] on the other. One object for each start of the group's Ratis server;
/// the replica outlives a restart of it.
///
/// What Ratis leaves to us:
/// - After a start it delivers again from the snapshot's index: entries that the replica has applied are skipped.
/// - The life-cycle state must be driven by hand, or an installed snapshot is never loaded.
/// - A throw in apply closes the group; whoever closes it says so to [Events#closedByRatis].
final class GroupMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(GroupMachine.class);

    /// What the machine has others do. Called on Ratis' threads; must return at once.
    interface Events {
        /// Ratis closed the group by itself.
        void closedByRatis(GroupMachine machine);

        /// The log can take nothing more.
        void logFailed(GroupMachine machine, Throwable cause);

        /// A configuration was applied in which this member's vote is not what its running server believes.
        void roleMismatch(GroupMachine machine);

        /// The leader's log begins behind ours; completes with where an installed snapshot is, or with null if the
        /// leader should look again.
        CompletableFuture<TermIndex> snapshotNeeded(GroupMachine machine, MemberId leader, long firstAvailable);

        /// A checkpoint was made and has to be completed.
        void checkpointMade(Path folder, Manifest manifest);

        /// A checkpoint failed.
        void checkpointFailed(Exception e);

        /// Bytes of an entry that went by, applied or skipped.
        void entrySeen(int bytes);

        /// A log file is about to be forced to disk.
        void beforeFlush() throws IOException;
    }

    private final GroupName group;
    private final MemberId self;
    private final Replica replica;
    private final Snapshots snapshots;
    private final GroupListener listener;
    private final Progress progress;
    private final Events events;
    /// Keeps `leaderReady` and `notLeader` in the order in which leadership came and went.
    private final ReentrantLock leadership = new ReentrantLock();

    private volatile RaftServer.Division division;
    private volatile boolean closing;
    private volatile Throwable failure;
    private final AtomicLong reloads = new AtomicLong();
    private long readyTerm = -1;
    private long checkpoints;

    GroupMachine(
            GroupName group,
            MemberId self,
            Replica replica,
            Snapshots snapshots,
            GroupListener listener,
            Progress progress,
            Events events) {
        this.group = group;
        this.self = self;
        this.replica = replica;
        this.snapshots = snapshots;
        this.listener = listener;
        this.progress = progress;
        this.events = events;
        setLastAppliedTermIndex(termIndex(replica.applied()));
    }

    static TermIndex termIndex(Position position) {
        return position.index() < 0 ? TermIndex.INITIAL_VALUE : TermIndex.valueOf(position.term(), position.index());
    }

    /// Ratis' server for the group, once it is being started.
    Optional<RaftServer.Division> division() {
        return Optional.ofNullable(division);
    }

    /// What stopped the machine, if something did.
    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /// How often an installed snapshot was loaded.
    long reloads() {
        return reloads.get();
    }

    /// From now on a close is ours.
    void expectClose() {
        closing = true;
    }

    boolean closeExpected() {
        return closing;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId id, RaftStorage storage) throws IOException {
        super.initialize(server, id, storage);
        division = server.getDivision(id);
        getLifeCycle().startAndTransition(() -> {});
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    /// Loads the snapshot that was installed. On the apply thread, with nothing else under way.
    @Override
    public void reinitialize() throws IOException {
        Snapshots.Whole whole = snapshots.newest().orElseThrow();
        progress.enter(Progress.Stage.SNAPSHOT);
        try {
            if (replica.applied().index() < whole.position().index()) {
                replica.restore(whole.folder(), whole.position());
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
            throw e;
        } finally {
            progress.enter(Progress.Stage.WAITING);
        }
        setLastAppliedTermIndex(termIndex(replica.applied()));
        getLifeCycle().startAndTransition(() -> {});
        reloads.incrementAndGet();
        LOG.info("{}: loaded the snapshot at {}", group, whole.position());
    }

    @Override
    public void close() {
        getLifeCycle().checkStateAndClose();
        if (!closing) {
            events.closedByRatis(this);
        }
    }

    // ---- entries

    @Override
    public TransactionContext startTransaction(RaftClientRequest request) throws IOException {
        TransactionContext transaction = super.startTransaction(request);
        if (request.getMessage() instanceof Proposal proposal) {
            proposal.context = transaction;
        }
        return transaction;
    }

    @Override
    public TransactionContext preAppendTransaction(TransactionContext transaction) {
        if (transaction.getClientRequest() != null
                && transaction.getClientRequest().getMessage() instanceof Proposal proposal) {
            proposal.appended = true;
        }
        return transaction;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        Position position = new Position(entry.getTerm(), entry.getIndex());
        ByteBuffer content = entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer();
        events.entrySeen(content.remaining());
        byte[] answer = null;
        if (position.index() > replica.applied().index()) {
            progress.enter(Progress.Stage.APPLYING);
            try {
                answer = replica.apply(position, content);
            } catch (RuntimeException | Error e) {
                LOG.error("{}: the replica cannot apply entry {}; the group stops here", group, position, e);
                failure = e;
                throw e;
            } finally {
                progress.enter(Progress.Stage.WAITING);
            }
        }
        noteApplied(position);
        return CompletableFuture.completedFuture(answer == null ? null : new Proposal.Answer(answer));
    }

    private void noteApplied(Position position) {
        if (position.index() > getLastAppliedTermIndex().getIndex()) {
            setLastAppliedTermIndex(termIndex(position));
        }
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        Position position = new Position(term, index);
        if (index > replica.applied().index()) {
            try {
                replica.advance(position);
            } catch (RuntimeException | Error e) {
                failure = e;
                throw e;
            }
        }
        noteApplied(position);
        announceLeadership(term);
    }

    // ---- leadership

    @Override
    public void notifyLeaderReady() {
        leadership.lock();
        try {
            readyTerm = division.getInfo().getCurrentTerm();
        } finally {
            leadership.unlock();
        }
    }

    /// Called after the leader's first entry has been passed to the replica, not only seen by Ratis.
    private void announceLeadership(long term) {
        leadership.lock();
        try {
            boolean due = readyTerm == term;
            readyTerm = due ? -1 : readyTerm;
            if (due && division.getInfo().isLeader() && division.getInfo().getCurrentTerm() == term) {
                LOG.info("{}: {} leads in term {}", group, self, term);
                listener.leaderReady(term);
            }
        } finally {
            leadership.unlock();
        }
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        leadership.lock();
        try {
            readyTerm = -1;
            LOG.info("{}: {} leads no more; {} entries were under way", group, self, pending.size());
            listener.notLeader();
        } finally {
            leadership.unlock();
        }
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
        listener.leaderChanged(RaftIds.member(leader));
    }

    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto configuration) {
        if (configuration.getOldPeersCount() > 0 || configuration.getOldListenersCount() > 0) {
            return;
        }
        listener.membersChanged(RaftIds.members(configuration.getPeersList(), configuration.getListenersList()));
        if (roleMismatch(index)) {
            events.roleMismatch(this);
        }
    }

    /// Whether the running server takes this member for something else than the configuration does, so that it has to
    /// be started anew. Two cases in 3.3.0:
    /// - A listener that was a follower before (a new member, or a voter that lost its vote) keeps a follower's
    ///   election timer, which closes the group when the leader is next lost.
    /// - A listener that got its vote while it was being started waits for the leader to call it caught up; to the
    ///   leader that added it as a listener it never is.
    ///
    /// @param index of the configuration just applied; only the last one in the log counts
    private boolean roleMismatch(long index) {
        RaftServer.Division running = division;
        if (running == null || running.getRaftConf().getLogEntryIndex() != index) {
            return false;
        }
        Optional<Member.Role> meant = RaftIds.members(running.getRaftConf()).stream()
                .filter(member -> member.id().equals(self))
                .map(Member::role)
                .findFirst();
        return meant.isPresent()
                && switch (meant.get()) {
                    case LISTENER -> running.getInfo().getCurrentRole() == RaftPeerRole.FOLLOWER;
                    case VOTER -> running.getInfo().getLifeCycleState() == LifeCycle.State.STARTING;
                };
    }

    // ---- log

    @Override
    public void notifyLogFailed(Throwable cause, LogEntryProto entry) {
        failure = cause;
        events.logFailed(this, cause);
    }

    @Override
    public CompletableFuture<Void> flush(long index) {
        try {
            events.beforeFlush();
            return CompletableFuture.completedFuture(null);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    // ---- snapshots

    /// Makes a checkpoint on the apply thread; the rest is done behind its back, so Ratis is told "none yet" (-1) and
    /// purges nothing.
    @Override
    public long takeSnapshot() {
        progress.enter(Progress.Stage.SNAPSHOT);
        try {
            Path folder = snapshots.making(checkpoints++);
            List<Replica.CheckpointFile> files = replica.checkpoint(folder);
            events.checkpointMade(folder, new Manifest(replica.applied(), files));
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: no checkpoint could be made; the log is kept", group, e);
            events.checkpointFailed(e);
        } finally {
            progress.enter(Progress.Stage.WAITING);
        }
        return RaftLog.INVALID_LOG_INDEX;
    }

    @Override
    public SnapshotInfo getLatestSnapshot() {
        return snapshots
                .newest()
                .map(whole -> new Info(termIndex(whole.position())))
                .orElse(null);
    }

    /// Ratis needs only the place; the files are ours.
    private record Info(TermIndex termIndex) implements SnapshotInfo {
        @Override
        public TermIndex getTermIndex() {
            return termIndex;
        }

        @Override
        public List<FileInfo> getFiles() {
            return List.of();
        }
    }

    @Override
    public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(RoleInfoProto role, TermIndex first) {
        RaftPeerId leader = division.getInfo().getLeaderId();
        return leader == null
                ? CompletableFuture.completedFuture(null)
                : events.snapshotNeeded(this, RaftIds.member(leader), first.getIndex());
    }

    @Override
    public String toString() {
        return group + "@" + self;
    }
}
