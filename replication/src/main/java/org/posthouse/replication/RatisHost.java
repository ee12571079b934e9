package org.posthouse.replication;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.util.ExitUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hosts Raft groups on Apache Ratis. See the package comment for how.
public final class RatisHost implements ReplicationHost {
    private static final Logger LOG = LoggerFactory.getLogger(RatisHost.class);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(10);
    private static final long TICK_MILLIS = 250;
    /// The one member of a group that has no other, whichever process opens it.
    private static final MemberId ALONE = new MemberId("alone", 1);
    private static final long TIDY_MILLIS = 5_000;

    private final Settings settings;
    private final SharedRpc rpc;
    private final ScheduledExecutorService timer;
    private final Watchdog watchdog;
    private final Map<GroupName, HostedGroup> groups = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private RatisHost(Settings settings) throws IOException {
        this.settings = settings;
        rpc = SharedRpc.start(settings);
        timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("replication-timer").factory());
        var _ = timer.scheduleWithFixedDelay(
                () -> groups.values().forEach(HostedGroup::tick), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        var _ = timer.scheduleWithFixedDelay(
                () -> groups.values().forEach(group -> Thread.ofVirtual().start(group::tidy)),
                TIDY_MILLIS,
                TIDY_MILLIS,
                TimeUnit.MILLISECONDS);
        watchdog = Watchdog.start(groups::values, settings);
    }

    /// Opens the replication port; groups come one by one after that.
    ///
    /// @throws IOException if the port cannot be bound, or the folder or the TLS files cannot be used
    public static RatisHost start(Settings settings) throws IOException {
        Runtimes.prepare();
        // Ratis ends the process in a few places (a port in use); here that is an exception.
        ExitUtils.disableSystemExit();
        Files.createDirectories(settings.folder());
        return new RatisHost(settings);
    }

    /// The port on which this host listens.
    public int port() {
        return rpc.port();
    }

    /// How calls of other hosts come in.
    SharedRpc rpc() {
        return rpc;
    }

    private GroupFolder folder(GroupName group) {
        return new GroupFolder(settings.folder().resolve(group.value()), RaftIds.group(settings.clusterId(), group));
    }

    @Override
    public GroupMember form(GroupName group, List<Member> members, Replica replica, GroupListener listener)
            throws IOException {
        MemberId self = members.stream()
                .map(Member::id)
                .filter(id -> id.node().equals(settings.node()))
                .findFirst()
                .orElseThrow(() -> new IOException(
                        "node " + settings.node() + " is no initial member of " + group + ": " + members));
        return begin(group, new GroupFolder.Identity(self, List.copyOf(members)), replica, listener);
    }

    @Override
    public GroupMember join(GroupName group, MemberId self, Replica replica, GroupListener listener)
            throws IOException {
        return begin(group, new GroupFolder.Identity(self, List.of()), replica, listener);
    }

    private GroupMember begin(GroupName group, GroupFolder.Identity identity, Replica replica, GroupListener listener)
            throws IOException {
        return begin(group, folder(group), identity, replica, listener);
    }

    private GroupMember begin(
            GroupName group, GroupFolder folder, GroupFolder.Identity identity, Replica replica, GroupListener listener)
            throws IOException {
        if (folder.state() == GroupFolder.State.MADE) {
            throw new IOException("group " + group + " has a folder here already: " + folder.path());
        }
        HostedGroup hosted = claim(group, folder, identity, replica, listener);
        try {
            // What a form or join left that did not come to its end has voted in nothing.
            Durable.deleteTree(folder.path());
            make(folder, identity);
            hosted.startEmpty();
            return hosted;
        } catch (IOException | RuntimeException e) {
            abandon(group, hosted);
            throw e;
        }
    }

    /// The order matters: once the folder says that it is made, Ratis' files in it are never made anew.
    private static void make(GroupFolder folder, GroupFolder.Identity identity) throws IOException {
        folder.write(identity, GroupFolder.State.BEGUN);
        folder.format();
        folder.write(identity, GroupFolder.State.MADE);
    }

    @Override
    public GroupMember reopen(GroupName group, Replica replica, GroupListener listener) throws IOException {
        GroupFolder folder = folder(group);
        if (folder.state() == GroupFolder.State.ABSENT) {
            throw new IOException("group " + group + " has no folder here: " + folder.path());
        }
        try {
            return reopen(group, folder, replica, listener);
        } catch (LogInspector.Damaged e) {
            MemberId self = folder.identity().self();
            Path aside = folder.setAside();
            throw new QuarantineException(
                    "group " + group + " is damaged here (" + e.getMessage() + "); its folder is now " + aside
                            + "; the group has to be joined again as "
                            + self.node() + "."
                            + (self.incarnation() + 1),
                    aside,
                    e);
        }
    }

