package org.posthouse.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.cluster.Certificates;
import org.posthouse.frontend.FrontEndSettings.Port;
import org.posthouse.imap.ImapSettings;
import org.posthouse.smtp.RemoteReception;
import org.posthouse.smtp.SmtpOptions;
import org.posthouse.testkit.ScramClient;
import org.posthouse.testkit.TlsClient;
import org.posthouse.wire.Authority;
import org.posthouse.wire.Balancers;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.Listener;
import org.posthouse.wire.Opening;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.TlsIdentity;

/// A real front end between clients and nodes that are fakes.
@Timeout(60)
class FrontEndTest {
    @TempDir
    private Path folder;

    private Authority authority;
    private FakeNode n1;
    private FakeNode n2;
    private FrontEnd frontEnd;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        authority = Authority.create(folder.resolve("ca"), "test");
        n1 = new FakeNode("n1", identity("node:n1"));
        n2 = new FakeNode("n2", identity("node:n2"));
        for (FakeNode node : List.of(n1, n2)) {
            node.directory.put("user1@example.org", "vs1");
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        if (frontEnd != null) {
            frontEnd.close();
        }
        n1.close();
        n2.close();
    }

    private PeerIdentity identity(String peer) throws IOException {
        Path files = folder.resolve(peer.replace(':', '-'));
        authority.issuePeer(peer, List.of("127.0.0.1"), files);
        return PeerIdentity.load(files);
    }

    private void startFrontEnd(Duration patience) throws IOException {
        Path key = folder.resolve("server.key");
        Path chain = folder.resolve("server.pem");
        authority.issueServer(List.of("localhost"), key, chain);
        Map<Port, InetSocketAddress> listeners = new EnumMap<>(Port.class);
        for (Port port : Port.values()) {
            listeners.put(port, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }
        frontEnd = FrontEnd.start(
                new FrontEndSettings(
                        "f1",
                        Map.of("n1", n1.address(), "n2", n2.address()),
                        listeners,
                        TlsIdentity.load(chain, key),
                        Listener.Limits.DEFAULT,
                        Balancers.of(List.of("127.0.0.3")),
                        LinkSettings.DEFAULT,
                        folder.resolve("spool"),
                        SmtpOptions.of("mail.example.org", "example.org"),
                        ImapSettings.of("f1", true),
                        patience,
                        RemoteReception.Patience.DEFAULT,
                        Duration.ofMillis(100)),
                identity("front-end:f1"));
    }

    private void startFrontEnd() throws IOException {
        startFrontEnd(Duration.ofSeconds(10));
    }

    private TestClient connect() throws IOException {
        TestClient client = new TestClient(frontEnd.address(Port.IMAP).orElseThrow());
        open.add(client);
        client.expect("* OK ");
        return client;
    }

    private TestClient loggedIn() throws IOException {
        return loggedIn("user1@example.org");
    }

    private TestClient loggedIn(String user) throws IOException {
        TestClient client = connect();
        client.send("a1 LOGIN " + user + " secret");
        client.expect("a1 OK ");
        return client;
    }

    private static void assertServedBy(TestClient client, String node) throws IOException {
        client.send("x NOOP");
        client.expect("x OK from " + node);
    }

    @Test
    void aBalancersClientIsKnownByItsOwnAddress() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client =
                new TestClient("127.0.0.3", frontEnd.address(Port.IMAP).orElseThrow());
        open.add(client);
        client.send("PROXY TCP4 192.0.2.9 127.0.0.1 56324 143");
        client.expect("* OK ");
        client.send("a1 LOGIN user1@example.org secret");
        client.expect("a1 OK ");
        assertThat(n1.logins.poll(10, TimeUnit.SECONDS).field("remote")).startsWith("192.0.2.9");
    }

