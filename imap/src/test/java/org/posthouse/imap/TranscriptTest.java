package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.Transcript;

/// Plays every transcript against this server, which lacks nothing that one of them needs.
class TranscriptTest {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new TestServer();
        server.quota("transcript-quota@example.org", 1_000);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @TestFactory
    Stream<DynamicContainer> transcripts() throws IOException {
        return Transcripts.tests(TranscriptTest::play);
    }

    private static void play(Transcript transcript) {
        try {
            transcript.play(
                    server.address(), Transcripts.given(transcript, "", TestServer.PASSWORD), Transcript.PATIENCE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void noCaseNeedsWhatIsNotThereOrIsCalledAsAnother() throws IOException {
        Set<String> names = new HashSet<>();
        try (ImapClient client =
                ImapClient.login(server.address(), "needs@example.org", TestServer.PASSWORD, Duration.ofSeconds(10))) {
            List<Transcript> all = Transcripts.wanted();
            assertThat(all).allSatisfy(each -> {
                assertThat(names.add(each.file() + " " + each.name()))
                        .as("only one is called %s", each.title())
                        .isTrue();
                assertThat(each.needs()).as(each.title()).allSatisfy(need -> assertThat(client.offers(need))
                        .isTrue());
            });
        }
    }
}
