package org.posthouse.replication;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One transfer of another member's newest snapshot. A file that is here already, from an earlier try or in an older
/// snapshot of ours, is not sent again; a file that was cut off goes on at its end. Nothing counts before its checksum
/// was computed from what is on this disk.
///
/// ```
/// snapshots/incoming/<name>                  a whole file, as the manifest has it
/// snapshots/incoming/<name>.<crc32c>.part    the beginning of one
/// ```
final class SnapshotFetch {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotFetch.class);
    private static final int BUFFER_BYTES = 256 << 10;

    private final GroupName group;
    private final Snapshots snapshots;
    private final SnapshotSource source;
    private final MemberId from;
    private final BooleanSupplier wanted;
    private final long bytesPerSecond;
    private final long began = System.nanoTime();
    private long fetchedBytes;
    private long reusedBytes;

    /// @param wanted false once the transfer is of no more use (the group closed, the leader changed)
    /// @param bytesPerSecond how fast it may go
    SnapshotFetch(
            GroupName group,
            Snapshots snapshots,
            SnapshotSource source,
            MemberId from,
            BooleanSupplier wanted,
            long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
        this.group = group;
        this.snapshots = snapshots;
        this.source = source;
        this.from = from;
        this.wanted = wanted;
    }

    /// Brings the snapshot here. On return it is whole, verified and durable.
    ///
    /// @throws IOException if it could not; another try goes on where this one ended
    Snapshots.Whole run() throws IOException {
        Manifest manifest = Manifest.decode(source.manifest(from, group));
        manifest.mustHoldState(from);
        if (snapshots.newestIndex() >= manifest.position().index()) {
            return snapshots.newest().orElseThrow();
        }
        LOG.info("{}: fetching the snapshot at {} from {}", group, manifest.position(), from);
        Path incoming = Files.createDirectories(snapshots.incoming());
        dropOthers(incoming, manifest);
        Map<Replica.CheckpointFile, Path> ours = ours();
        for (Replica.CheckpointFile file : manifest.files()) {
            obtain(incoming, manifest.position().index(), file, ours);
        }
        Snapshots.Whole whole = snapshots.complete(incoming, manifest);
        LOG.info(
                "{}: the snapshot at {} is here: {} bytes fetched, {} were here already",
                group,
                whole.position(),
                fetchedBytes,
                reusedBytes);
        return whole;
    }

    /// Files of our own newest snapshot.
    private Map<Replica.CheckpointFile, Path> ours() throws IOException {
        Map<Replica.CheckpointFile, Path> files = new HashMap<>();
        if (snapshots.newest().isPresent()) {
            Path folder = snapshots.newest().get().folder();
            for (Replica.CheckpointFile file : Manifest.read(folder).files()) {
                files.put(file, folder.resolve(file.name()));
            }
        }
        return files;
    }

    /// Removes what an earlier transfer left that this one does not need.
    private static void dropOthers(Path incoming, Manifest manifest) throws IOException {
        Set<Path> needed = new HashSet<>();
        for (Replica.CheckpointFile file : manifest.files()) {
            needed.add(incoming.resolve(file.name()));
            needed.add(part(incoming, file));
        }
        List<Path> found;
        try (Stream<Path> paths = Files.walk(incoming)) {
            found = paths.filter(Files::isRegularFile).toList();
        }
        for (Path path : found) {
            if (!needed.contains(path)) {
                Files.delete(path);
            }
        }
    }

    private static Path part(Path incoming, Replica.CheckpointFile file) {
        return incoming.resolve(file.name() + "." + Integer.toHexString(file.crc32c()) + ".part");
    }

    private void obtain(Path incoming, long index, Replica.CheckpointFile file, Map<Replica.CheckpointFile, Path> ours)
            throws IOException {
        Path target = incoming.resolve(file.name());
        Files.createDirectories(target.getParent());
        if (Files.exists(target)) {
            if (matches(target, file)) {
                reusedBytes += file.length();
                return;
            }
            Files.delete(target);
        }
        Path own = ours.get(file);
        if (own != null && matches(own, file)) {
            Files.createLink(target, own);
            reusedBytes += file.length();
            return;
        }
        Path part = part(incoming, file);
        fetch(part, index, file);
        if (!matches(part, file)) {
            Files.delete(part);
            throw new IOException(
                    "file " + file.name() + " of the snapshot at " + index + " from " + from + " came damaged");
        }
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private void fetch(Path part, long index, Replica.CheckpointFile file) throws IOException {
        try (FileChannel out =
                FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            if (out.size() > file.length()) {
                out.truncate(0);
            }
            long at = out.size();
            reusedBytes += at;
            out.position(at);
            if (at < file.length()) {
                try (InputStream in = source.file(from, group, index, file.name(), at)) {
                    copy(in, out, file.length() - at);
                }
            }
            out.force(true);
        }
    }

    private void copy(InputStream in, FileChannel out, long length) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long left = length;
        while (left > 0) {
            if (!wanted.getAsBoolean()) {
                throw new IOException("the transfer from " + from + " is not wanted any more");
            }
            int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (n < 0) {
                throw new IOException("the transfer from " + from + " ended " + left + " bytes early");
            }
            ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            left -= n;
            fetchedBytes += n;
            long due = began + fetchedBytes * 1_000_000_000 / bytesPerSecond;
            long early = due - System.nanoTime();
            if (early > 0) {
                LockSupport.parkNanos(early);
            }
        }
    }

    private static boolean matches(Path path, Replica.CheckpointFile file) throws IOException {
        return Files.size(path) == file.length() && crc32c(path) == file.crc32c();
    }

    /// The checksum of a whole file.
    static int crc32c(Path path) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (FileChannel in = FileChannel.open(path, StandardOpenOption.READ)) {
            while (in.read(buffer) >= 0) {
                crc.update(buffer.flip());
                buffer.clear();
            }
        }
        return (int) crc.getValue();
    }
}
