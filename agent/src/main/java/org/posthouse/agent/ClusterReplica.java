package org.posthouse.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.replication.Position;
import org.posthouse.replication.Replica;

/// The cluster group's state machine: keeps the image in memory, rebuilt at each start from the newest snapshot (one
/// JSON file) and the log (a [Change] as JSON in each entry).
final class ClusterReplica implements Replica {
    private static final String FILE = "image.json";

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Consumer<ClusterImage>> listeners = new CopyOnWriteArrayList<>();
    private volatile ClusterImage image = ClusterImage.EMPTY;
    private volatile Position applied = Position.START;

    /// What an entry came to.
    record Answer(boolean accepted, long version) {}

    /// The image as applied here.
    ClusterImage image() {
        return image;
    }

    /// Told of each new image, on the thread that applies: returns at once.
    void listen(Consumer<ClusterImage> listener) {
        listeners.add(listener);
    }

    /// Waits until the image has come up to a version.
    ///
    /// @return whether it has within the deadline
    boolean await(long version, Duration deadline) throws InterruptedException {
        long left = deadline.toNanos();
        lock.lock();
        try {
            while (image.version() < version) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Position open() {
        image = ClusterImage.EMPTY;
        applied = Position.START;
        return applied;
    }

    @Override
    public byte[] apply(Position position, ByteBuffer entry) {
        byte[] bytes = new byte[entry.remaining()];
        entry.get(bytes);
        try {
            ClusterImage.Applied result = image.apply(Json.read(bytes, Change.class));
            applied = position;
            if (result.accepted()) {
                publish(result.image());
            }
            return Json.bytes(new Answer(result.accepted(), result.image().version()));
        } catch (IOException e) {
            // Going on without this entry would make this node's image another one than the others'.
            throw new UncheckedIOException(
                    "an entry of the cluster group cannot be read; is this release older than the others'?", e);
        }
    }

    private void publish(ClusterImage next) {
        lock.lock();
        try {
            image = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        listeners.forEach(listener -> listener.accept(next));
    }

    @Override
    public void advance(Position position) {
        applied = position;
    }

    @Override
    public Position applied() {
        return applied;
    }

    @Override
    public void prepareCheckpoint() {
        // The whole state is written by checkpoint; it is small.
    }

    @Override
    public List<CheckpointFile> checkpoint(Path folder) throws IOException {
        byte[] bytes = Json.bytes(image);
        Files.write(folder.resolve(FILE), bytes);
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return List.of(new CheckpointFile(FILE, bytes.length, (int) sum.getValue()));
    }

    @Override
    public void restore(Path folder, Position position) throws IOException {
        ClusterImage restored = Json.read(Files.readAllBytes(folder.resolve(FILE)), ClusterImage.class);
        applied = position;
        publish(restored);
    }

    @Override
    public void close() {
        // Nothing is kept open.
    }

    /// A deadline's remaining time.
    static Duration left(long endNanos) {
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }
}
