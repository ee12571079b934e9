package org.posthouse.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/// What a node must not forget of itself: under which incarnation it began with an empty folder, and which groups it
/// has held since. So a replica that is gone is told from one that was never there. One file, replaced whole.
final class NodeMemory {
    private final Path file;
    private final ReentrantLock lock = new ReentrantLock();
    private State state;

    /// @param incarnation 0 before the node took part in any cluster
    /// @param held highest incarnation under which each group was held
    /// @param witness whether what is held is held without state
    record State(
            int incarnation,
            SortedMap<String, Integer> held,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean witness) {}

    NodeMemory(Path folder) throws IOException {
        this.file = folder.resolve("node.json");
        Files.createDirectories(folder);
        this.state = Files.exists(file)
                ? Json.read(Files.readAllBytes(file), State.class)
                : new State(0, new TreeMap<>(), false);
    }

    int incarnation() {
        lock.lock();
        try {
            return state.incarnation();
        } finally {
            lock.unlock();
        }
    }

    OptionalInt held(String group) {
        lock.lock();
        try {
            Integer incarnation = state.held().get(group);
            return incarnation == null ? OptionalInt.empty() : OptionalInt.of(incarnation);
        } finally {
            lock.unlock();
        }
    }

    SortedMap<String, Integer> held() {
        lock.lock();
        try {
            return new TreeMap<>(state.held());
        } finally {
            lock.unlock();
        }
    }

    /// Whether the node held its groups as a witness when it last took part in one.
    boolean witness() {
        lock.lock();
        try {
            return state.witness();
        } finally {
            lock.unlock();
        }
    }

    /// The node begins under an incarnation: nothing is held.
    void begin(int incarnation) throws IOException {
        save(new State(incarnation, new TreeMap<>(), false));
    }

    /// To be called before the group's folder is made.
    ///
    /// @param witness whether it is held without state: of a node, all are or none is
    void hold(String group, int incarnation, boolean witness) throws IOException {
        SortedMap<String, Integer> held = held();
        held.put(group, incarnation);
        save(new State(incarnation(), held, witness));
    }

    /// To be called after the group's folder was deleted.
    void drop(String group) throws IOException {
        SortedMap<String, Integer> held = held();
        if (held.remove(group) != null) {
            save(new State(incarnation(), held, witness()));
        }
    }

    private void save(State next) throws IOException {
        lock.lock();
        try {
            Path written = file.resolveSibling("node.json.new");
            try (FileChannel channel = FileChannel.open(
                    written,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(Json.bytes(next));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel folder = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
                folder.force(true);
            }
            state = next;
        } finally {
            lock.unlock();
        }
    }
}
