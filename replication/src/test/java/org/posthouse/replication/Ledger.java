package org.posthouse.replication;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// A replica for tests: remembers every entry (its text) and the position at which it was applied, in memory; what
/// survives is what a checkpoint or [#close] wrote to its folder.
///
/// `apply` answers `<count>:<text>`. The text `throw` makes it throw, `block` makes it wait for [#unblock].
final class Ledger implements Replica {
    private static final String STATE = "state";

    private final Path folder;
    final List<String> entries = new ArrayList<>();
    final ConcurrentHashMap<String, Integer> seen = new ConcurrentHashMap<>();
    final CountDownLatch blocked = new CountDownLatch(1);
    final CountDownLatch unblock = new CountDownLatch(1);
    final AtomicInteger restores = new AtomicInteger();
    private volatile Position applied = Position.START;
    /// Whether close writes the state, as after an orderly stop; a crash keeps what the last checkpoint had.
    volatile boolean saveOnClose = true;
    /// Whether entries are remembered at all (not in measurements).
    volatile boolean remember = true;
    private volatile boolean closed;

    Ledger(Path folder) {
        this.folder = folder;
    }

    synchronized int count() {
        return entries.size();
    }

    synchronized List<String> copy() {
        return List.copyOf(entries);
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized Position open() throws IOException {
        Files.createDirectories(folder);
        Path state = folder.resolve(STATE);
        return Files.exists(state) ? load(state) : Position.START;
    }

    private Position load(Path state) throws IOException {
        List<String> lines = Files.readAllLines(state);
        String[] position = lines.getFirst().split(" ");
        entries.clear();
        seen.clear();
        for (String line : lines.subList(1, lines.size())) {
            note(line);
        }
        applied = new Position(Long.parseLong(position[0]), Long.parseLong(position[1]));
        return applied;
    }

    private void note(String text) {
        entries.add(text);
        seen.merge(text, 1, Integer::sum);
    }

    private synchronized byte[] state() {
        StringBuilder text = new StringBuilder(applied.term() + " " + applied.index() + "\n");
        entries.forEach(entry -> text.append(entry).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] apply(Position position, ByteBuffer entry) {
        if (position.index() <= applied.index()) {
            throw new IllegalStateException("entry " + position + " applied twice");
        }
        if (!remember) {
            applied = position;
            return new byte[8];
        }
        String text = StandardCharsets.UTF_8.decode(entry).toString();
        if (text.equals("throw")) {
            throw new IllegalStateException("told to throw");
        }
        if (text.equals("block")) {
            blocked.countDown();
            try {
                unblock.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        synchronized (this) {
            note(text);
            applied = position;
            return (entries.size() + ":" + text).getBytes(StandardCharsets.UTF_8);
        }
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
        // Nothing makes a checkpoint of this little shorter.
    }

    @Override
    public List<CheckpointFile> checkpoint(Path target) throws IOException {
        Files.createDirectory(target.resolve("part"));
        List<CheckpointFile> files = new ArrayList<>();
        files.add(write(target, STATE, state()));
        // One file that is the same in every checkpoint, and one in a folder.
        files.add(write(target, "part/constant", new byte[100_000]));
        return files;
    }

    private static CheckpointFile write(Path target, String name, byte[] content) throws IOException {
        Path path = target.resolve(name);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(content));
        }
        return new CheckpointFile(name, content.length, SnapshotFetch.crc32c(path));
    }

    @Override
    public synchronized void restore(Path from, Position position) throws IOException {
        restores.incrementAndGet();
        Position restored = load(from.resolve(STATE));
        if (!restored.equals(position)) {
            throw new IOException("the checkpoint is at " + restored + ", not " + position);
        }
    }

    @Override
    public void close() {
        closed = true;
        if (!saveOnClose) {
            return;
        }
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve(STATE), state());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
