package org.posthouse.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.mailstore.StoreException;

/// A message whose bytes have rotted on one replica.
class BodyRepairsTest {
    @TempDir
    Path folder;

    private static byte[] read(StorageGroup group, long bodyId) throws IOException {
        try (MailStore.Body body = group.body(bodyId)) {
            return body.stream(0, body.length()).readAllBytes();
        }
    }

    private static boolean reads(StorageGroup group, long bodyId, byte[] whole) {
        try {
            return Arrays.equals(read(group, bodyId), whole);
        } catch (StoreException | IOException e) {
            return false;
        }
    }

    /// Turns one byte of the message over, wherever this node keeps it.
    private static void rot(Path node, String subject) throws IOException {
        byte[] wanted = subject.getBytes(UTF_8);
        List<Path> segments;
        try (Stream<Path> files = Files.walk(node.resolve("store"))) {
            segments = files.filter(file -> file.toString().endsWith(".seg")).toList();
        }
        for (Path segment : segments) {
            byte[] bytes = Files.readAllBytes(segment);
            for (int at = 0; at + wanted.length <= bytes.length; at++) {
                if (ByteBuffer.wrap(bytes, at, wanted.length).equals(ByteBuffer.wrap(wanted))) {
                    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
                        file.seek(at);
                        file.write('?');
                    }
                    return;
                }
            }
        }
        throw new AssertionError("no segment of " + node + " has '" + subject + "': " + segments);
    }

    @Test
    void itIsPutRightFromAnotherReplica() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 3, 1)) {
            cluster.startAll();
            cluster.awaitWhole("vs1");
            cluster.deliver("vs1", "to-be-damaged");
            cluster.awaitEqualDigests();
            String owner = cluster.owner("vs1");
            long bodyId = cluster.newestBody("vs1");
            byte[] whole = read(cluster.agents.get(owner).group("vs1").orElseThrow(), bodyId);

            // Both others have it rotten: the one asks the other in vain, which so notices it too.
            List<String> others = cluster.agents.keySet().stream()
                    .filter(node -> !node.equals(owner))
                    .toList();
            for (String node : others) {
                // Replicas that agree at one entry may not all have applied the next.
                StorageGroup has = cluster.agents.get(node).group("vs1").orElseThrow();
                cluster.await("the message on " + node, () -> reads(has, bodyId, whole));
                rot(cluster.folder(node), "Subject: to-be-damaged");
            }
            StorageGroup first =
                    cluster.agents.get(others.getFirst()).group("vs1").orElseThrow();
            assertThatThrownBy(() -> read(first, bodyId))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT));
            for (String node : others) {
                StorageGroup rotten = cluster.agents.get(node).group("vs1").orElseThrow();
                cluster.await("its repair on " + node, () -> reads(rotten, bodyId, whole));
                cluster.await(
                        "nothing to be left of it",
                        () -> Files.notExists(cluster.folder(node).resolve("repair/vs1.body")));
            }

            // What nobody can give is asked for again when it is found again; wrong bytes are no body.
            List<String> asked = new CopyOnWriteArrayList<>();
            BodyRepairs repairs = new BodyRepairs(
                    "vs1",
                    folder.resolve("repair"),
                    () -> Optional.of(first),
                    () -> List.of("n8", "n9"),
                    (node, server, body, into) -> {
                        asked.add(node + " " + body);
                        if (node.equals("n8")) {
                            throw new IOException("no replica of vs1 here");
                        }
                        Files.writeString(into, "something else");
                    });
            for (int times = 1; times <= 2; times++) {
                int expected = 2 * times;
                cluster.await("both to be asked " + times + " times", () -> {
                    repairs.found(bodyId, "a test says so"); // nothing while it is under way
                    return asked.size() >= expected;
                });
            }
            assertThat(List.copyOf(asked).subList(0, 4))
                    .containsExactly("n8 " + bodyId, "n9 " + bodyId, "n8 " + bodyId, "n9 " + bodyId);
            assertThat(read(first, bodyId)).isEqualTo(whole);
        }
    }
}
