package org.posthouse.imap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.posthouse.wire.Opening;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.Secret;

/// What transcripts cannot show: limits, TLS, loss of ownership, front ends, large messages.
class ServerTest {
    private static final String LOGIN = "a1 LOGIN user@example.org secret";

    private TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private String conversation(String... lines) {
        MemoryDuplex client = MemoryDuplex.saying(lines);
        server.server().serve(client, server::logIn);
        assertThat(client.closed).isTrue();
        return client.heard();
    }

    private void restart(ImapLimits limits, boolean plainTextLogin) {
        server.close();
        server = new TestServer(limits, plainTextLogin);
    }

    // ---- limits ----

    @Test
    void anOverlongLineIsRefusedAndTheNextCommandServed() {
        assertThat(conversation(LOGIN, "a2 NOOP " + "x".repeat(70_000), "a3 NOOP"))
                .contains("* BAD Line longer than 65536 bytes\r\n", "a3 OK");
        assertThat(conversation("a1 NOOP " + "x".repeat(9_000), "a2 NOOP"))
                .contains("* BAD Line longer than 8192 bytes\r\n", "a2 OK");
    }

    @Test
    void anEndlessLineEndsTheConversation() {
        assertThat(conversation(LOGIN, "a2 " + "x".repeat(2 << 20), "a3 NOOP"))
                .contains("* BYE [TOOBIG]")
                .doesNotContain("a3");
    }

    @Test
    void badCommandsInARowEndTheConversation() {
        String[] bad = new String[40];
        Arrays.fill(bad, "a BAD");
        String heard = conversation(bad);
        assertThat(heard).endsWith("* BYE Too many bad commands\r\n");
        assertThat(heard.split("a BAD", -1)).hasSize(ImapLimits.DEFAULT.badCommandsMax() + 1);
    }

    @Test
    void commandsWithoutLoginEndTheConversation() {
        String[] noop = new String[100];
        Arrays.fill(noop, "a NOOP");
        assertThat(conversation(noop)).endsWith("* BYE Too many commands without login\r\n");
    }

    @Test
    void aSearchIsBounded() {
        String deep = "(".repeat(60) + "ALL" + ")".repeat(60);
        String many = "ALL ".repeat(1_200) + "ALL";
        String nots = "NOT ".repeat(5_000) + "ALL";
        assertThat(conversation(
                        LOGIN, "a2 SELECT INBOX", "a3 SEARCH " + deep, "a4 SEARCH " + many, "a5 SEARCH " + nots))
                .contains("a3 BAD", "a4 BAD", "a5 BAD");
    }

    @Test
    void literalsOfArgumentsAreBounded() {
        assertThat(conversation(LOGIN, "a2 SELECT {300000}", "a3 SELECT {300000+}", "x".repeat(300_000), "a4 NOOP"))
                .contains("a2 NO [TOOBIG]", "a3 NO [TOOBIG]", "a4 OK");
    }

    @Test
    void aHundredMegabytesAnnouncedAreRefusedOrDropped() {
        restart(ImapLimits.DEFAULT.appendBytesMax(1_000), true);
        assertThat(conversation(
                        LOGIN, "a2 APPEND INBOX {1001}", "a3 APPEND INBOX {2000+}", "x".repeat(2_000), "a4 NOOP"))
                .contains("a2 NO [TOOBIG]", "a3 NO [TOOBIG]", "a4 OK")
                .doesNotContain("+ OK");
    }

    @Test
    void aSilentClientIsSentAway() throws IOException {
        restart(
                ImapLimits.DEFAULT.timeouts(Duration.ofMillis(50), Duration.ofMinutes(30), Duration.ofMinutes(1)),
                true);
        try (Socket client = connect()) {
            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .endsWith("* BYE Idle for too long\r\n");
        }
    }

