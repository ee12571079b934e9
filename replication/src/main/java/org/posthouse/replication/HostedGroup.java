package org.posthouse.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.util.LifeCycle;
import org.posthouse.replication.ReplicationException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One group of this process, from its folder to its Ratis server.
///
/// The Ratis server may be started anew while the group goes on (after a failure of the log, or to take up another
/// role); the replica stays open meanwhile. `lock` is held while the server starts or stops, never while anything is
/// called that waits for the group.
final class HostedGroup implements GroupMember, GroupMachine.Events {
    private static final Logger LOG = LoggerFactory.getLogger(HostedGroup.class);
    private static final long SILENT_MILLIS = 4_000;

    /// Rarely enough that a new connection gets to show that it works, also on a machine that is short of time.
    private static final Duration SILENT_RECONNECT = Duration.ofSeconds(20);
    private static final Duration RETURNED_RECONNECT = Duration.ofMillis(200);
    private static final Duration LOG_RETRY_MAX = Duration.ofSeconds(30);
    private static final Duration UNSTICK_AGAIN = Duration.ofSeconds(15);
    private static final Duration UNSTICK_AGAIN_MAX = Duration.ofMinutes(5);

    /// What a running server consists of.
    private record Running(
            RaftServer server,
            RaftServer.Division division,
            GroupMachine machine,
            Proposer proposer,
            Membership membership) {}

    private final GroupName group;
    private final GroupFolder folder;
    private final GroupFolder.Identity identity;
    private final Settings settings;
    private final SharedRpc rpc;
    private final ScheduledExecutorService timer;
    private final Replica replica;
    private final GroupListener listener;
    private final Progress progress = new Progress();
    private final ReentrantLock lock = new ReentrantLock();

    private Snapshots snapshots;
    private Keeper keeper;
    private volatile Running running;
    private volatile String failure;
    private volatile boolean closed;
    /// Run before each flush of the log; tests let it hang.
    volatile Runnable flushProbe = () -> {};

    private long folderChanged = -1;
    private long unstuckAt = System.nanoTime() - UNSTICK_AGAIN_MAX.toNanos(); // of the tidying thread
    private int unstuckTimes;
    private int logFailures;
    private long logFailedAt;

    HostedGroup(
            GroupName group,
            GroupFolder folder,
            GroupFolder.Identity identity,
            Settings settings,
            SharedRpc rpc,
            ScheduledExecutorService timer,
            Replica replica,
            GroupListener listener) {
        this.group = group;
        this.folder = folder;
        this.identity = identity;
        this.settings = settings;
        this.rpc = rpc;
        this.timer = timer;
        this.replica = replica;
        this.listener = listener;
    }

    // ---- opening and closing

    /// Starts a member whose folder was just made.
    void startEmpty() throws IOException {
        lock.lock();
        try {
            snapshots = Snapshots.open(
                    group, folder.snapshots(), settings.limits().snapshots().sendHold());
            Position position = replica.open();
            if (position.index() >= 0) {
                throw new IOException(
                        group + ": a new member begins with an empty replica, but this one is at " + position);
            }
            start();
        } finally {
            lock.unlock();
        }
    }

    /// Starts a member from its folder.
    ///
    /// @throws LogInspector.Damaged if the folder cannot be used
    void startFromFolder() throws IOException {
        lock.lock();
        try {
            snapshots = Snapshots.open(
                    group, folder.snapshots(), settings.limits().snapshots().sendHold());
            LogInspector.Findings log = LogInspector.inspect(folder.current(), snapshots.newestIndex());
            Position position = replica.open();
            if (position.index() < snapshots.newestIndex()) {
                Snapshots.Whole whole = snapshots.newest().orElseThrow();
                LOG.info("{}: the replica is at {}; restoring the snapshot at {}", group, position, whole.position());
                replica.restore(whole.folder(), whole.position());
                position = replica.applied();
            }
            if (position.index() > Math.max(log.last(), snapshots.newestIndex())) {
                throw new LogInspector.Damaged("the log ends at entry " + log.last()
                        + ", before what the replica has applied (" + position + "): it has lost its end");
            }
            // Ratis renames raft-meta without forcing the folder to disk; a rename not forced yet is forced here.
            Durable.syncFolder(folder.current());
            start();
        } finally {
            lock.unlock();
        }
    }

