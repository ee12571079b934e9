package org.posthouse.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// `recovery.json` in a node's folder: there from when a recovery begins to put things in place until it has come to
/// its end. With it the node does not start; the recovery is finished first.
///
/// @param from id of the old cluster
/// @param to id of the new one
/// @param groups whose replicas were prepared
/// @param lost virtual servers that have no usable replica here
/// @param lostNodes those that are out of the cluster
record RecoveryJournal(
        UUID from, UUID to, String node, List<String> groups, List<String> lost, List<String> lostNodes) {
    static final String FILE = "recovery.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    static Optional<RecoveryJournal> find(Path nodeFolder) throws IOException {
        Path file = nodeFolder.resolve(FILE);
        return Files.exists(file)
                ? Optional.of(JSON.readValue(file.toFile(), RecoveryJournal.class))
                : Optional.empty();
    }

    /// Refuses to start a node whose recovery was cut short.
    static void requireNone(NodeSetup setup) throws IOException {
        if (find(setup.folder()).isPresent()) {
            throw new IOException("a recovery of " + setup.name() + " was cut short: 'posthouse cluster recover --yes'"
                    + " finishes it, and only then can the node be started ("
                    + setup.folder().resolve(FILE) + ")");
        }
    }

    /// Durable on return.
    void write(Path nodeFolder) throws IOException {
        Path draft = nodeFolder.resolve(FILE + ".draft");
        try (FileChannel channel = FileChannel.open(
                draft, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(JSON.writeValueAsBytes(this));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(draft, nodeFolder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        sync(nodeFolder);
    }

    static void delete(Path nodeFolder) throws IOException {
        Files.deleteIfExists(nodeFolder.resolve(FILE));
        sync(nodeFolder);
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
