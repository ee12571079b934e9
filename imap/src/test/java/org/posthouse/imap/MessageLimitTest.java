package org.posthouse.imap;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// A server that deals with three messages a command.
class MessageLimitTest {
    @Test
    void theHighestComeFirst() throws IOException {
        try (TestServer server = new TestServer(ImapLimits.DEFAULT.messagesMax(3), true)) {
            Transcripts.play(Transcripts.FOLDER.resolve("limited/messagelimit.txt"), server);
        }
    }
}