    private void start() throws IOException {
        GroupMachine machine = new GroupMachine(group, self(), replica, snapshots, listener, progress, this);
        RaftProperties properties = RatisProperties.ofGroup(settings.limits(), folder.path());
        RaftServer server = RaftServer.newBuilder()
                .setServerId(RaftIds.peer(self()))
                .setGroup(RaftGroup.valueOf(folder.id(), RaftIds.peers(identity.initial())))
                .setOption(StartupOption.RECOVER)
                .setStateMachineRegistry(_ -> {
                    RatisProperties.beforeGroup(properties, settings.limits());
                    return machine;
                })
                .setProperties(properties)
                .setParameters(rpc.parameters())
                .build();
        if (keeper == null) {
            keeper = replica.keepsState()
                    ? new SnapshotKeeper(group, folder, snapshots, replica, settings.snapshots(), settings.limits())
                    : new WitnessKeeper(group, folder, snapshots, replica, settings.snapshots(), settings.limits());
        }
        try {
            server.start();
            rpc.register(folder.id(), server);
            RaftServer.Division division = server.getDivision(folder.id());
            keeper.running(server, division);
            Proposer proposer = new Proposer(group, division, settings.limits(), progress, timer);
            running = new Running(
                    server, division, machine, proposer, new Membership(group, self(), server, division, proposer));
        } catch (IOException | RuntimeException e) {
            machine.expectClose();
            rpc.unregister(folder.id(), server);
            server.close();
            throw e instanceof IOException io ? io : new IOException(group + ": Ratis did not start", e);
        }
    }

    private void stopServer() throws IOException {
        Running stopping = running;
        running = null;
        if (stopping != null) {
            stopping.machine().expectClose();
            rpc.unregister(folder.id(), stopping.server());
            stopping.server().close();
        }
    }