    @Test
    void aNodeThatWasEvictedIsHeardNoMore() throws Exception {
        PeerIdentity evicted = PeerIdentity.load(folder.resolve("node-n2"));
        n1.tell("vs1 1-10 n1");
        n2.tell("vs1 1-11 n2");
        startFrontEnd();
        assertServedBy(loggedIn(), "n2");
        var revoked = new Certificates.Revoked(
                new Certificates.Certificate(evicted.certificate().fingerprint(), Long.MAX_VALUE / 1000),
                "n2",
                true,
                1_700_000_000_000L);
        n1.tell(revoked.line());
        await("the link to n2 to end", () -> !frontEnd.status().nodes().get("n2"));
        // It tries again and again, and its routes count for nothing.
        n1.tell("vs1 1-12 n1");
        assertServedBy(loggedIn(), "n1");
        n2.heartbeats.clear();
        assertThat(n2.heartbeats.poll(500, TimeUnit.MILLISECONDS)).isNull();
        assertThat(frontEnd.status().nodes()).containsEntry("n1", true).containsEntry("n2", false);
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in vain: " + what).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @Test
    void aSessionIsRelayedBothWays() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = loggedIn();
        Opening login = n1.logins.poll(10, TimeUnit.SECONDS);
        assertThat(login.fields())
                .containsEntry("virtual-server", "vs1")
                .containsEntry("user", "user1@example.org")
                .containsEntry("tag", "a1")
                .containsEntry("secure", "false");
        assertThat(login.field("remote")).startsWith("127.0.0.1:");
        assertServedBy(client, "n1");
        for (int length : new int[] {0, 1, 600, 70_000, 3_000_000}) {
            client.send("f FETCH " + length);
            assertThat(client.line()).isEqualTo("* 1 FETCH (BODY[] {" + length + "}");
            assertThat(client.bytes(length)).isEqualTo(FakeNode.literal(length));
            assertThat(client.line()).isEqualTo(")");
            client.expect("f OK");
            client.send("u UPLOAD " + length);
            client.sendBytes(FakeNode.literal(length));
            assertThat(client.line()).isEqualTo("u OK sum " + Arrays.hashCode(FakeNode.literal(length)));
        }
        assertThat(frontEnd.status().sessions()).isOne();
        client.send("z LOGOUT");
        client.expect("* BYE");
        client.expect("z OK");
        client.expectEnd();
    }

