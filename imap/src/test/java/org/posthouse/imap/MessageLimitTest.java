package org.posthouse.imap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A server that deals with three messages a command.
class MessageLimitTest {
    @Test
    void theHighestComeFirst() throws IOException {
        try (TestServer server = new TestServer(ImapLimits.DEFAULT.messagesMax(3), true)) {
            Transcript.play(
                    Path.of("src/test/resources/transcripts/limited/messagelimit.txt"),
                    server.address(),
                    Map.of("user", "limit@example.org", "password", TestServer.PASSWORD));
        }
    }
}
