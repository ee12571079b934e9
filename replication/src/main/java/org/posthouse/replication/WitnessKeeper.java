package org.posthouse.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.posthouse.replication.ReplicationException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sees to a witness' log in one group. A witness makes no snapshot and gives none; what it holds of the group is its
/// log, and where that begins.
///
/// - **The mark.** Ratis wants to know a snapshot where a log does not begin at the beginning. So there is one without
///   files, a *mark*: all up to its position may be gone from this log. It is on disk before anything goes.
/// - **What may go** is what all full replicas have in their snapshots ([#covered]). If one of them is away for long,
///   the log grows up to [#LOGS_MAX] times what makes a full replica take a snapshot; then the oldest goes that is in
///   the snapshot of *one* that lives. Who is away then has to be filled by that one.
/// - **A witness whose log ends too early** for the leader to go on from drops it and begins behind the leader's newest
///   snapshot. Of that it fetches the position alone.
final class WitnessKeeper implements Keeper {
    private static final Logger LOG = LoggerFactory.getLogger(WitnessKeeper.class);
    private static final int LOGS_MAX = 10;
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final GroupName group;
    private final GroupFolder folder;
    private final Snapshots marks;
    private final Replica replica;
    private final SnapshotSource source;
    private final Limits limits;
    private final AtomicReference<CompletableFuture<TermIndex>> fetching = new AtomicReference<>();
    private final AtomicLong marksMade = new AtomicLong();
    private volatile RaftServer.Division division;
    private volatile Covered covered = new Covered(0, 0);
    private volatile boolean overLimit;

    private record Covered(long byAll, long byOne) {}

    WitnessKeeper(
            GroupName group,
            GroupFolder folder,
            Snapshots marks,
            Replica replica,
            SnapshotSource source,
            Limits limits) {
        this.group = group;
        this.folder = folder;
        this.marks = marks;
        this.replica = replica;
        this.source = source;
        this.limits = limits;
    }

    @Override
    public void running(RaftServer server, RaftServer.Division of) {
        division = of;
    }

    @Override
    public void tick() {
        // Nothing becomes due by time.
    }

    @Override
    public CompletableFuture<Position> make() {
        return CompletableFuture.failedFuture(
                new ReplicationException(Kind.REFUSED, group + ": a witness has no state to make a snapshot of"));
    }

    @Override
    public void entrySeen(int bytes) {
        // The log's files are counted when it is tidied up.
    }

    @Override
    public void checkpointMade(Path made, Manifest manifest) {
        throw new IllegalStateException(group + ": a witness was made to take a checkpoint");
    }

    @Override
    public void failed(Throwable e) {
        // Nothing is being made.
    }

    @Override
    public void covered(long byAll, long byOne) {
        covered = new Covered(byAll, byOne);
    }

    // ---- purging

    @Override
    public void tidy() {
        RaftServer.Division running = division;
        if (running == null || !running.getRaftLog().isOpened() || fetching.get() != null) {
            return;
        }
        try {
            long upto = purgeable(LogInspector.closedFilesNewestFirst(folder.current()), running.getRaftLog());
            if (upto >= running.getRaftLog().getStartIndex() && upto >= 0) {
                mark(running.getRaftLog(), upto);
                var _ = running.getRaftLog().purge(upto);
            }
            marks.cleanUp();
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: the log of this witness could not be shortened", group, e);
        }
    }

    /// The last entry that may go, -1 for none. Only whole files go.
    private long purgeable(List<long[]> newestFirst, RaftLog log) {
        Covered now = covered;
        long applied = replica.applied().index();
        long end = log.getNextIndex();
        long bytes = 0;
        for (long[] file : newestFirst) {
            bytes += file[1];
        }
        long upto = -1;
        boolean dropsNeeded = false;
        for (long[] file : newestFirst.reversed()) {
            long first = upto < 0 ? Math.max(0, log.getStartIndex()) : upto + 1;
            boolean tooLong = bytes > LOGS_MAX * limits.snapshots().bytes()
                    || end - first > LOGS_MAX * limits.snapshots().entries();
            boolean needed = file[0] > now.byAll();
            boolean may = !needed || (tooLong && file[0] <= now.byOne());
            if (!may || file[0] > applied) {
                break;
            }
            dropsNeeded |= needed;
            upto = file[0];
            bytes -= file[1];
        }
        tell(dropsNeeded, upto);
        return upto;
    }

    private void tell(boolean dropsNeeded, long upto) {
        if (dropsNeeded && !overLimit) {
            LOG.warn(
                    "{}: the log of this witness has reached its limit and is shortened to behind entry {}, though a"
                            + " full replica that is away may need what goes; the other one fills it when it is back",
                    group,
                    upto);
        }
        overLimit |= dropsNeeded;
    }

    private void mark(RaftLog log, long index) throws IOException {
        TermIndex at = log.getTermIndex(index);
        if (at == null) {
            throw new IOException(group + ": entry " + index + " is not in the log");
        }
        log.updateSnapshotIndex(
                mark(new Position(at.getTerm(), index)).position().index());
    }

    /// Durable on return.
    private Snapshots.Whole mark(Position position) throws IOException {
        return marks.complete(marks.making(marksMade.getAndIncrement()), new Manifest(position, List.of()));
    }

    // ---- beginning later

    @Override
    public CompletableFuture<TermIndex> needed(
            GroupMachine machine, MemberId leader, long firstAvailable, Runnable restart) {
        if (firstAvailable <= 0) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<TermIndex> mine = new CompletableFuture<>();
        CompletableFuture<TermIndex> other = fetching.compareAndExchange(null, mine);
        if (other != null) {
            return other;
        }
        Thread.ofVirtual().name("mark-" + group).start(() -> {
            try {
                if (holds(firstAvailable - 1)) {
                    // Ratis looks only at snapshots. With a mark there it goes on by log.
                    mark(division.getRaftLog(), firstAvailable - 1);
                    fetching.set(null);
                    mine.complete(null);
                    return;
                }
                Snapshots.Whole mark = mark(positionOf(machine, leader));
                LOG.info("{}: the log of this witness begins anew behind {}", group, mark.position());
                long before = machine.reloads();
                fetching.set(null);
                mine.complete(GroupMachine.termIndex(mark.position()));
                SnapshotKeeper.seeLoaded(machine, before, restart);
            } catch (IOException | RuntimeException e) {
                LOG.warn("{}: this witness does not know yet where its log is to begin: {}", group, e.toString());
                fetching.set(null);
                mine.completeExceptionally(e);
            }
        });
        return mine;
    }

    private boolean holds(long index) {
        RaftServer.Division running = division;
        return running != null
                && replica.applied().index() >= index
                && Optional.ofNullable(running.getRaftLog().getTermIndex(index)).isPresent();
    }

    /// Where the leader's newest snapshot is.
    private Position positionOf(GroupMachine machine, MemberId leader) throws IOException {
        while (true) {
            try {
                Manifest manifest = Manifest.decode(source.manifest(leader, group));
                manifest.mustHoldState(leader);
                return manifest.position();
            } catch (IOException e) {
                if (!SnapshotKeeper.wanted(machine, leader)) {
                    throw e;
                }
                LOG.warn("{}: {} does not say where its snapshot is: {}", group, leader, e.toString());
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }
}