    @Test
    void aLogInIsBoundToTheTlsThatEndsHere() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        for (String type : List.of("tls-exporter", "tls-server-end-point")) {
            TestClient client = connect();
            client.send("t STARTTLS");
            client.expect("t OK");
            TlsClient tls = client.startTls();
            byte[] binding = type.equals("tls-exporter") ? tls.exporter() : tls.serverEndPoint();
            ScramClient scram = ScramClient.bound(type, binding, "user1@example.org", "secret");
            client.send("a1 AUTHENTICATE SCRAM-SHA-256-PLUS " + scram.first());
            client.send(scram.last(client.line().substring(2)));
            assertThat(scram.trusts(client.line().substring(2))).isTrue();
            client.send("");
            client.expect("a1 OK ");
            assertServedBy(client, "n1");
            assertThat(n1.logins.poll(10, TimeUnit.SECONDS).fields())
                    .containsEntry("secure", "true")
                    .containsEntry("kind", "scram-sha-256");
        }
    }

    @Test
    void aCompressedSessionIsRelayedAsItIs() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = loggedIn();
        client.send("c COMPRESS DEFLATE");
        client.expect("c OK ");
        client.compress();
        assertServedBy(client, "n1");
        for (int length : new int[] {0, 600, 300_000}) {
            client.send("f FETCH " + length);
            assertThat(client.line()).isEqualTo("* 1 FETCH (BODY[] {" + length + "}");
            assertThat(client.bytes(length)).isEqualTo(FakeNode.literal(length));
            assertThat(client.line()).isEqualTo(")");
            client.expect("f OK");
        }
        // A farewell in plain text would be garbage in the middle of what is compressed.
        n1.stop();
        assertThatThrownBy(client::line).isInstanceOf(EOFException.class);
    }

    @Test
    void whatIsSentBehindTheLoginGoesToTheOwner() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = connect();
        client.send("a1 LOGIN user1@example.org secret\r\na2 NOOP\r\na3 NOOP\r\na4 LOGOUT");
        client.finish();
        client.expect("a1 OK ");
        client.expect("a2 OK from n1");
        client.expect("a3 OK from n1");
        client.expect("* BYE");
        client.expect("a4 OK");
        client.expectEnd();
    }

    @Test
    void aWrongPasswordIsRefusedAndTheRightOneTakenThen() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = connect();
        client.send("a1 LOGIN user1@example.org wrong");
        client.expect("a1 NO [AUTHENTICATIONFAILED]");
        client.send("a2 LOGIN user1@example.org secret");
        client.expect("a2 OK ");
        assertServedBy(client, "n1");
    }

    @Test
    void anUnknownUserIsRefusedAfterAPasswordCheckLikeAnybody() throws Exception {
        startFrontEnd();
        TestClient client = connect();
        client.send("a1 LOGIN nobody@example.org secret");
        client.expect("a1 NO [AUTHENTICATIONFAILED]");
        assertThat(n1.verified.size() + n2.verified.size()).isOne();
    }

    @Test
    void aLostOwnerEndsTheSessionWithBye() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = loggedIn();
        assertServedBy(client, "n1");
        n1.stop();
        client.expect("* BYE [UNAVAILABLE]");
        client.expectEnd();
        // The next owner takes the client's next session.
        n2.tell("vs1 1-11 n2");
        assertServedBy(loggedIn(), "n2");
    }

    @Test
    void inTheMiddleOfALiteralThereIsNoBye() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = loggedIn();
        client.send("h HALF");
        assertThat(client.line()).isEqualTo("* 1 FETCH (BODY[] {100}");
        assertThat(client.line()).isEqualTo("only");
        n1.stop();
        client.expectEnd();
    }

    @Test
    void aHigherEpochEndsTheSessionsOfTheLowerOne() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = loggedIn();
        n2.tell("vs1 1-11 n2");
        client.expect("* BYE [UNAVAILABLE]");
        client.expectEnd();
        assertServedBy(loggedIn(), "n2");
    }

    @Test
    void nodesThatDisagreeAreSettledByTheEpoch() throws Exception {
        n1.tell("vs1 2-5 n1");
        startFrontEnd();
        TestClient client = loggedIn();
        assertServedBy(client, "n1");
        // Lower, and equal with another owner: neither moves anybody. The route of vs2 shows that they were read.
        n2.tell("vs1 1-900 n2");
        n2.tell("vs1 2-5 n2");
        n2.tell("vs2 1-1 n2");
        n2.directory.put("user2@example.org", "vs2");
        n1.directory.put("user2@example.org", "vs2");
        assertServedBy(loggedIn("user2@example.org"), "n2");
        assertServedBy(client, "n1");
        assertServedBy(loggedIn(), "n1");
    }

    @Test
    void aNodeThatJoinedIsFoundAndOneThatLeftIsLetGo() throws Exception {
        FakeNode n3 = new FakeNode("n3", identity("node:n3"));
        open.add(n3);
        n3.directory.put("user1@example.org", "vs1");
        startFrontEnd();
        n1.tell("vs1 1-10 n1");
        assertServedBy(loggedIn(), "n1");
        n3.tell("vs1 1-11 n3");
        n1.tell("nodes 57 n1=" + text(n1) + " n3=" + text(n3));
        // An older list changes nothing any more. The route behind it shows that it was read.
        n1.tell("nodes 56 n1=" + text(n1) + " n2=" + text(n2));
        n1.tell("vs2 1-1 n1");
        n1.directory.put("user2@example.org", "vs2");
        n3.directory.put("user2@example.org", "vs2");
        TestClient client = loggedIn("user2@example.org");
        while (!frontEnd.status().nodes().equals(new TreeMap<>(Map.of("n1", true, "n3", true)))) {
            client.send("a NOOP");
            client.expect("a OK");
        }
        while (frontEnd.status().routes().stream()
                .noneMatch(route -> route.node().equals("n3"))) {
            client.send("b NOOP");
            client.expect("b OK");
        }
        assertServedBy(loggedIn(), "n3");
    }

    private static String text(FakeNode node) {
        return node.address().getAddress().getHostAddress() + ":"
                + node.address().getPort();
    }

    @Test
    void withoutAnyNodeTheClientIsHeardAndToldSo() throws Exception {
        n1.stop();
        n2.stop();
        startFrontEnd(Duration.ofMillis(300));
        TestClient client = connect();
        client.send("a1 LOGIN user1@example.org secret");
        client.expect("a1 NO [UNAVAILABLE]");
        client.send("a2 NOOP");
        client.expect("a2 OK");
        assertThat(frontEnd.status().nodes()).isEqualTo(new TreeMap<>(Map.of("n1", false, "n2", false)));
    }

    @Test
    void aLoginWaitsForAnOwner() throws Exception {
        n1.mood = FakeNode.Mood.NOT_HERE;
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = connect();
        client.send("a1 LOGIN user1@example.org secret");
        // It was tried at n1 at least twice; the client still waits.
        assertThat(n1.logins.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(n1.logins.poll(10, TimeUnit.SECONDS)).isNotNull();
        n2.tell("vs1 1-11 n2");
        client.expect("a1 OK ");
        assertServedBy(client, "n2");
    }

    @Test
    void aLoginThatAFrozenOwnerDoesNotAnswerGoesToTheNextOwner() throws Exception {
        n1.mood = FakeNode.Mood.SILENT;
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = connect();
        client.send("a1 LOGIN user1@example.org secret");
        assertThat(n1.logins.poll(10, TimeUnit.SECONDS)).isNotNull();
        n2.tell("vs1 1-11 n2");
        client.expect("a1 OK ");
        assertServedBy(client, "n2");
    }

    @Test
    void aNodeThatCannotSayIsPassedOver() throws Exception {
        n1.directoryKnows = false;
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        assertServedBy(loggedIn(), "n1");
    }

    @Test
    void allNodesHearOfTheFrontEnd() throws Exception {
        startFrontEnd();
        for (FakeNode node : List.of(n1, n2)) {
            Opening heartbeat = node.heartbeats.poll(10, TimeUnit.SECONDS);
            assertThat(heartbeat).isNotNull();
            assertThat(heartbeat.field("name")).isEqualTo("f1");
            assertThat(heartbeat.field("pid"))
                    .isEqualTo(Long.toString(ProcessHandle.current().pid()));
            assertThat(heartbeat.field("address")).isEqualTo("127.0.0.1");
            for (Port port : Port.values()) {
                assertThat(heartbeat.field(port.word()))
                        .isEqualTo(Integer.toString(
                                frontEnd.address(port).orElseThrow().getPort()));
            }
            assertThat(heartbeat.field("sessions")).isEqualTo("0");
        }
    }

    @Test
    void aMessageIsHandedToTheOwner() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient client = new TestClient(frontEnd.address(Port.SMTP).orElseThrow());
        open.add(client);
        client.expect("220 ");
        client.send("HELO there");
        client.expect("250 ");
        client.send("MAIL FROM:<a@example.com>");
        client.expect("250 ");
        client.send("RCPT TO:<nobody@example.org>");
        client.expect("550 5.1.1");
        client.send("RCPT TO:<user1@example.org>");
        client.expect("250 ");
        client.send("DATA");
        client.expect("354 ");
        client.send("Subject: hello\r\n\r\nworld\r\n.");
        client.expect("250 ");
        byte[] delivered = n1.delivered.poll(10, TimeUnit.SECONDS);
        assertThat(new String(delivered, StandardCharsets.ISO_8859_1)).contains("Subject: hello\r\n\r\nworld\r\n");
    }

    @Test
    void clientsAreSentAwayWhenItCloses() throws Exception {
        n1.tell("vs1 1-10 n1");
        startFrontEnd();
        TestClient before = connect();
        TestClient after = loggedIn();
        TestClient half = loggedIn();
        half.send("h HALF");
        assertThat(half.line()).isEqualTo("* 1 FETCH (BODY[] {100}");
        assertThat(half.line()).isEqualTo("only");
        frontEnd.close();
        before.expect("* BYE");
        after.expect("* BYE [UNAVAILABLE] This server is going down");
        half.expectEnd();
    }

    @Test
    void anotherNamesCertificateIsNotTaken() throws Exception {
        startFrontEnd();
        assertThatThrownBy(() -> FrontEnd.start(
                        FrontEndSettings.of(
                                "f2",
                                Map.of(),
                                Map.of(),
                                TlsIdentity.load(folder.resolve("server.pem"), folder.resolve("server.key")),
                                folder.resolve("spool2"),
                                SmtpOptions.of("mail.example.org", "example.org"),
                                ImapSettings.of("f2", true)),
                        identity("front-end:f1")))
                .hasMessageContaining("is that of front-end:f1, not of front-end:f2");
    }
}