    /// Closes server and replica. Blocks until done.
    void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                stopServer();
                replica.close();
            }
        } catch (IOException e) {
            LOG.warn("{}: did not close in order", group, e);
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    GroupFolder folder() {
        return folder;
    }

    /// What other members are given.
    ///
    /// @throws IOException on a witness, which has no state and gives nothing
    Snapshots snapshotsToGive() throws IOException {
        if (!replica.keepsState()) {
            throw new IOException(self().node() + " is a witness of group " + group + " and has no snapshot to give");
        }
        return snapshots;
    }

    private void fail(String reason, Throwable cause) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            failure = reason;
            LOG.error("{}: {} is out of service: {}", group, self(), reason, cause);
        } finally {
            lock.unlock();
        }
        close();
        listener.failed(reason, cause);
    }

    /// Stops and starts the Ratis server under the replica.
    private void restart(GroupMachine of, String reason) {
        lock.lock();
        try {
            Running now = running;
            if (closed || now == null || now.machine() != of) {
                return;
            }
            LOG.info("{}: starting {} anew: {}", group, self(), reason);
            stopServer();
            LogInspector.inspect(folder.current(), snapshots.newestIndex());
            Optional<Snapshots.Whole> newest = snapshots.newest();
            if (newest.isPresent()
                    && replica.applied().index() < newest.get().position().index()) {
                replica.restore(newest.get().folder(), newest.get().position());
            }
            start();
        } catch (IOException | RuntimeException e) {
            background("fail", () -> fail("it could not be started anew (" + reason + "): " + e.getMessage(), e));
        } finally {
            lock.unlock();
        }
    }

    private void background(String what, Runnable work) {
        Thread.ofVirtual().name(what + "-" + group).start(work);
    }

    // ---- what the machine reports

    @Override
    public void closedByRatis(GroupMachine machine) {
        background("closed", () -> {
            Optional<Throwable> cause = machine.failure();
            boolean member = machine.division()
                    .map(division -> RaftIds.members(division.getRaftConf()).stream()
                            .anyMatch(named -> named.id().equals(self())))
                    .orElse(true);
            if (cause.isPresent()) {
                fail("the replica or the log failed: " + cause.get(), cause.get());
            } else if (!member) {
                fail("it was removed from the group", null);
            } else {
                fail("Ratis closed it; its log has the reason", null);
            }
        });
    }

    /// The log takes nothing more once a write has failed, even when the disk has room again, so the server is started
    /// anew, later each time. A leader gives way first.
    @Override
    public void logFailed(GroupMachine machine, Throwable cause) {
        background("log-failed", () -> {
            long wait;
            lock.lock();
            try {
                Running now = running;
                if (closed || now == null || now.machine() != machine || failure != null) {
                    return;
                }
                failure = "the log cannot be written: " + cause.getMessage();
                logFailures = System.nanoTime() - logFailedAt > TimeUnit.MINUTES.toNanos(2) ? 0 : logFailures + 1;
                logFailedAt = System.nanoTime();
                wait = Math.min(500L << Math.min(logFailures, 10), LOG_RETRY_MAX.toMillis());
                LOG.error("{}: {}; giving way and trying again in {} ms", group, failure, wait, cause);
            } finally {
                lock.unlock();
            }
            var _ = timer.schedule(
                    () -> background("log-retry", () -> {
                        restart(machine, "the log could not be written");
                        failure = closed ? failure : null;
                    }),
                    wait,
                    TimeUnit.MILLISECONDS);
        });
    }

    @Override
    public void roleMismatch(GroupMachine machine) {
        background("role", () -> restart(machine, "its role in the group has changed"));
    }

    @Override
    public CompletableFuture<TermIndex> snapshotNeeded(GroupMachine machine, MemberId leader, long firstAvailable) {
        return keeper.needed(
                machine,
                leader,
                firstAvailable,
                () -> background("reload", () -> restart(machine, "an installed snapshot was not loaded")));
    }

    @Override
    public void checkpointMade(Path made, Manifest manifest) {
        keeper.checkpointMade(made, manifest);
    }

    @Override
    public void checkpointFailed(Exception e) {
        keeper.failed(e);
    }

    @Override
    public void entrySeen(int bytes) {
        keeper.entrySeen(bytes);
    }

    /// Ratis forces a log file to disk but not its name. When the folder has changed since the last time, its names
    /// are forced first, so that no entry is acknowledged in a file that a loss of power could take away.
    @Override
    public void beforeFlush() throws IOException {
        flushProbe.run();
        long changed = Files.getLastModifiedTime(folder.current()).to(TimeUnit.NANOSECONDS);
        if (changed != folderChanged) {
            Durable.syncFolder(folder.current());
            folderChanged = changed;
        }
    }

    // ---- looked after by the host

    void tick() {
        Keeper now = keeper;
        if (now != null && !closed) {
            now.tick();
        }
    }

    void tidy() {
        Keeper now = keeper;
        Running leading = running;
        if (now == null || leading == null || closed) {
            return;
        }
        now.tidy();
        unstick(leading);
        for (Follower follower : leading.membership().followers()) {
            if (follower.lastHeardMillis() > SILENT_MILLIS) {
                rpc.reconnect(RaftIds.peer(follower.id()), SILENT_RECONNECT);
            }
        }
    }

    /// Starts the server anew if it has stopped taking part, rarer each time.
    private void unstick(Running now) {
        Optional<String> how =
                Stuck.look(now.division(), self(), settings.limits().electionMax());
        long since = System.nanoTime() - unstuckAt;
        if (how.isEmpty()) {
            unstuckTimes = since > UNSTICK_AGAIN_MAX.toNanos() ? 0 : unstuckTimes;
        } else if (since
                > Math.min(UNSTICK_AGAIN.toNanos() << Math.min(unstuckTimes, 10), UNSTICK_AGAIN_MAX.toNanos())) {
            unstuckAt = System.nanoTime();
            unstuckTimes++;
            restart(now.machine(), how.get());
        }
    }

    void returned(String node) {
        Running now = running;
        if (now != null && !closed) {
            now.membership().members().stream()
                    .map(Member::id)
                    .filter(id -> id.node().equals(node))
                    .forEach(id -> rpc.reconnect(RaftIds.peer(id), RETURNED_RECONNECT));
        }
    }

    /// The watchdog was late; see [Progress#watchedLate]. Takes no lock.
    void watchedLate(long now) {
        progress.watchedLate(now);
    }

    /// Whether this member hangs, and how. Takes no lock.
    Optional<String> hangs(long now) {
        Running watched = running;
        return watched == null || closed
                ? Optional.empty()
                : progress.hangs(now, watched.division().getRaftLog().getFlushIndex(), settings.limits());
    }

    /// Whether this member is the leader, ready or not. Takes no lock.
    boolean leads() {
        Running watched = running;
        return watched != null && watched.division().getInfo().isLeader();
    }

    /// Gives leadership up and does not stand for election while it hangs. The only voter stands all the same: nobody
    /// else could.
    void giveWay() {
        Running now = running;
        if (now == null) {
            return;
        }
        boolean alone = now.membership().members().stream()
                        .filter(member -> member.role() == Member.Role.VOTER)
                        .count()
                == 1;
        if (!alone) {
            now.membership().standForElection(false);
        }
        var _ = now.membership().stepDown().whenComplete((_, e) -> {
            if (e != null) {
                LOG.warn("{}: did not give way", group, e);
            }
        });
    }

    /// The end of [#giveWay]. A candidacy that was suppressed leaves Ratis waiting for another to be elected; if there
    /// is none the server is started anew.
    void standAgain() {
        Running now = running;
        if (now != null) {
            LOG.info("{}: {} does not hang any more", group, self());
            now.membership().standForElection(true);
            if (now.division().getInfo().isCandidate()) {
                restart(now.machine(), "it hung and stood for no election");
            }
        }
    }

    // ---- GroupMember

    @Override
    public GroupName group() {
        return group;
    }

    @Override
    public MemberId self() {
        return identity.self();
    }

    private <T> CompletableFuture<T> unavailable() {
        String why = failure;
        return CompletableFuture.failedFuture(new ReplicationException(
                Kind.UNAVAILABLE, group + ": " + (why != null ? why : closed ? "closed" : "being started anew")));
    }

    @Override
    public CompletableFuture<byte[]> propose(byte[] entry) {
        Running now = running;
        return now == null ? unavailable() : now.proposer().propose(entry);
    }

    @Override
    public CompletableFuture<Void> confirmLeadership() {
        Running now = running;
        return now == null ? unavailable() : now.proposer().confirmLeadership();
    }

    @Override
    public CompletableFuture<Void> transfer(MemberId to, Duration deadline) {
        Running now = running;
        return now == null ? unavailable() : now.membership().transfer(to, deadline);
    }

    @Override
    public CompletableFuture<Void> stepDown() {
        Running now = running;
        return now == null ? unavailable() : now.membership().stepDown();
    }

    @Override
    public void ended(MemberId other) {
        Running now = running;
        if (now != null && now.membership().succeeds(other)) {
            background("stand", () -> {
                LOG.info("{}: the process of the leader {} has ended; {} stands for election", group, other, self());
                now.membership().stand(other);
            });
        }
    }

    @Override
    public CompletableFuture<Void> change(List<Member> expected, List<Member> members) {
        Running now = running;
        return now == null ? unavailable() : now.membership().change(expected, members);
    }

    @Override
    public CompletableFuture<Position> snapshot() {
        Running now = running;
        return now == null ? unavailable() : keeper.make();
    }

    @Override
    public void covered(long byAll, long byOne) {
        Keeper now = keeper;
        if (now != null) {
            now.covered(byAll, byOne);
        }
    }

    @Override
    public View view() {
        Running now = running;
        Optional<String> why = Optional.ofNullable(failure);
        long snapshotIndex = snapshots.newestIndex();
        if (now == null || !now.division().getRaftLog().isOpened()) {
            return new View(
                    Optional.empty(),
                    false,
                    0,
                    List.of(),
                    false,
                    -1,
                    replica.applied(),
                    snapshotIndex,
                    -1,
                    List.of(),
                    why.or(() -> Optional.of(closed ? "closed" : "being started anew")));
        }
        DivisionInfo info = now.division().getInfo();
        RaftPeerId leader = info.getLeaderId();
        RaftLog log = now.division().getRaftLog();
        return new View(
                Optional.ofNullable(leader).map(RaftIds::member),
                info.isLeader() && info.isLeaderReady() && info.getLifeCycleState() == LifeCycle.State.RUNNING,
                info.getCurrentTerm(),
                now.membership().members(),
                now.membership().settled(),
                log.getLastCommittedIndex(),
                replica.applied(),
                snapshotIndex,
                log.getStartIndex(),
                now.membership().followers(),
                why);
    }

    @Override
    public String toString() {
        return group + "@" + self();
    }
}
