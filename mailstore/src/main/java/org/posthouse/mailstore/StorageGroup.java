package org.posthouse.mailstore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.posthouse.mailstore.StoreException.Kind;
import org.posthouse.replication.Position;
import org.posthouse.replication.Replica;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One replica of a storage group: the state machine that applies its log. DESIGN.md section 5 has the rules that
/// make a crash harmless; they live here and in [Index] and [Segments]:
///
/// 1. The index on disk never points at a body that is not: before RocksDB writes anything, [#beforeFlush] syncs
///    the segments. If that fails the process halts.
/// 2. A checkpoint closes the open segment, flushes, and only links closed files. No file changes after it was
///    closed.
/// 3. At start the live index is used only if every segment reaches the length that the index notes for it.
///
/// Locks: `state` is held while an entry is applied and by whoever changes the index otherwise (compaction,
/// repair) or takes a view into the cache; `life` is held for reading by whoever uses index or segments, and
/// for writing while they are opened, replaced or closed. Take `life` before `state`.
public final class StorageGroup implements Replica {
    static final Logger LOG = LoggerFactory.getLogger("org.posthouse.mailstore");
    private static final int DIGEST_STEP = 100;
    private static final int DIGESTS_KEPT = 64;

    private final Path folder;
    private final StoreMemory memory;
    private final StoreSettings settings;
    private final Gate gate;
    private final Views views;
    final ReentrantLock state = new ReentrantLock();
    private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
    private final Watchers watchers = new Watchers();
    private final Map<String, Integer> tableSums = new ConcurrentHashMap<>();
    private final Deque<Digest> digests = new ArrayDeque<>(); // under state
    private final HotRows hotRows = new HotRows(); // under state
    private volatile Index index; // under life
    private volatile Segments segments; // under life
    private Meta meta = new Meta(); // under state
    private volatile Position applied = Position.START;
    private volatile OpenedBy openedBy;
    private final AtomicLong accessVersion = new AtomicLong();

    /// @param folder the replica's own
    /// @param memory shared by the process' groups; stays the caller's
    /// @param gate told of what is applied
    public StorageGroup(Path folder, StoreMemory memory, StoreSettings settings, Gate gate) {
        this.folder = folder;
        this.memory = memory;
        this.settings = settings;
        this.gate = gate;
        this.views = new Views(settings.viewMessagesMax());
    }

    // ---- opening and closing

    @Override
    public Position open() throws IOException {
        life.writeLock().lock();
        try {
            Files.createDirectories(folder);
            String distrust;
            try {
                distrust = openFiles();
            } catch (IOException | IllegalArgumentException e) {
                LOG.warn("opening {}", folder, e);
                distrust = String.valueOf(e.getMessage());
            }
            if (distrust != null) {
                LOG.warn(
                        "The live state in {} is not used ({}); it is built anew from the snapshot and the log.",
                        folder,
                        distrust);
                closeFiles();
                empty();
                String still = openFiles();
                if (still != null) {
                    throw new IOException("an empty storage group cannot be opened: " + still);
                }
            }
            return applied;
        } finally {
            life.writeLock().unlock();
        }
    }

    private void empty() throws IOException {
        FileSums.deleteAll(folder.resolve("index"));
        FileSums.deleteAll(folder.resolve("segments"));
    }

    /// @return why the state must not be used, or null
    private String openFiles() throws IOException {
        segments = new Segments(folder.resolve("segments"));
        index = new Index(folder.resolve("index"), memory, settings.flushBytes(), this::beforeFlush);
        byte[] value = index.get(Keys.META);
        if (value == null && index.any(new byte[0])) {
            return "the index does not say how far it is";
        }
        meta = value == null ? new Meta() : Meta.decode(value);
        String shortened = SegmentTable.check(index, segments, meta);
        if (shortened != null) {
            return shortened;
        }
        SegmentTable.tidy(index, segments, meta);
        applied = meta.applied;
        digests.clear();
        views.clear();
        hotRows.clear();
        publishOpenedBy();
        return null;
    }

    private void closeFiles() {
        if (index != null) {
            index.close();
            index = null;
        }
        try {
            if (segments != null) {
                segments.close();
            }
        } catch (IOException e) {
            settings.fatal().accept(e);
        }
        segments = null;
    }

    /// Crash rule 1. Runs on RocksDB's thread before it writes a memtable.
    private void beforeFlush() {
        try {
            segments.sync();
        } catch (IOException | RuntimeException e) {
            settings.fatal().accept(e);
        }
    }

    @Override
    public void close() {
        gate.closed("the storage group was closed on this node");
        life.writeLock().lock();
        try {
            if (index != null) {
                persistApplied();
            }
            closeFiles();
        } catch (RuntimeException e) {
            LOG.warn("Closing {} failed; the next start replays what is missing from the log.", folder, e);
        } finally {
            life.writeLock().unlock();
        }
    }

    // ---- applying

