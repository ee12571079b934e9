package org.posthouse.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.util.LifeCycle;
import org.posthouse.replication.ReplicationException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sees to one group's snapshots while it runs: makes them when due, purges the log behind them, and fetches another
/// member's where the log there begins too late for this one.
final class SnapshotKeeper implements Keeper {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);
    private static final Duration CHECKPOINT_MAX = Duration.ofMinutes(5);
    private static final Duration FETCH_PAUSE_MAX = Duration.ofSeconds(5);

    private final GroupName group;
    private final GroupFolder folder;
    private final Snapshots snapshots;
    private final Replica replica;
    private final SnapshotSource source;
    private final Limits limits;
    private final ClientId client = ClientId.randomId();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicReference<CompletableFuture<Position>> making = new AtomicReference<>();
    private final AtomicReference<CompletableFuture<TermIndex>> fetching = new AtomicReference<>();

    private volatile RaftServer server;
    private volatile RaftServer.Division division;
    /// What went by since the last checkpoint.
    private final AtomicLong entries = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private volatile double share;

    SnapshotKeeper(
            GroupName group,
            GroupFolder folder,
            Snapshots snapshots,
            Replica replica,
            SnapshotSource source,
            Limits limits) {
        this.group = group;
        this.folder = folder;
        this.snapshots = snapshots;
        this.replica = replica;
        this.source = source;
        this.limits = limits;
        drawShare();
    }

    @Override
    public void running(RaftServer now, RaftServer.Division of) {
        server = now;
        division = of;
        // What was asked of the server before is answered by nobody.
        failed(new IOException("the group's server was started anew"));
    }

    /// So that members do not all make their snapshot at the same entry.
    private void drawShare() {
        share = ThreadLocalRandom.current().nextDouble(0.6, 1.0);
    }

    @Override
    public void entrySeen(int length) {
        entries.incrementAndGet();
        bytes.addAndGet(length);
    }

    /// Makes a snapshot if one is due.
    @Override
    public void tick() {
        if (division == null || making.get() != null || fetching.get() != null) {
            return;
        }
        boolean due = entries.get() >= limits.snapshots().entries() * share
                || bytes.get() >= limits.snapshots().bytes() * share
                || (entries.get() > 0
                        && snapshots.age().compareTo(limits.snapshots().age()) > 0);
        if (due) {
            var _ = make().whenComplete((position, e) -> {
                if (e != null) {
                    LOG.warn("{}: no snapshot was made; the log is kept: {}", group, e.getMessage());
                } else {
                    LOG.info("{}: made a snapshot at {}", group, position);
                }
            });
        }
    }

    /// Purges what a transfer that has ended meanwhile had held.
    @Override
    public void tidy() {
        if (division == null) {
            return;
        }
        try {
            snapshots.cleanUp();
            purge();
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: old snapshots or log files could not be removed", group, e);
        }
    }

    // ---- making

    /// Makes a snapshot now, or joins in waiting for the one that is being made.
    @Override
    public CompletableFuture<Position> make() {
        CompletableFuture<Position> mine = new CompletableFuture<>();
        CompletableFuture<Position> other = making.compareAndExchange(null, mine);
        if (other != null) {
            return other;
        }
        Thread.ofVirtual().name("snapshot-" + group).start(() -> {
            try {
                replica.prepareCheckpoint();
                askForCheckpoint(mine);
            } catch (IOException | RuntimeException e) {
                failed(e);
            }
        });
        return mine;
    }

    /// Ratis calls [GroupMachine#takeSnapshot] on the apply thread.
    private void askForCheckpoint(CompletableFuture<Position> mine) throws IOException {
        RaftServer.Division running = division;
        if (running == null) {
            throw new IOException("the group is not running");
        }
        CompletableFuture<RaftClientReply> asked = server.snapshotManagementAsync(SnapshotManagementRequest.newCreate(
                client,
                server.getId(),
                running.getMemberId().getGroupId(),
                calls.incrementAndGet(),
                CHECKPOINT_MAX.toMillis(),
                1));
        var _ = asked.orTimeout(CHECKPOINT_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((reply, e) -> {
                    if (e != null) {
                        failed(e);
                    } else if (reply.getException() != null) {
                        failed(reply.getException());
                    } else if (reply.getLogIndex() >= 0 && making.compareAndSet(mine, null)) {
                        // Nothing was applied since the newest one; otherwise the machine answers -1 and completes it
                        // later.
                        mine.complete(snapshots
                                .newest()
                                .map(Snapshots.Whole::position)
                                .orElse(Position.START));
                    }
                });
    }

    @Override
    public void failed(Throwable e) {
        CompletableFuture<Position> mine = making.getAndSet(null);
        if (mine != null) {
            mine.completeExceptionally(new ReplicationException(
                    Kind.UNAVAILABLE, group + ": no snapshot could be made: " + e.getMessage(), e));
        }
    }

    /// The rest happens here.
    @Override
    public void checkpointMade(Path made, Manifest manifest) {
        entries.set(0);
        bytes.set(0);
        drawShare();
        Thread.ofVirtual().name("snapshot-" + group).start(() -> {
            try {
                Snapshots.Whole whole = snapshots.complete(made, manifest);
                noteInRatis(whole.position().index());
                snapshots.cleanUp();
                purge();
                CompletableFuture<Position> mine = making.getAndSet(null);
                if (mine != null) {
                    mine.complete(whole.position());
                }
            } catch (IOException | RuntimeException e) {
                failed(e);
            }
        });
    }

    private void noteInRatis(long index) {
        RaftServer.Division running = division;
        if (running != null) {
            running.getRaftLog().updateSnapshotIndex(index);
        }
    }

    /// Removes log files behind the newest snapshot, or behind the one that is being sent, but keeps some, so that a
    /// member that was away for a moment needs no snapshot.
    private void purge() throws IOException {
        RaftServer.Division running = division;
        if (running == null || !running.getRaftLog().isOpened()) {
            return;
        }
        long limit = snapshots.purgeable();
        long kept = 0;
        for (long[] file : LogInspector.closedFilesNewestFirst(folder.current())) {
            if (file[0] <= limit) {
                if (kept >= limits.snapshots().logKeptBytes()) {
                    if (file[0] >= running.getRaftLog().getStartIndex()) {
                        var _ = running.getRaftLog().purge(file[0]);
                    }
                    return;
                }
                kept += file[1];
            }
        }
    }

    // ---- fetching

    /// Gets it from a snapshot.
    @Override
    public CompletableFuture<TermIndex> needed(
            GroupMachine machine, MemberId leader, long firstAvailable, Runnable restart) {
        if (firstAvailable <= 0) {
            // Ratis asks every new member first, even where the leader has the whole log.
            return CompletableFuture.completedFuture(null);
        }
        if (replica.applied().index() >= firstAvailable - 1) {
            // All is here, but Ratis looks only at snapshots. With one of our own it goes on by log.
            ownSnapshot();
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<TermIndex> mine = new CompletableFuture<>();
        CompletableFuture<TermIndex> other = fetching.compareAndExchange(null, mine);
        if (other != null) {
            return other;
        }
        Thread.ofVirtual().name("fetch-" + group).start(() -> {
            try {
                Snapshots.Whole whole = fetch(machine, leader);
                long before = machine.reloads();
                fetching.set(null);
                mine.complete(GroupMachine.termIndex(whole.position()));
                seeLoaded(machine, before, restart);
            } catch (IOException | RuntimeException e) {
                LOG.warn("{}: no snapshot from {}: {}", group, leader, e.toString());
                fetching.set(null);
                mine.completeExceptionally(e);
            }
        });
        return mine;
    }

    private void ownSnapshot() {
        long applied = replica.applied().index();
        if (snapshots.newestIndex() >= applied) {
            noteInRatis(snapshots.newestIndex());
        } else if (making.get() == null) {
            var _ = make().whenComplete((position, e) ->
                    LOG.info("{}: snapshot of our own, in place of the leader's: {}", group, e == null ? position : e));
        }
    }

    @Override
    public void covered(long byAll, long byOne) {
        // What may be purged is known from this member's own snapshots.
    }

    private Snapshots.Whole fetch(GroupMachine machine, MemberId leader) throws IOException {
        Duration pause = Duration.ofMillis(100);
        while (true) {
            try {
                return new SnapshotFetch(
                                group,
                                snapshots,
                                source,
                                leader,
                                () -> wanted(machine, leader),
                                limits.snapshots().fetchBytesPerSecond())
                        .run();
            } catch (IOException e) {
                if (!wanted(machine, leader)) {
                    throw e;
                }
                LOG.warn("{}: the snapshot from {} was interrupted and goes on in {}: {}", group, leader, pause, e);
                LockSupport.parkNanos(pause.toNanos());
                pause = pause.multipliedBy(2).compareTo(FETCH_PAUSE_MAX) < 0 ? pause.multipliedBy(2) : FETCH_PAUSE_MAX;
            }
        }
    }

    /// Whether that member is still the leader here, as far as is known.
    static boolean wanted(GroupMachine machine, MemberId leader) {
        Optional<MemberId> now = machine.division()
                .filter(running -> running.getInfo().isAlive())
                .map(running -> running.getInfo().getLeaderId())
                .map(RaftIds::member);
        return !machine.closeExpected()
                && now.map(leader::equals).orElse(true)
                && machine.division()
                        .map(running -> running.getInfo().isAlive())
                        .orElse(false);
    }

    /// Ratis loads the snapshot when the leader next asks. If the leader is another by then, whose log begins earlier,
    /// Ratis fails at that request for good (an assertion in 3.3.0's SnapshotInstallationHandler), so the server is
    /// started anew and loads the snapshot as it starts.
    static void seeLoaded(GroupMachine machine, long before, Runnable restart) {
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (machine.reloads() == before && !machine.closeExpected()) {
            // Paused, it is loading already, which takes what it takes.
            if (System.nanoTime() > end && machine.getLifeCycleState() == LifeCycle.State.RUNNING) {
                restart.run();
                return;
            }
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }
}
