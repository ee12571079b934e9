package org.posthouse.imap;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// A server that searches three mailboxes at once.
class MultisearchTest {
    @Test
    void moreMailboxesAreRefused() throws IOException {
        try (TestServer server = new TestServer(ImapLimits.DEFAULT.searchMailboxesMax(3), true)) {
            Transcripts.play(Transcripts.FOLDER.resolve("limited/multisearch.txt"), server);
        }
    }
}