    @Override
    public byte[] apply(Position position, ByteBuffer bytes) {
        Entry entry = Entry.decode(bytes);
        Work work;
        byte[] answer;
        state.lock();
        try {
            if (position.index() <= meta.applied.index()) {
                throw new IllegalStateException("entry " + position + " comes after " + meta.applied);
            }
            noteDigests(position.index());
            closeSegmentIfFull();
            Meta next = meta.copy();
            next.applied = position;
            next.timeMillis = Math.max(next.timeMillis, entry.timeMillis());
            try (Transaction rows = new Transaction(index, hotRows)) {
                work = new Work(index, segments, rows, next, position.index(), views::has);
                try {
                    answer = ApplyEntry.apply(work, entry);
                    commit(work);
                } catch (StoreException refusal) {
                    if (refusal.kind() == Kind.CORRUPT) {
                        throw refusal;
                    }
                    answer = Answer.refusal(refusal);
                    work = null;
                    meta.applied = position;
                }
            }
            applied = position;
        } finally {
            state.unlock();
        }
        if (work != null) {
            announce(work, entry, position);
        }
        return answer;
    }

    private void commit(Work work) {
        Meta next = work.meta;
        work.gather();
        work.rows.gather();
        next.digest = meta.digest + work.rows.digestChange();
        noteSegment(next);
        work.rows.commit(next);
        meta = next;
        work.mailboxes()
                .forEach((id, row) -> views.applied(row, work.viewChanges().get(id)));
    }

    private void noteSegment(Meta next) {
        next.segmentOpen = segments.openNumber();
        next.segmentLength = segments.openLength();
        next.segmentNext = segments.next();
    }

    private void announce(Work work, Entry entry, Position position) {
        switch (entry) {
            case Entry.Open open -> {
                publishOpenedBy();
                gate.openApplied(open.node(), openedBy.epoch(), position.term());
            }
            case Entry.Close _ -> {
                publishOpenedBy();
                if (!openedBy.open()) {
                    gate.closed("it was taken offline");
                }
            }
            case Entry.Recovered _ -> {
                publishOpenedBy();
                gate.closed("a new generation has begun");
            }
            case Entry.Act act -> {
                if (act.action() instanceof Action.SetAcl) {
                    accessVersion.incrementAndGet();
                }
            }
            case Entry.Stage _, Entry.Expire _ -> {}
        }
        watchers.applied(work);
    }

    /// As [MailStore#accessVersion].
    long accessVersion() {
        return accessVersion.get();
    }

    private void publishOpenedBy() {
        openedBy = meta.openIndex == 0 ? null : new OpenedBy(meta.epoch(), meta.openedBy, meta.openVersion, meta.open);
    }

    private void closeSegmentIfFull() {
        if (segments.openLength() > settings.segmentBytesMax()) {
            closeSegment();
        }
    }

    /// Closes the open segment: one batch of its own, so that it stays closed if the next entry is refused.
    private void closeSegment() {
        Segments.Closed closed = segments.closeOpen();
        try (Transaction rows = new Transaction(index, hotRows)) {
            Meta next = meta.copy();
            if (closed != null) {
                rows.writeLocal(
                        Keys.segment(closed.number()),
                        new Rows.SegmentRow(closed.length(), closed.crc32c(), meta.segmentLive).encode());
            }
            next.segmentLive = 0;
            noteSegment(next);
            rows.commit(next);
            meta = next;
        }
        if (closed != null) {
            segments.writtenUp(closed.number());
        }
    }

    @Override
    public void advance(Position position) {
        state.lock();
        try {
            noteDigests(position.index());
            meta.applied = position;
            applied = position;
        } finally {
            state.unlock();
        }
    }

    /// Writes the position even if no entry has come since [#advance].
    private void persistApplied() {
        state.lock();
        try (Transaction rows = new Transaction(index, hotRows)) {
            noteSegment(meta);
            rows.commit(meta);
        } finally {
            state.unlock();
        }
    }

    @Override
    public Position applied() {
        return applied;
    }

    // ---- the digest

    private void noteDigests(long nextIndex) {
        long multiple = Math.floorDiv(meta.applied.index(), (long) DIGEST_STEP) * DIGEST_STEP + DIGEST_STEP;
        // Every multiple from what is applied up to before the next entry has the state as it is now.
        if (Math.floorMod(meta.applied.index(), DIGEST_STEP) == 0) {
            multiple = meta.applied.index();
        }
        long value = 0;
        boolean known = false;
        long last = Math.floorDiv(nextIndex - 1, (long) DIGEST_STEP) * DIGEST_STEP;
        for (long at = Math.max(multiple, last - (long) DIGESTS_KEPT * DIGEST_STEP); at <= last; at += DIGEST_STEP) {
            if (!known) {
                value = meta.digest + meta.logicalHash();
                known = true;
            }
            digests.addLast(new Digest(at, value));
            if (digests.size() > DIGESTS_KEPT) {
                digests.removeFirst();
            }
        }
    }

    /// The digest as of now, and before it those at the last multiples of 1,000 entries applied since the start:
    /// so that replicas can be compared at an equal index.
    public List<Digest> digests() {
        state.lock();
        try {
            List<Digest> all = new ArrayList<>(digests);
            all.removeIf(digest -> digest.index() == meta.applied.index());
            all.add(new Digest(meta.applied.index(), meta.digest + meta.logicalHash()));
            return all;
        } finally {
            state.unlock();
        }
    }

