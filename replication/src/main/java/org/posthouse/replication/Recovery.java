package org.posthouse.replication;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/// Makes one replica of each group that lies in a stopped process' folder the only member of a *new* group, for when
/// a majority of the old one is lost for good.
///
/// The new group has the old one's log up to its last entry here, whether that was committed or not, then a
/// configuration with this member alone, then entries that the caller wants applied before anything else. Ratis takes
/// the configuration with the highest index in the log, committed or not, for the one in force; so the member elects
/// itself when it is started, and by its first entry commits everything before.
///
/// It is another group by its id, which follows from the cluster's id ([RaftIds#group]), and the endpoint hands on
/// nothing that is meant for another group. So members of the old one that come back by mistake neither vote in the new
/// one nor write to it, even if they are a majority of the old one: that one goes on without this member, by itself.
///
/// What was there is kept, unchanged, in `before-recovery/` beside it. Closed log files are shared by hard links.
public final class Recovery {
    private static final String KEPT = "before-recovery";
    private static final String PREPARED = "recovered-";

    private final Path folder;
    private final UUID cluster;

    /// @param folder [Settings#folder] of the stopped process
    /// @param cluster id of the cluster that it was in
    public Recovery(Path folder, UUID cluster) {
        this.folder = folder;
        this.cluster = cluster;
    }

    /// A group's replica as it lies on disk.
    ///
    /// @param self who this process is in the group
    /// @param members of the newest configuration here, committed or not
    /// @param last entry of the log, or what the newest snapshot reaches to; [Position#START] for an empty one
    /// @param committed index up to which entries are known here to be committed, a little low; -1 if none is
    /// @param snapshot the newest whole one
    public record Found(
            GroupName group,
            MemberId self,
            List<Member> members,
            Position last,
            long committed,
            Optional<Snapshot> snapshot) {}

    /// A whole snapshot on disk.
    public record Snapshot(Position position, Path folder) {}

    /// Is given entries for the replica.
    @FunctionalInterface
    public interface Reader {
        /// One entry, in order of the log; read-only, valid during the call.
        void entry(Position position, ByteBuffer content);
    }

    private GroupFolder group(GroupName group, UUID of) {
        return new GroupFolder(folder.resolve(group.value()), RaftIds.group(of, group));
    }

    /// The groups of this cluster that have a folder here, in order.
    public List<GroupName> groups() throws IOException {
        List<GroupName> groups = new ArrayList<>();
        if (Files.notExists(folder)) {
            return groups;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
            for (Path each : found) {
                String name = each.getFileName().toString();
                // What was set aside has a dot in its name.
                if (name.indexOf('.') < 0 && Files.exists(each.resolve("member"))) {
                    groups.add(new GroupName(name));
                }
            }
        }
        groups.sort(null);
        return groups;
    }

