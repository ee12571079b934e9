package org.posthouse.imap;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.posthouse.wire.Listener;

/// A server that is never silent for long.
class ProgressTest {
    @Test
    void longCommandsSayHowFarTheyAre() throws IOException {
        ImapAccess access = ImapAccess.DEFAULT.progressNotice(Duration.ZERO);
        try (TestServer server = new TestServer(access, Listener.Limits.DEFAULT)) {
            Transcript.play(
                    Path.of("src/test/resources/transcripts/limited/inprogress.txt"),
                    server.address(),
                    Map.of("user", "progress@example.org", "password", TestServer.PASSWORD));
        }
    }
}
