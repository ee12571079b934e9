package org.posthouse.imap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A server that searches three mailboxes at once.
class MultisearchTest {
    @Test
    void moreMailboxesAreRefused() throws IOException {
        try (TestServer server = new TestServer(ImapLimits.DEFAULT.searchMailboxesMax(3), true)) {
            Transcript.play(
                    Path.of("src/test/resources/transcripts/limited/multisearch.txt"),
                    server.address(),
                    Map.of("user", "multisearch@example.org", "password", TestServer.PASSWORD));
        }
    }
}
