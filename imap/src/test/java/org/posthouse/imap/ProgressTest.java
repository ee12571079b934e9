package org.posthouse.imap;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A server that is never silent for long.
class ProgressTest {
    @Test
    void longCommandsSayHowFarTheyAre() throws IOException {
        try (TestServer server = new TestServer(ImapLimits.DEFAULT.progressNotice(Duration.ZERO), true)) {
            Transcript.play(
                    Path.of("src/test/resources/transcripts/limited/inprogress.txt"),
                    server.address(),
                    Map.of("user", "progress@example.org", "password", TestServer.PASSWORD));
        }
    }
}
