package org.posthouse.imap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.posthouse.wire.Listener;

/// How much a server bears with: many connections, slow ones, ones that read nothing, ones half closed.
@Timeout(60)
class PatienceTest {
    private static final String USER = "patience@example.org";
    private static final Duration LONG = Duration.ofMinutes(5);

    private TestServer server;

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(ImapAccess access, Listener.Limits limits) {
        server = new TestServer(access, limits);
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in vain: " + what).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @Test
    void aUserHasOnlySoManyConnections() throws IOException {
        start(ImapAccess.DEFAULT.connectionsPerUserMax(2), Listener.Limits.DEFAULT);
        try (TalkingClient first = TalkingClient.loggedIn(server, USER);
                TalkingClient _ = TalkingClient.loggedIn(server, "Patience@example.org");
                TalkingClient third = new TalkingClient(server.address())) {
            third.line();
            assertThat(third.answer("a1 LOGIN " + USER + " secret")).startsWith("a1 NO [LIMIT]");
            assertThat(third.answer("a2 LOGIN other@example.org secret")).startsWith("a2 OK");
            first.answer("a3 LOGOUT");
            first.rest();
            await("the first to be gone", () -> server.server().sessions() == 2);
            TalkingClient.loggedIn(server, USER).close();
        }
    }

    @Test
    void anAddressHasOnlySoManyConnections() throws IOException {
        start(ImapAccess.DEFAULT, Listener.Limits.DEFAULT.connections(10, 2));
        try (TalkingClient _ = new TalkingClient(server.address());
                TalkingClient _ = new TalkingClient(server.address());
                TalkingClient third = new TalkingClient(server.address())) {
            assertThat(third.line()).startsWith("* BYE");
        }
    }

    /// It reads nothing of a large answer: the session ends, and meanwhile it holds up nobody in the same mailbox.
    @Test
    void aClientThatReadsNothing() throws IOException {
        start(ImapAccess.DEFAULT, Listener.Limits.DEFAULT.writeDeadline(Duration.ofSeconds(2)));
        try (TalkingClient other = TalkingClient.loggedIn(server, USER);
                TalkingClient deaf = TalkingClient.loggedIn(server, USER)) {
            String message = "x".repeat(4_000_000);
            other.say("a1 APPEND INBOX {" + message.length() + "+}\r\n" + message);
            assertThat(other.line()).startsWith("a1 OK");
            other.answer("a2 SELECT INBOX");
            deaf.answer("b1 SELECT INBOX");
            for (int i = 0; i < 20; i++) {
                deaf.say("b2 FETCH 1 BODY.PEEK[]");
            }
            long begun = System.nanoTime();
            assertThat(other.answer("a3 STORE 1 +FLAGS (\\Flagged)")).contains("a3 OK");
            assertThat(other.answer("a4 SEARCH FLAGGED")).contains("* SEARCH 1");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
            await("the deaf one to be gone", () -> server.server().sessions() == 1);
        }
    }

    /// Commands wait in the socket, not in memory: one is carried out at a time.
    @Test
    void commandsWithoutEndWhoseAnswersAreNotRead() throws Exception {
        start(ImapAccess.DEFAULT, Listener.Limits.DEFAULT.writeDeadline(Duration.ofSeconds(1)));
        try (TalkingClient client = TalkingClient.loggedIn(server, USER)) {
            byte[] many = "n NOOP\r\n".repeat(10_000).getBytes(ISO_8859_1);
            Thread talker = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 1_000; i++) {
                        client.say(many);
                    }
                } catch (IOException _) {
                    // what is waited for
                }
            });
            await("the talker to be cut", () -> server.server().sessions() == 0);
            talker.join();
        }
    }

    /// One byte now and then: no silence is long, and still it ends.
    private void dribble(TalkingClient client, String text) throws IOException {
        try {
            for (int i = 0; server.server().sessions() > 0; i++) {
                client.say(
                        text.substring(i % text.length(), i % text.length() + 1).getBytes(ISO_8859_1));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
        } catch (IOException _) {
            // the server has closed
        }
    }

    @Test
    void aClientThatDribblesBeforeTheLogin() throws IOException {
        start(ImapAccess.DEFAULT.times(Duration.ofMillis(300), LONG, 1_024), Listener.Limits.DEFAULT);
        try (TalkingClient client = new TalkingClient(server.address())) {
            client.line();
            dribble(client, "a NOOP\r\n");
        }
        assertThat(server.server().sessions()).isZero();
    }

    @Test
    void aClientThatDribblesACommandOrALiteral() throws IOException {
        start(ImapAccess.DEFAULT.times(LONG, Duration.ofMillis(300), 1_024), Listener.Limits.DEFAULT);
        try (TalkingClient client = TalkingClient.loggedIn(server, USER)) {
            dribble(client, "x");
        }
        try (TalkingClient client = TalkingClient.loggedIn(server, USER)) {
            client.say("a1 APPEND INBOX {1000000+}");
            dribble(client, "x");
        }
        assertThat(server.server().sessions()).isZero();
    }

    @Test
    void aClientThatIsSlowButNotTooSlow() throws IOException {
        start(ImapAccess.DEFAULT.times(LONG, Duration.ofMillis(200), 100), Listener.Limits.DEFAULT);
        try (TalkingClient client = TalkingClient.loggedIn(server, USER)) {
            client.say("a1 APPEND INBOX {1000+}");
            for (int i = 0; i < 10; i++) {
                client.say("x".repeat(100).getBytes(ISO_8859_1));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            client.say("");
            assertThat(client.line()).startsWith("a1 OK");
            // IDLE and a pause between commands are nobody's slowness.
            client.answer("a2 SELECT INBOX");
            client.say("a3 IDLE");
            client.line();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400));
            client.say("DONE");
            assertThat(client.line()).startsWith("a3 OK");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400));
            assertThat(client.answer("a4 NOOP")).contains("a4 OK");
        }
    }

    @Test
    void aSearchThatTakesTooLongIsGivenUp() throws IOException {
        start(ImapAccess.DEFAULT.times(LONG, Duration.ofNanos(1), 1_000_000_000), Listener.Limits.DEFAULT);
        List<String> said = new ArrayList<>(List.of("l LOGIN " + USER + " secret"));
        MemoryDuplex filling = MemoryDuplex.saying(said.getFirst(), "a1 APPEND INBOX {4+}", "abcd");
        server.server().serve(filling, server::logIn);
        // All is read at once, before the clock runs; then it is over before the first message is looked at.
        MemoryDuplex client = MemoryDuplex.saying(said.getFirst(), "a2 SELECT INBOX", "a3 SEARCH TEXT x", "a4 NOOP");
        server.server().serve(client, server::logIn);
        assertThat(client.heard()).contains("a3 NO [LIMIT]", "a4 OK");
    }

    /// For what is no word: no index knows whether it is there, so all has to be read.
    private static final String ENDLESS = " SEARCH" + " NOT BODY @@".repeat(ImapLimits.DEFAULT.searchKeysMax() / 2 - 1);

    /// As many keys as can be over these would take a minute and more.
    private static void appendLarge(TalkingClient client) throws IOException {
        String message = "\r\n" + "all work and no play\r\n".repeat(35_000);
        String literal = " {" + message.length() + "+}\r\n" + message;
        client.say("a1 APPEND INBOX" + literal.repeat(20));
        assertThat(client.line()).startsWith("a1 OK");
        client.answer("a2 SELECT INBOX");
    }

    @Test
    void aSearchWhoseClientIsGoneEnds() throws IOException {
        start(ImapAccess.DEFAULT.progressNotice(Duration.ofMillis(1)), Listener.Limits.DEFAULT);
        try (TalkingClient client = TalkingClient.loggedIn(server, USER)) {
            appendLarge(client);
            client.say("a3" + ENDLESS);
            assertThat(client.line()).startsWith("* OK [INPROGRESS ");
        }
        await("its session to be over", () -> server.server().sessions() == 0);
    }

    @Test
    void searchesOnAllProcessorsHoldUpNobody() throws IOException {
        start(ImapAccess.DEFAULT.progressNotice(Duration.ofMillis(100)), Listener.Limits.DEFAULT);
        List<TalkingClient> searching = new ArrayList<>();
        try (TalkingClient other = TalkingClient.loggedIn(server, USER)) {
            appendLarge(other);
            for (int i = 0; i <= Runtime.getRuntime().availableProcessors(); i++) {
                TalkingClient client = TalkingClient.loggedIn(server, USER);
                searching.add(client);
                client.answer("b1 SELECT INBOX");
                client.say("b2" + ENDLESS);
            }
            assertThat(other.answer("a3 STORE 1 +FLAGS (\\Flagged)")).contains("a3 OK");
            assertThat(other.answer("a4 SEARCH FLAGGED")).contains("* SEARCH 1");
            for (TalkingClient client : searching) {
                InputStream heard = client.socket.getInputStream();
                assertThat(new String(heard.readNBytes(heard.available()), ISO_8859_1))
                        .as("none has its answer yet")
                        .doesNotContain("b2 ");
            }
        } finally {
            for (TalkingClient client : searching) {
                client.close();
            }
        }
        await("all to be gone", () -> server.server().sessions() == 0);
    }

    @Test
    void aClientThatClosesHalfHearsAllAnswers() throws IOException {
        start(ImapAccess.DEFAULT, Listener.Limits.DEFAULT);
        try (TalkingClient client = new TalkingClient(server.address())) {
            client.say("a1 LOGIN " + USER + " secret\r\na2 SELECT INBOX\r\na3 NOOP");
            client.socket.shutdownOutput();
            assertThat(client.rest()).contains("a1 OK", "a2 OK", "a3 OK");
        }
        try (TalkingClient client = new TalkingClient(server.address())) {
            client.say("a1 LOGIN " + USER + " secret\r\na2 SELECT INBOX\r\na3 IDLE");
            client.socket.shutdownOutput();
            assertThat(client.rest()).contains("a2 OK", "+ idling");
        }
        await("both to be gone", () -> server.server().sessions() == 0);
    }
}
