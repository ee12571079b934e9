package org.posthouse.imap;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.posthouse.wire.Listener;

/// A server that is never silent for long.
class ProgressTest {
    @Test
    void longCommandsSayHowFarTheyAre() throws IOException {
        ImapAccess access = ImapAccess.DEFAULT.progressNotice(Duration.ZERO);
        try (TestServer server = new TestServer(access, Listener.Limits.DEFAULT)) {
            Transcripts.play(Transcripts.FOLDER.resolve("limited/inprogress.txt"), server);
        }
    }
}