    /// Looks at a group's replica; changes nothing.
    ///
    /// @param reader is given the replica's entries that are still in the log, also those before the snapshot
    /// @throws IOException if there is none, or it is damaged
    public Found look(GroupName name, Reader reader) throws IOException {
        GroupFolder group = group(name, cluster);
        if (group.state() != GroupFolder.State.MADE) {
            throw new IOException("group " + name + " has no replica in " + folder);
        }
        if (Files.notExists(group.current())) {
            throw new IOException("the replica in " + group.path() + " is not one of this cluster: " + group.current()
                    + " is not there");
        }
        Optional<Snapshot> snapshot = newestSnapshot(group.snapshots());
        AtomicReference<LogEntryProto> configuration = new AtomicReference<>();
        Path stored = group.current().resolve("raft-meta.conf");
        if (Files.exists(stored)) {
            configuration.set(LogEntryProto.parseFrom(Files.readAllBytes(stored)));
        }
        Position[] last = {snapshot.map(Snapshot::position).orElse(Position.START)};
        long[] committed = {last[0].index()};
        LogInspector.look(group.current(), last[0].index(), entry -> {
            Position position = new Position(entry.getTerm(), entry.getIndex());
            if (position.index() > last[0].index()) {
                last[0] = position;
            }
            if (entry.hasStateMachineLogEntry()) {
                reader.entry(
                        position, entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
            } else if (entry.hasMetadataEntry()) {
                committed[0] = Math.max(committed[0], entry.getMetadataEntry().getCommitIndex());
            } else if (entry.hasConfigurationEntry()
                    && (configuration.get() == null || configuration.get().getIndex() <= entry.getIndex())) {
                configuration.set(entry);
            }
        });
        GroupFolder.Identity identity = group.identity();
        List<Member> members = configuration.get() == null
                ? identity.initial()
                : RaftIds.members(
                        configuration.get().getConfigurationEntry().getPeersList(),
                        configuration.get().getConfigurationEntry().getListenersList());
        return new Found(name, identity.self(), members, last[0], committed[0], snapshot);
    }

    private static Optional<Snapshot> newestSnapshot(Path snapshots) throws IOException {
        Optional<Snapshot> newest = Optional.empty();
        if (Files.notExists(snapshots)) {
            return newest;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(snapshots, "[0-9]*")) {
            for (Path each : found) {
                Position position = Manifest.read(each).position();
                if (newest.isEmpty() || position.compareTo(newest.get().position()) > 0) {
                    newest = Optional.of(new Snapshot(position, each));
                }
            }
        }
        return newest;
    }

    /// Makes sure that no process has the group's files open.
    ///
    /// @throws IOException if one has
    public void requireStopped(GroupName name) throws IOException {
        Path raft = group(name, cluster).raft();
        if (Files.notExists(raft)) {
            return;
        }
        // Ratis' own; a file that is left behind by a crash is locked by nobody.
        Path path = raft.resolve("in_use.lock");
        if (Files.notExists(path)) {
            return;
        }
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE);
                FileLock lock = file.tryLock()) {
            if (lock == null) {
                throw new IOException(raft + " is in use by a process that runs");
            }
        } catch (OverlappingFileLockException e) {
            throw new IOException(raft + " is in use by this process", e);
        }
    }

    /// Makes the new group's files beside the old one's, which go on counting. Durable on return; may be repeated.
    ///
    /// @param successor id of the new cluster
    /// @param self the member here, as a voter, at its address
    /// @param entries to be applied before anything else, at positions right behind what is in the log
    /// @throws IOException if the replica is damaged or in use, or cannot be copied
    public void prepare(GroupName name, UUID successor, Member self, List<byte[]> entries) throws IOException {
        requireStopped(name);
        Found found = look(name, (_, _) -> {});
        if (!found.self().equals(self.id())) {
            throw new IOException(
                    "the replica of " + name + " in " + folder + " is " + found.self() + ", not " + self.id());
        }
        GroupFolder old = group(name, cluster);
        Path prepared = prepared(name, successor);
        Durable.deleteTree(prepared);
        Path current = Files.createDirectories(prepared.resolve("current"));
        LogInspector.Findings log = LogInspector.inspect(
                old.current(), found.snapshot().map(s -> s.position().index()).orElse(-1L));
        long term = 1
                + Math.max(
                        term(old.current().resolve("raft-meta")), found.last().term());
        List<LogEntryProto> added = added(self, entries, term, found.last().index() + 1);

        ByteArrayOutputStream tail = new ByteArrayOutputStream();
        tail.write(LogInspector.header());
        long first = found.last().index() + 1;
        // A log that ends before the snapshot has a gap behind it; Ratis would drop it too.
        if (log.last() == found.last().index() && log.last() >= 0) {
            for (Path closed : LogInspector.closedFiles(old.current())) {
                Files.createLink(current.resolve(closed.getFileName()), closed);
            }
            if (log.tail().isPresent()) {
                LogInspector.Tail written = log.tail().get();
                byte[] bytes = Files.readAllBytes(written.path());
                tail.write(bytes, LogInspector.header().length, written.end() - LogInspector.header().length);
                first = written.first();
            }
        }
        tail.write(LogInspector.encode(added));
        Durable.write(current.resolve("log_inprogress_" + first), tail.toByteArray());
        Durable.write(current.resolve("raft-meta.conf"), added.getFirst().toByteArray());
        Durable.write(current.resolve("raft-meta"), meta(term));
        Durable.syncFolders(prepared);
        Durable.syncFolder(prepared.getParent());
    }

    /// Puts what was prepared in the old group's place. May be repeated, and has to be after a crash in the middle.
    public void commit(GroupName name, UUID successor) throws IOException {
        GroupFolder old = group(name, cluster);
        GroupFolder made = group(name, successor);
        if (Files.notExists(made.raft())) {
            Path kept = Files.createDirectories(old.path().resolve(KEPT));
            if (Files.exists(old.raft())) {
                Files.copy(
                        old.path().resolve("member"),
                        kept.resolve(old.id().getUuid() + ".member"),
                        StandardCopyOption.REPLACE_EXISTING);
                Files.move(old.raft(), kept.resolve(old.raft().getFileName()), StandardCopyOption.ATOMIC_MOVE);
                Durable.syncFolder(kept);
            }
            Files.move(prepared(name, successor), made.raft(), StandardCopyOption.ATOMIC_MOVE);
            Durable.syncFolder(made.path());
        }
        // The members that the old group was formed with are none of this one's.
        made.write(new GroupFolder.Identity(made.identity().self(), List.of()), GroupFolder.State.MADE);
    }

    /// Where a group's old files are kept after [#commit].
    public Path kept(GroupName name) {
        return group(name, cluster).path().resolve(KEPT);
    }

    private Path prepared(GroupName name, UUID successor) {
        GroupFolder made = group(name, successor);
        return made.path().resolve(PREPARED + made.id().getUuid());
    }

    private static List<LogEntryProto> added(Member self, List<byte[]> entries, long term, long first) {
        List<LogEntryProto> added = new ArrayList<>();
        added.add(LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(first)
                .setConfigurationEntry(RaftConfigurationProto.newBuilder()
                        .addPeers(RaftIds.peer(self).getRaftPeerProto()))
                .build());
        ClientId client = ClientId.randomId();
        for (byte[] entry : entries) {
            added.add(LogEntryProto.newBuilder()
                    .setTerm(term)
                    .setIndex(first + added.size())
                    .setStateMachineLogEntry(StateMachineLogEntryProto.newBuilder()
                            .setType(StateMachineLogEntryProto.Type.WRITE)
                            .setClientId(client.toByteString())
                            .setCallId(added.size())
                            .setLogData(UnsafeByteOperations.unsafeWrap(entry)))
                    .build());
        }
        return added;
    }

    private static long term(Path meta) throws IOException {
        Properties properties = new Properties();
        try (var in = Files.newInputStream(meta)) {
            properties.load(in);
        }
        return Long.parseLong(properties.getProperty("term"));
    }

    /// A term in which this member has not voted.
    private static byte[] meta(long term) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("term", Long.toString(term));
        properties.setProperty("votedFor", "");
        StringWriter text = new StringWriter();
        properties.store(text, null);
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
