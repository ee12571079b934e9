package org.posthouse.imap;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Plays every file of `src/test/resources/transcripts`, each with a user of its own. With
/// `-Dimap.peer=HOST:PORT` they are played against another server, whose users `transcript-NAME@example.org`
/// with the password `secret` must exist; files with `# ours` in their first line are left out then.
class TranscriptTest {
    private static final Path FOLDER = Path.of("src/test/resources/transcripts");
    private static final String PEER = System.getProperty("imap.peer", "");
    private static TestServer server;

    @TestFactory
    Stream<DynamicTest> transcripts() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(FOLDER)) {
            files = all.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .toList();
        }
        if (PEER.isEmpty() && server == null) {
            server = new TestServer();
            server.quota("transcript-quota@example.org", 1_000);
        }
        return files.stream()
                .filter(file -> PEER.isEmpty() || !ours(file))
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> play(file)));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
            server = null;
        }
    }

    private static boolean ours(Path file) {
        try {
            return Files.readAllLines(file).getFirst().startsWith("# ours");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void play(Path file) throws IOException {
        String name = file.getFileName().toString().replace(".txt", "");
        Transcript.play(
                file,
                PEER.isEmpty() ? server.address() : peer(),
                Map.of("user", "transcript-" + name + "@example.org", "password", TestServer.PASSWORD));
    }

    private static InetSocketAddress peer() {
        int colon = PEER.lastIndexOf(':');
        return new InetSocketAddress(PEER.substring(0, colon), Integer.parseInt(PEER.substring(colon + 1)));
    }
}