    @Test
    void idleSaysThatItIsStillThereAndEnds() throws IOException {
        restart(
                ImapLimits.DEFAULT.timeouts(Duration.ofMinutes(1), Duration.ofMillis(100), Duration.ofMillis(40)),
                true);
        try (Socket client = connect()) {
            client.getOutputStream().write((LOGIN + "\r\na2 IDLE\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .contains("+ idling\r\n* OK Still here\r\n")
                    .endsWith("* BYE Idle for too long\r\n");
        }
    }

    // ---- TLS ----

    @Test
    void withoutTlsNoPasswordIsTakenWhereThatIsTheRule() {
        restart(ImapLimits.DEFAULT, false);
        assertThat(conversation(LOGIN, "a2 AUTHENTICATE PLAIN AGEAYg=="))
                .startsWith("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE LANGUAGE"
                        + " LOGINDISABLED]")
                .contains("a1 NO [PRIVACYREQUIRED]", "a2 NO [PRIVACYREQUIRED]");
    }

    @Test
    void afterStartTlsNothingSentInClearCounts() {
        restart(ImapLimits.DEFAULT, false);
        MemoryDuplex inTls = MemoryDuplex.sayingInTls("b1 CAPABILITY", "b2 LOGIN user@example.org secret");
        MemoryDuplex inClear = MemoryDuplex.sayingThenInTls(inTls, "a1 CAPABILITY", "a2 STARTTLS", "a3 NOOP");
        server.server().serve(inClear, server::logIn);
        assertThat(inClear.heard()).contains("STARTTLS LOGINDISABLED", "a2 OK").doesNotContain("a3");
        assertThat(inTls.heard())
                .startsWith(
                        "* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE LANGUAGE AUTH=SCRAM-SHA-256"
                                + " AUTH=PLAIN\r\n"
                                + "b1 OK")
                .contains("b2 OK");
    }

    // ---- ownership ----

    @Test
    void aReadIsNotAnsweredByANodeThatLostOwnershipMeanwhile() {
        MemoryDuplex client = MemoryDuplex.saying(LOGIN, "a2 LIST \"\" *", "a3 NOOP");
        server.server().serve(client, losing(0));
        assertThat(client.heard()).contains("a1 OK", "* BYE [UNAVAILABLE]").doesNotContain("* LIST", "a2 OK", "a3");
    }

    /// A login to a store that is lost after so many confirmations.
    private Login losing(int confirmations) {
        return attempt ->
                new Login.Serve(attempt.user(), new LosingStore(server.store(), new AtomicInteger(confirmations)));
    }

    @Test
    void eachPieceOfALongAnswerIsConfirmed() {
        String message = "Subject: " + "x".repeat(900) + "\r\n\r\n";
        List<String> fill = new ArrayList<>(List.of(LOGIN));
        for (int i = 0; i < 300; i++) {
            fill.add("f APPEND INBOX {" + message.length() + "+}");
            fill.add(message);
        }
        conversation(fill.toArray(String[]::new));

        MemoryDuplex client = MemoryDuplex.saying(LOGIN, "a2 SELECT INBOX", "a3 FETCH 1:* ENVELOPE");
        server.server().serve(client, losing(2));
        int lastLine = client.heard().lastIndexOf(" FETCH (ENVELOPE");
        assertThat(client.heard()).contains("* 100 FETCH").doesNotContain("* 250 FETCH", "a3 OK");
        assertThat(client.heard().substring(lastLine)).contains(")\r\n* BYE [UNAVAILABLE]");
    }

    @Test
    void aNodeThatDoesNotOwnSendsItsClientsAway() {
        server.group().gate().notLeader();
        assertThat(conversation(LOGIN, "a2 SELECT INBOX", "a3 NOOP"))
                .contains("a1 OK", "* BYE [UNAVAILABLE]")
                .doesNotContain("a2", "a3");
    }

    @Test
    void dismissedInIdle() throws IOException {
        try (Socket client = connect()) {
            client.getOutputStream().write((LOGIN + "\r\na2 IDLE\r\n").getBytes(StandardCharsets.US_ASCII));
            InputStream in = client.getInputStream();
            StringBuilder heard = new StringBuilder();
            while (!heard.toString().endsWith("+ idling\r\n")) {
                heard.append((char) in.read());
            }
            server.server().dismiss(server.store(), Duration.ofSeconds(5));
            assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).startsWith("* BYE [UNAVAILABLE]");
        }
    }

    // ---- front ends ----

    private static Credentials password(String user, String password) {
        return new Credentials(user, new Secret.Password(password));
    }

    private static Opening opening(String password) {
        var attempt = new Login.Attempt(
                "t1", password("user@example.org", password), new java.net.InetSocketAddress("192.0.2.7", 99), true);
        return ImapService.opening("vs1", attempt);
    }

    private MemoryDuplex throughFrontEnd(Opening opening, String... lines) {
        MemoryDuplex stream = MemoryDuplex.stream(opening, lines);
        var vs1 = new ImapService.Served(server.server(), server::logIn);
        var service = new ImapService(
                ImapSettings.of("n1", true), name -> name.equals("vs1") ? Optional.of(vs1) : Optional.empty());
        service.stream(null, stream);
        assertThat(stream.closed).isTrue();
        return stream;
    }

    @Test
    void aSessionFromAFrontEndBeginsWithTheAnswerToItsLogin() {
        assertThat(throughFrontEnd(opening("secret"), "t2 SELECT INBOX", "t3 LOGOUT")
                        .heard())
                .startsWith("t1 OK [CAPABILITY IMAP4rev1 ")
                .contains("t2 OK", "t3 OK");
        assertThat(throughFrontEnd(opening("wrong"), "t2 NOOP").heard())
                .startsWith("t1 NO [AUTHENTICATIONFAILED]")
                .doesNotContain("t2");
        SortedMap<String, String> elsewhere = new TreeMap<>(opening("secret").fields());
        elsewhere.put("virtual-server", "vs9");
        assertThat(throughFrontEnd(new Opening("imap", elsewhere)).heard()).startsWith("t1 NO [UNAVAILABLE]");
    }

    private static Login.Outcome answer(String line) throws IOException {
        MemoryDuplex owner = MemoryDuplex.saying(line.isEmpty() ? new String[0] : new String[] {line, "* rest"});
        var attempt = new Login.Attempt("t1", password("u", "p"), owner.remote(), true);
        return ImapService.answer(owner, attempt);
    }

    @Test
    void whatAFrontEndMakesOfTheOwnersAnswer() throws IOException {
        assertThat(answer("t1 OK [CAPABILITY X] Logged in")).isInstanceOfSatisfying(Login.HandOver.class, handOver -> {
            assertThat(handOver.answer()).isEqualTo("t1 OK [CAPABILITY X] Logged in");
            assertThat(((MemoryDuplex) handOver.owner()).closed).isFalse();
        });
        assertThat(answer("t1 NO [AUTHENTICATIONFAILED] Wrong")).isEqualTo(new Login.Refused());
        assertThat(answer("t1 NO [LIMIT] Many")).isEqualTo(new Login.TooMany());
        assertThat(answer("t1 NO [UNAVAILABLE] Later")).isEqualTo(new Login.Unavailable("Later"));
        assertThatThrownBy(() -> answer("")).isInstanceOf(IOException.class);
    }

    @Test
    void aHandedOverConversationKeepsWhatTheClientSaidAlready() {
        MemoryDuplex owner = MemoryDuplex.saying();
        MemoryDuplex client = MemoryDuplex.saying("a0 NOOP", LOGIN, "a2 SELECT INBOX", "a3 NOOP");
        ImapServer.Relay relay = server.server()
                .serve(client, attempt -> new Login.HandOver(attempt.tag() + " OK welcome", owner))
                .orElseThrow();
        assertThat(client.heard()).endsWith("a1 OK welcome\r\n");
        assertThat(client.closed).isFalse();
        assertThat(relay.owner()).isSameAs(owner);
        assertThat(new String(relay.early(), StandardCharsets.US_ASCII)).isEqualTo("a2 SELECT INBOX\r\na3 NOOP\r\n");
    }

    // ---- large messages ----

    @Test
    void aLargeMessageComesBackByteForByte() throws IOException {
        byte[] message = new byte[3_000_001];
        new Random(1).nextBytes(message);
        byte[] header = "Subject: large\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(header, 0, message, 0, header.length);
        try (Socket client = connect()) {
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            said.writeBytes(
                    (LOGIN + "\r\na2 APPEND INBOX {" + message.length + "+}\r\n").getBytes(StandardCharsets.US_ASCII));
            said.writeBytes(message);
            said.writeBytes(String.join(
                            "\r\n",
                            "",
                            "a3 SELECT INBOX",
                            "a4 FETCH 1 BODY.PEEK[]",
                            "a5 FETCH 1 BODY.PEEK[]<1000000.200000>",
                            "a6 LOGOUT",
                            "")
                    .getBytes(StandardCharsets.US_ASCII));
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    client.getOutputStream().write(said.toByteArray());
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            InputStream in = new BufferedInputStream(client.getInputStream());
            readUpTo(in, "* 1 FETCH (BODY[] {3000001}\r\n");
            assertThat(in.readNBytes(message.length)).isEqualTo(message);
            readUpTo(in, "* 1 FETCH (BODY[]<1000000> {200000}\r\n");
            assertThat(in.readNBytes(200_000)).isEqualTo(Arrays.copyOfRange(message, 1_000_000, 1_200_000));
            readUpTo(in, "a6 OK Good-bye\r\n");
            writer.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Socket connect() throws IOException {
        Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void readUpTo(InputStream in, String text) throws IOException {
        StringBuilder heard = new StringBuilder();
        while (heard.indexOf(text) < 0) {
            int octet = in.read();
            if (octet < 0) {
                throw new AssertionError("closed after: " + heard);
            }
            heard.append((char) octet);
        }
    }
}
