package org.posthouse.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.posthouse.wire.Authority;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.TlsIdentity;

/// What a transcript cannot say: messages byte for byte, limits, silence, hang-ups, TLS.
@Timeout(60)
class SmtpServerTest {
    private final RecordingReception reception = new RecordingReception();

    private static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean() && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static String crLf(String text) {
        return text.replace("\n", "\r\n");
    }

    private static SmtpClient inMessage(TestServer server) throws IOException {
        SmtpClient client = server.connect();
        client.say("EHLO client.example").answer();
        client.say("MAIL FROM:<out@client.example>").expect("250");
        client.say("RCPT TO:<ann@example.org>").expect("250");
        return client.say("DATA").expect("354");
    }

    @Test
    void traceHeadersComeFirstAndTheContentUnchanged() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            client.raw("Subject: x\r\n\r\n..one\r\n...\r\nü\r\n\r\n.\r\n").expect("250 2.0.0");
            RecordingReception.Received message = reception.messages.getFirst();
            assertThat(message.text()).isEqualTo(crLf("""
                            Return-Path: <out@client.example>
                            Received: from client.example ([127.0.0.1])
                            \tby mx.example.org (Posthouse) with ESMTP
                            \tid id1
                            \tfor <ann@example.org>;
                            \tSun, 22 Nov 2026 11:15:30 +0100
                            Subject: x

                            .one
                            ..
                            ü

                            """));
            assertThat(message.envelope().deliveryId()).isEqualTo("id1");
            assertThat(message.envelope().sender()).isEqualTo("out@client.example");
            assertThat(message.envelope().users()).containsExactly("ann@example.org");
        }
    }

    @Test
    void anEmptyMessageIsOne() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            client.say(".").expect("250 2.0.0");
            assertThat(reception.onlyContent()).isEmpty();
        }
    }

    @Test
    void oneMailboxBehindSeveralAddressesGetsOneCopyAndNobodyReadsOfTheOthers() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = server.connect()) {
            client.raw(crLf("""
                    EHLO c.example
                    MAIL FROM:<>
                    RCPT TO:<ann@example.org>
                    RCPT TO:<team@example.org>
                    RCPT TO:<ann@example.org>
                    DATA
                    """));
            client.answer();
            client.expect("250").expect("250").expect("250").expect("250").expect("354");
            client.raw("x\r\n.\r\nQUIT\r\n").expect("250 2.0.0").expect("221").expectEnd();
            assertThat(reception.messages.getFirst().envelope().users())
                    .containsExactly("ann@example.org", "bob@example.org");
            assertThat(reception.messages.getFirst().text())
                    .doesNotContain("team@")
                    .doesNotContain("for <");
        }
    }

    @Test
    void manyMessagesInOneGoPipelined() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = server.connect()) {
            client.say("EHLO client.example").answer();
            for (int i = 0; i < 50; i++) {
                client.raw("MAIL FROM:<a@b.example>\r\nRCPT TO:<ann@example.org>\r\n");
                client.raw("RCPT TO:<nobody@example.org>\r\nDATA\r\n");
                client.expect("250").expect("250").expect("550").expect("354");
                client.raw("Subject: " + i + "\r\n\r\n" + "line\r\n".repeat(i * 100) + ".\r\n")
                        .expect("250 2.0.0");
            }
            assertThat(reception.messages).hasSize(50);
            assertThat(reception.closed.get()).isEqualTo(50);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb\r\n", "a\rb\r\n", "a\r\n.\nb\r\n", "a\n.\r\n", "a\r.\r\n", "a\r\r\n"})
    void bareLineEndsAreRefusedOnceTheMessageIsOver(String content) throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            client.raw(content + ".\r\nNOOP\r\n").expect("550 5.6.0").expect("250 2.0.0 OK");
            assertThat(reception.messages).isEmpty();
            assertThat(reception.closed.get()).isEqualTo(1);
        }
    }

    @Test
    void nulIsRefused() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            client.raw("a\0b\r\n.\r\n").expect("550 5.6.0 NUL");
            assertThat(reception.messages).isEmpty();
        }
    }

    @Test
    void tooBigIsToldAfterTheEndAndTheNextMessageIsTaken() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception, TestServer.OPTIONS.sizeBytesMax(100_000));
                SmtpClient client = inMessage(server)) {
            String line = "x".repeat(98) + "\r\n";
            client.raw(line.repeat(1000) + "y\r\n.\r\n").expect("552 5.3.4");
            client.raw("MAIL FROM:<a@b.example>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n");
            client.expect("250").expect("250").expect("354");
            client.raw(line.repeat(1000) + ".\r\n").expect("250 2.0.0");
            assertThat(reception.onlyContent()).hasSize(100_000);
        }
    }

    @Test
    void whoeverSendsWithoutEndIsCutOff() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception, TestServer.OPTIONS.sizeBytesMax(10_000));
                SmtpClient client = inMessage(server)) {
            client.raw("x".repeat(50_000)).expect("552 5.3.4").expectEnd();
            assertThat(reception.closed.get()).isEqualTo(1);
        }
    }

    @Test
    void aLineNeedNotEndForTheMessageToFlow() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            client.raw("x".repeat(5_000_000) + "\r\n.\r\n").expect("250 2.0.0");
            assertThat(reception.onlyContent()).hasSize(5_000_002);
        }
    }

    @Test
    void recipientsAreLimited() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = server.connect()) {
            client.say("EHLO client.example").answer();
            client.say("MAIL FROM:<>").expect("250");
            for (int i = 0; i < 100; i++) {
                client.say("RCPT TO:<n" + i + "@example.org>").expect("250");
            }
            client.say("RCPT TO:<n100@example.org>").expect("452 4.5.3");
            client.say("DATA").expect("354").say(".").expect("250");
            assertThat(reception.messages.getFirst().envelope().users()).hasSize(100);
        }
    }

    @Test
    void aMessageInCirclesIsRefused() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            client.raw("Received: x\r\n".repeat(51) + "\r\n.\r\n").expect("554 5.4.6");
            client.raw("MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n");
            client.expect("250").expect("250").expect("354");
            client.raw("Received: x\r\n".repeat(50) + "\r\nReceived: y\r\n.\r\n")
                    .expect("250 2.0.0");
        }
    }

    @Test
    void refusalsOfTheReceptionReachTheClient() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            reception.verdict = Answer.DISK_FULL;
            client.raw("x\r\n.\r\n").expect("452 4.3.1");
            reception.atData = Answer.NO_OWNER;
            client.raw("MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n");
            client.expect("250").expect("250").expect("451 4.3.2");
            reception.atData = null;
            reception.verdict = Answer.OK;
            client.say("DATA").expect("354").say(".").expect("250");
        }
    }

    @Test
    void aFaultOfOursIsToldAsOne() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = inMessage(server)) {
            reception.verdict = null;
            client.raw("x\r\n.\r\n").expect("421 4.3.0").expectEnd();
        }
    }

    @Test
    void tooManyErrorsEndTheConversation() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception, TestServer.OPTIONS.errorsMax(3, 3));
                SmtpClient client = server.connect()) {
            client.say("WHAT").expect("500").say("IS").expect("500").say("THIS").expect("500");
            client.expect("421 4.7.0").expectEnd();
        }
    }

    @Test
    void silenceEndsTheConversation() throws IOException {
        Duration brief = Duration.ofMillis(100);
        SmtpOptions options = TestServer.OPTIONS.timeouts(brief, brief);
        try (TestServer server = TestServer.of(Role.RECEIVING, reception, options);
                SmtpClient idle = server.connect()) {
            idle.expect("421 4.4.2").expectEnd();
        }
        try (TestServer server = TestServer.of(
                        Role.RECEIVING, reception, TestServer.OPTIONS.timeouts(Duration.ofMinutes(1), brief));
                SmtpClient inside = inMessage(server)) {
            inside.raw("half a li").expect("421 4.4.2").expectEnd();
            assertThat(reception.messages).isEmpty();
            assertThat(reception.closed.get()).isEqualTo(1);
        }
    }

    @Test
    void aHangUpInsideAMessageLeavesNothing() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception)) {
            for (String sent : new String[] {"", "half", "x\r\n", "x\r\n.", "x\r\n.\r"}) {
                try (SmtpClient client = inMessage(server)) {
                    client.raw(sent);
                }
            }
            await(() -> reception.closed.get() == 5 && server.listener().connections() == 0);
            assertThat(reception.messages).isEmpty();
        }
    }

    @Test
    void aHangUpInsideACommandIsNoCommand() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception)) {
            try (SmtpClient client = inMessage(server)) {
                client.raw("x\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<ann@exam").expect("250");
                client.expect("250 2.1.0");
            }
            await(() -> server.listener().connections() == 0);
            assertThat(reception.messages).hasSize(1);
        }
    }

    @Test
    void aSlowClientIsServedByteByByte() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = server.connect()) {
            client.socket().setTcpNoDelay(true);
            String all = "EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n";
            for (int i = 0; i < all.length(); i++) {
                client.raw(all.substring(i, i + 1));
            }
            client.answer();
            client.expect("250").expect("250").expect("354");
            String message = "a\r\n..\r\n.\r\n";
            for (int i = 0; i < message.length(); i++) {
                client.raw(message.substring(i, i + 1));
            }
            client.expect("250 2.0.0");
            assertThat(reception.onlyContent()).isEqualTo("a\r\n.\r\n");
        }
    }

    @Test
    void submissionAddsWhatIsMissingAndNothingElse() throws IOException {
        try (TestServer server = TestServer.of(Role.SUBMISSION, reception);
                SmtpClient client = server.connect()) {
            client.say("EHLO client.example").answer();
            client.say("AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=").expect("235");
            for (String header : new String[] {"From: ann@example.org\r\n", "message-id: <1@x>\r\nDATE: now\r\n"}) {
                client.raw("MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n");
                client.expect("250").expect("250").expect("354");
                client.raw(header + "\r\nbody\r\n.\r\n").expect("250");
            }
            assertThat(reception.messages.get(0).text()).contains("with ESMTPA").endsWith(crLf("""
                            From: ann@example.org
                            Date: Sun, 22 Nov 2026 11:15:30 +0100
                            Message-ID: <id1@mx.example.org>

                            body
                            """));
            assertThat(reception.messages.get(1).text())
                    .endsWith("+0100\r\nmessage-id: <1@x>\r\nDATE: now\r\n\r\nbody\r\n");
        }
    }

    @Test
    void anAddressWithTooManyFailedLoginsIsSentAway() throws IOException {
        LoginThrottle.Limits two =
                new LoginThrottle.Limits(2, 100, Duration.ofHours(1), Duration.ofMillis(1), Duration.ofMillis(2), 100);
        SmtpOptions options = TestServer.OPTIONS.authInClear(true);
        try (TestServer server = new TestServer(Role.SUBMISSION, reception, options, Optional.empty(), two);
                SmtpClient client = server.connect()) {
            client.say("EHLO client.example").answer();
            client.say("AUTH PLAIN AGFubkBleGFtcGxlLm9yZwB3cm9uZw==").expect("535");
            client.say("AUTH PLAIN AGFubkBleGFtcGxlLm9yZwB3cm9uZw==").expect("535");
            client.say("AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=")
                    .expect("421 4.7.0")
                    .expectEnd();
        }
    }

    private static TlsIdentity identity(Path folder) throws IOException {
        Path key = folder.resolve("server.key");
        Path chain = folder.resolve("server.pem");
        Authority.create(folder.resolve("ca"), "test").issueServer(List.of("localhost"), key, chain);
        return TlsIdentity.load(chain, key);
    }

    @Test
    void startTlsForgetsWhatWasSaidInClear(@TempDir Path folder) throws Exception {
        try (TestServer server = new TestServer(
                        Role.SUBMISSION,
                        reception,
                        TestServer.OPTIONS,
                        Optional.of(identity(folder)),
                        LoginThrottle.Limits.DEFAULT);
                SmtpClient client = server.connect()) {
            assertThat(client.say("EHLO client.example").answer())
                    .contains("STARTTLS")
                    .doesNotContain("AUTH");
            client.say("AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=").expect("538 5.7.11");
            client.say("STARTTLS").expect("220 2.0.0");
            client.startTls();
            client.say("AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=").expect("503");
            assertThat(client.say("EHLO client.example").answer())
                    .contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN")
                    .doesNotContain("STARTTLS");
            client.say("STARTTLS").expect("502 5.5.1 TLS");
            client.say("AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=").expect("235");
            client.raw("MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n");
            client.expect("250").expect("250").expect("354");
            client.raw("x: y\r\n\r\n" + "z".repeat(1_000_000) + "\r\n.\r\nQUIT\r\n")
                    .expect("250")
                    .expect("221");
            assertThat(reception.messages.getFirst().text()).contains("with ESMTPSA");
        }
    }

    @Test
    void commandsInjectedBehindStartTlsAreNotObeyed(@TempDir Path folder) throws Exception {
        try (TestServer server = new TestServer(
                        Role.RECEIVING,
                        reception,
                        TestServer.OPTIONS,
                        Optional.of(identity(folder)),
                        LoginThrottle.Limits.DEFAULT);
                SmtpClient client = server.connect()) {
            client.say("EHLO client.example").answer();
            client.raw("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\n")
                    .expect("220");
            client.startTls();
            client.say("RCPT TO:<ann@example.org>").expect("503 5.5.1 say EHLO");
        }
    }

    @Test
    void theEndOfTheServiceIsToldBetweenCommands() throws IOException {
        try (TestServer server = TestServer.of(Role.RECEIVING, reception);
                SmtpClient client = server.connect()) {
            client.say("NOOP").expect("250");
            server.listener().close(Duration.ofSeconds(5));
            client.expect("421 4.3.2");
            client.expectEnd();
        } catch (SocketException e) {
            throw new AssertionError("the farewell was lost", e);
        }
    }
}
