package org.posthouse.replication;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The whole snapshots of one group on this disk, each a folder `<index>-<term>` with its manifest.
///
/// Invariants:
/// 1. A folder with that kind of name is whole and on disk: it got the name by a rename after everything in it, its
///    manifest last, had been forced to disk.
/// 2. The newest is never deleted. An older one is kept while another member reads it, and for a while after, because
///    that member then needs the log behind it.
final class Snapshots {
    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

    /// One whole snapshot.
    record Whole(Position position, Path folder) {}

    private final GroupName group;
    private final Path folder;
    private final Duration sendHold;
    private final ReentrantLock lock = new ReentrantLock();
    private final TreeMap<Long, Whole> whole = new TreeMap<>();
    /// When another member last asked for a snapshot, by its index ([System#nanoTime]).
    private final TreeMap<Long, Long> sending = new TreeMap<>();

    private volatile Whole newest;
    private volatile long newestAt = System.nanoTime();

    private Snapshots(GroupName group, Path folder, Duration sendHold) {
        this.group = group;
        this.folder = folder;
        this.sendHold = sendHold;
    }

    /// Finds what is whole and removes what is not. What an unfinished transfer brought stays, to be resumed.
    static Snapshots open(GroupName group, Path folder, Duration sendHold) throws IOException {
        Files.createDirectories(folder);
        Snapshots snapshots = new Snapshots(group, folder, sendHold);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.startsWith("making-")) {
                    Durable.deleteTree(entry);
                } else if (Character.isDigit(name.charAt(0))) {
                    snapshots.found(entry);
                }
            }
        }
        snapshots.noteNewest();
        return snapshots;
    }

    private void found(Path entry) throws IOException {
        try {
            Manifest manifest = Manifest.read(entry);
            whole.put(manifest.position().index(), new Whole(manifest.position(), entry));
        } catch (IOException e) {
            LOG.warn("{}: snapshot {} is not whole and is removed: {}", group, entry, e.toString());
            Durable.deleteTree(entry);
        }
    }

    private void noteNewest() {
        newest = whole.isEmpty() ? null : whole.lastEntry().getValue();
        newestAt = System.nanoTime();
    }

    Optional<Whole> newest() {
        return Optional.ofNullable(newest);
    }

    /// Index of the newest, -1 for none. No lock.
    long newestIndex() {
        Whole now = newest;
        return now == null ? -1 : now.position().index();
    }

    /// Time since the newest was made, or since the start where none was.
    Duration age() {
        return Duration.ofNanos(System.nanoTime() - newestAt);
    }

    /// A new empty folder for a checkpoint.
    Path making(long attempt) throws IOException {
        Path making = folder.resolve("making-" + attempt);
        Durable.deleteTree(making);
        return Files.createDirectory(making);
    }

    /// Where a transfer collects files, over restarts too.
    Path incoming() {
        return folder.resolve("incoming");
    }

    /// Makes a folder full of files a snapshot. Durable on return.
    ///
    /// @return the snapshot; or the newest, if that is newer already
    Whole complete(Path made, Manifest manifest) throws IOException {
        for (Replica.CheckpointFile file : manifest.files()) {
            Path path = made.resolve(Manifest.checkedName(file.name()));
            if (Files.size(path) != file.length()) {
                throw new IOException(path + " has " + Files.size(path) + " bytes, not " + file.length());
            }
            Durable.syncFile(path);
        }
        Durable.write(made.resolve(Manifest.NAME), manifest.encode());
        Durable.syncFolders(made);
        lock.lock();
        try {
            Position position = manifest.position();
            if (newestIndex() >= position.index()) {
                Durable.deleteTree(made);
                return newest;
            }
            Path target = folder.resolve(String.format("%019d-%d", position.index(), position.term()));
            Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
            Durable.syncFolder(folder);
            whole.put(position.index(), new Whole(position, target));
            noteNewest();
            return newest;
        } finally {
            lock.unlock();
        }
    }

    /// Deletes the snapshots that nobody needs.
    void cleanUp() throws IOException {
        lock.lock();
        try {
            expireSending();
            for (Whole old : List.copyOf(whole.values())) {
                long index = old.position().index();
                if (index < newestIndex() && !sending.containsKey(index)) {
                    whole.remove(index);
                    Durable.deleteTree(old.folder());
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// The lowest index up to which the log may be purged: that of the oldest snapshot in use.
    long purgeable() {
        lock.lock();
        try {
            expireSending();
            return sending.isEmpty() ? newestIndex() : Math.min(newestIndex(), sending.firstKey());
        } finally {
            lock.unlock();
        }
    }

    private void expireSending() {
        long now = System.nanoTime();
        sending.values().removeIf(last -> now - last > sendHold.toNanos());
    }

    /// The newest manifest, for another member; its snapshot is kept from now on.
    byte[] manifest() throws IOException {
        lock.lock();
        try {
            Whole now = newest;
            if (now == null) {
                throw new IOException("group " + group + " has no snapshot here");
            }
            sending.put(now.position().index(), System.nanoTime());
            return Files.readAllBytes(now.folder().resolve(Manifest.NAME));
        } finally {
            lock.unlock();
        }
    }

    /// One file of a snapshot, for another member.
    InputStream file(long index, String name, long offset) throws IOException {
        Whole snapshot;
        lock.lock();
        try {
            snapshot = whole.get(index);
            if (snapshot == null) {
                throw new NoSuchFileException("snapshot " + index + " of group " + group + " is no longer here");
            }
            sending.put(index, System.nanoTime());
        } finally {
            lock.unlock();
        }
        Path path = snapshot.folder().resolve(Manifest.checkedName(name));
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            channel.position(offset);
            return Channels.newInputStream(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /// Deletes everything, snapshots and half of a transfer: the group leaves.
    void deleteAll() throws IOException {
        Durable.deleteTree(folder);
    }
}