    // ---- checkpoints

    @Override
    public void prepareCheckpoint() throws IOException {
        life.readLock().lock();
        try {
            index.flush(true);
            for (String table : index.tables()) {
                if (!tableSums.containsKey(table)) {
                    Path file = index.folder().resolve(table);
                    if (Files.exists(file)) { // else RocksDB has merged it away meanwhile
                        tableSums.put(table, FileSums.crc32c(file));
                    }
                }
            }
        } finally {
            life.readLock().unlock();
        }
    }

    @Override
    public List<CheckpointFile> checkpoint(Path into) throws IOException {
        life.readLock().lock();
        state.lock();
        try {
            closeSegment();
            index.flush(true);
            segments.sync();
            index.checkpoint(into.resolve("index"));
            List<CheckpointFile> files = new ArrayList<>();
            try (Stream<Path> linked = Files.list(into.resolve("index"))) {
                for (Path file : linked.sorted().toList()) {
                    String name = file.getFileName().toString();
                    Integer sum = tableSums.get(name);
                    files.add(new CheckpointFile(
                            "index/" + name, Files.size(file), sum == null ? FileSums.crc32c(file) : sum));
                }
            }
            tableSums.keySet().retainAll(index.tables());
            Path to = Files.createDirectories(into.resolve("segments"));
            SegmentTable.forEach(index, (number, row) -> {
                Path from = segments.file(number);
                Path link = to.resolve(from.getFileName().toString());
                try {
                    FileSums.linkOrCopy(from, link);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                files.add(new CheckpointFile("segments/" + link.getFileName(), row.length(), row.crc32c()));
            });
            return files;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            state.unlock();
            life.readLock().unlock();
        }
    }

    @Override
    public void restore(Path from, Position position) throws IOException {
        gate.closed("its state is being replaced by a snapshot");
        life.writeLock().lock();
        state.lock();
        try {
            closeFiles();
            empty();
            tableSums.clear();
            for (String part : List.of("segments", "index")) {
                Path to = Files.createDirectories(folder.resolve(part));
                try (Stream<Path> files = Files.list(from.resolve(part))) {
                    for (Path file : files.toList()) {
                        Path target = to.resolve(file.getFileName().toString());
                        if (file.toString().endsWith(".seg") || file.toString().endsWith(".sst")) {
                            FileSums.linkOrCopy(file, target);
                        } else {
                            Files.copy(file, target); // RocksDB may write to these
                        }
                    }
                }
                FileSums.syncFolder(to);
            }
            String distrust = openFiles();
            if (distrust != null || meta.applied.index() > position.index()) {
                throw new IOException("the snapshot in " + from + " cannot be used: "
                        + (distrust != null ? distrust : "it is at " + meta.applied + ", not " + position));
            }
            meta.applied = position;
            applied = position;
            persistApplied();
        } finally {
            state.unlock();
            life.writeLock().unlock();
        }
        watchers.wakeAll();
    }

    /// A body as this replica has it, whoever owns the virtual server: for the repair of another replica.
    ///
    /// @throws StoreException `GONE` if it is not here, `CORRUPT` if it is damaged here too, `NOT_OPEN` if this
    ///     replica is closed
    public MailStore.Body body(long bodyId) {
        return StoredBody.open(this, bodyId);
    }

    /// Puts a body's bytes, as another replica has them, in the place of damaged ones.
    ///
    /// @param file has the bytes, and is left
    /// @throws StoreException `REFUSED` if they are not that body's, `GONE` if it is not there any more
    public void repairBody(long bodyId, Path file) throws IOException {
        BodyRepair.repair(this, bodyId, file);
    }

    // ---- what others in this package use

    /// Keeps index and segments from being closed or replaced until the lock is given back.
    ///
    /// @throws StoreException `NOT_OPEN` if they are closed
    Lock use() {
        Lock using = life.readLock();
        using.lock();
        if (index == null) {
            using.unlock();
            throw new StoreException(Kind.NOT_OPEN, "the storage group is closed on this node");
        }
        return using;
    }

    Index index() {
        return index;
    }

    HotRows hotRows() {
        return hotRows;
    }

    Segments segments() {
        return segments;
    }

    Views views() {
        return views;
    }

    StoreSettings settings() {
        return settings;
    }

    Path folder() {
        return folder;
    }

    /// Where body numbers of segments and the like stand; under `state`.
    Meta meta() {
        return meta;
    }

    /// Writes changes of local rows in one batch; under `state`.
    void writeLocal(Transaction rows) {
        rows.gather();
        noteSegment(meta);
        rows.commit(meta);
    }

    /// The latch of this replica.
    public Gate gate() {
        return gate;
    }

    /// Who opened the storage group last, if anybody did.
    public Optional<OpenedBy> openedBy() {
        return Optional.ofNullable(openedBy);
    }

    /// Who wants to be woken.
    Watchers watchers() {
        return watchers;
    }
}