    /// @throws LogInspector.Damaged if the folder cannot be used
    private GroupMember reopen(GroupName group, GroupFolder folder, Replica replica, GroupListener listener)
            throws IOException {
        GroupFolder.Identity identity = folder.identity();
        HostedGroup hosted = claim(group, folder, identity, replica, listener);
        try {
            if (folder.state() == GroupFolder.State.BEGUN
                    && !Files.exists(folder.current().resolve("raft-meta"))) {
                Durable.deleteTree(folder.raft());
                hosted.startEmpty();
            } else {
                hosted.startFromFolder();
            }
            folder.write(identity, GroupFolder.State.MADE);
            return hosted;
        } catch (IOException | RuntimeException e) {
            abandon(group, hosted);
            throw e;
        }
    }

    @Override
    public GroupMember openAlone(GroupName group, Path path, UUID id, Replica replica, GroupListener listener)
            throws IOException {
        GroupFolder folder = new GroupFolder(path, RaftGroupId.valueOf(id));
        if (folder.state() == GroupFolder.State.ABSENT) {
            Member alone = new Member(ALONE, settings.host(), settings.port(), Member.Role.VOTER, 0);
            return begin(group, folder, new GroupFolder.Identity(ALONE, List.of(alone)), replica, listener);
        }
        try {
            return reopen(group, folder, replica, listener);
        } catch (LogInspector.Damaged e) {
            throw new IOException("group " + group + " is damaged in " + path + ": " + e.getMessage(), e);
        }
    }

    private HostedGroup claim(
            GroupName group, GroupFolder folder, GroupFolder.Identity identity, Replica replica, GroupListener listener)
            throws IOException {
        HostedGroup hosted = new HostedGroup(group, folder, identity, settings, rpc, timer, replica, listener);
        HostedGroup owner = groups.compute(group, (_, now) -> now == null || now.isClosed() ? hosted : now);
        if (owner != hosted) {
            throw new IOException("group " + group + " is open here already");
        }
        if (closed) {
            groups.remove(group, hosted);
            throw new IOException("this host is closed");
        }
        return hosted;
    }

    private void abandon(GroupName group, HostedGroup hosted) {
        hosted.close();
        groups.remove(group, hosted);
    }

    @Override
    public boolean has(GroupName group) {
        try {
            return folder(group).state() != GroupFolder.State.ABSENT;
        } catch (IOException e) {
            LOG.warn("{}: cannot be read: {}", group, e.toString());
            return true;
        }
    }

    @Override
    public Optional<GroupMember> member(GroupName group) {
        return Optional.ofNullable(groups.get(group));
    }

    @Override
    public void returned(String node) {
        groups.values().forEach(group -> group.returned(node));
    }

    @Override
    public void leave(GroupName group, boolean deleteFolder) throws IOException {
        HostedGroup hosted = groups.remove(group);
        if (hosted != null) {
            hosted.close();
        }
        if (deleteFolder) {
            Path folder = folder(group).path();
            if (Files.exists(folder)) {
                Durable.deleteTree(folder);
                Durable.syncFolder(folder.getParent());
            }
        }
    }

    @Override
    public void putAside(GroupName group, Path target) throws IOException {
        leave(group, false);
        Path folder = folder(group).path();
        if (Files.exists(folder)) {
            Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
            Durable.syncFolder(target.getParent());
            Durable.syncFolder(folder.getParent());
        }
    }

    /// The manifest of the newest whole snapshot here, for another member. The snapshot, and the log behind it, are
    /// kept while that member asks for files, and for [Limits.Snapshotting#sendHold] after.
    ///
    /// @throws IOException if the group is not open here or has no snapshot; a witness never has one
    public byte[] snapshotManifest(GroupName group) throws IOException {
        return open(group).snapshotsToGive().manifest();
    }

    /// One file of a snapshot, from an offset on. To be closed by the caller.
    ///
    /// @throws IOException if the snapshot is no longer here or has no such file
    public InputStream snapshotFile(GroupName group, long snapshotIndex, String name, long offset) throws IOException {
        return open(group).snapshotsToGive().file(snapshotIndex, name, offset);
    }

    private HostedGroup open(GroupName group) throws IOException {
        HostedGroup hosted = groups.get(group);
        if (hosted == null || hosted.isClosed()) {
            throw new IOException("group " + group + " is not open on " + settings.node());
        }
        return hosted;
    }

    /// Runs a small group of three in this process once through election, entries, snapshot and transfer, so that
    /// nothing of that has to be loaded and compiled in the middle of a failover: a cold leader may take longer for
    /// its first round than its followers wait. Blocks for a second or two; leaves nothing behind.
    ///
    /// @throws IOException if it did not come to its end; the host is as good as before, but cold
    public void warmUp() throws IOException {
        WarmUp.run(settings);
    }

    @Override
    public void close() {
        closed = true;
        watchdog.stop();
        List<Thread> closing = new ArrayList<>();
        for (HostedGroup group : groups.values()) {
            closing.add(Thread.ofVirtual().name("close-" + group.group()).start(group::close));
        }
        long end = System.nanoTime() + CLOSE_MAX.toNanos();
        try {
            for (Thread thread : closing) {
                if (!thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())))) {
                    LOG.error("{} did not end within {}; its files may be locked", thread.getName(), CLOSE_MAX);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        timer.shutdown();
        rpc.close();
        groups.clear();
    }
}
