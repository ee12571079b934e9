package org.posthouse.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each command and each refusal as lines said and lines expected; see [SmtpClient#run] for the notation.
@Timeout(30)
class TranscriptTest {
    static Stream<Arguments> receiving() {
        return Stream.of(
                Arguments.of("the whole command set of a message", """
                    C: EHLO client.example
                    S- 250-mx.example.org
                    C: MAIL FROM:<out@client.example> SIZE=100 BODY=8BITMIME
                    S: 250 2.1.0
                    C: RCPT TO:<ann@example.org>
                    S: 250 2.1.5
                    C: DATA
                    S: 354
                    C: Subject: x
                    C:
                    C: ..dot
                    C: .
                    S: 250 2.0.0
                    C: QUIT
                    S: 221 2.0.0
                    S.
                    """),
                Arguments.of("commands before EHLO", """
                    C: MAIL FROM:<a@b.example>
                    S: 503 5.5.1
                    C: RCPT TO:<ann@example.org>
                    S: 503 5.5.1
                    C: DATA
                    S: 503 5.5.1
                    C: STARTTLS
                    S: 503 5.5.1
                    C: NOOP
                    S: 250 2.0.0
                    C: RSET
                    S: 250 2.0.0
                    C: VRFY ann
                    S: 252 2.5.0
                    C: HELP
                    S: 214 2.0.0
                    C: QUIT
                    S: 221
                    """),
                Arguments.of("out of sequence", """
                    C: HELO client.example
                    S: 250 mx.example.org
                    C: RCPT TO:<ann@example.org>
                    S: 503 5.5.1
                    C: DATA
                    S: 503 5.5.1
                    C: MAIL FROM:<a@b.example>
                    S: 250
                    C: MAIL FROM:<a@b.example>
                    S: 503 5.5.1
                    C: DATA
                    S: 554 5.5.1 no valid recipients
                    C: RSET
                    S: 250
                    C: DATA
                    S: 503 5.5.1
                    C: MAIL FROM:<a@b.example>
                    S: 250
                    C: EHLO again.example
                    S- 250-
                    C: RCPT TO:<ann@example.org>
                    S: 503 5.5.1
                    """),
                Arguments.of("syntax", """
                    C: EHLO
                    S: 501 5.5.4
                    C: EHLO two words
                    S: 501 5.5.4
                    C: HELO
                    S: 501 5.5.4
                    C: EHLO [192.0.2.1]
                    S- 250-
                    C: MAIL
                    S: 501 5.1.7
                    C: MAIL FROM:a@b.example
                    S: 501 5.1.7
                    C: MAIL TO:<a@b.example>
                    S: 501 5.1.7
                    C: MAIL FROM:<a@b.example> SIZE=x
                    S: 501 5.5.4
                    C: MAIL FROM:<a@b.example> SIZE=99999999999999999999
                    S: 501 5.5.4
                    C: MAIL FROM:<a@b.example> BODY=BINARYMIME
                    S: 501 5.5.4
                    C: MAIL FROM:<a@b.example> RET=FULL
                    S: 555 5.5.4
                    C: MAIL FROM:<> AUTH=<>
                    S: 250
                    C: RCPT
                    S: 501 5.1.3
                    C: RCPT TO:<>
                    S: 501 5.1.3
                    C: RCPT TO:<ann@example.org> NOTIFY=NEVER
                    S: 555 5.5.4
                    C: DATA now
                    S: 501 5.5.4
                    C: RSET now
                    S: 501 5.5.4
                    C: VRFY
                    S: 501 5.5.4
                    C: XYZZY
                    S: 500 5.5.2
                    C:
                    S: 500 5.5.2
                    C: LHLO client.example
                    S: 502 5.5.1
                    C: AUTH PLAIN
                    S: 502 5.5.1
                    C: STARTTLS
                    S: 502 5.5.1
                    C: quit now
                    S: 501 5.5.4
                    C: qUiT
                    S: 221
                    S.
                    """),
                Arguments.of("recipients", """
                    C: EHLO client.example
                    S- 250-
                    C: MAIL FROM:<a@b.example>
                    S: 250
                    C: RCPT TO:<nobody@example.org>
                    S: 550 5.1.1
                    C: RCPT TO:<someone@elsewhere.example>
                    S: 550 5.7.1
                    C: RCPT TO:<full@example.org>
                    S: 452 4.2.2
                    C: RCPT TO:<later@example.org>
                    S: 451 4.3.2
                    C: RCPT TO:<cid@example.org>
                    S: 250
                    C: RCPT TO:<ann@example.org>
                    S: 452 4.5.3
                    C: RSET
                    S: 250
                    C: MAIL FROM:<a@b.example>
                    S: 250
                    C: RCPT TO:<postmaster>
                    S: 250
                    C: rcpt to: <"ann"@example.org>
                    S: 250
                    C: RCPT TO:<@old.example:bob@example.org>
                    S: 250
                    """),
                Arguments.of("SMTPUTF8", """
                    C: EHLO client.example
                    S- 250-
                    C: MAIL FROM:<jürgen@b.example>
                    S: 553 5.6.7
                    C: MAIL FROM:<a@b.example>
                    S: 250
                    C: RCPT TO:<jürgen@example.org>
                    S: 553 5.6.7
                    C: RSET
                    S: 250
                    C: MAIL FROM:<müller@b.example> SMTPUTF8
                    S: 250
                    C: RCPT TO:<jürgen@example.org>
                    S: 250
                    """),
                Arguments.of("too big as declared", """
                    C: EHLO client.example
                    S- 250-
                    C: MAIL FROM:<a@b.example> SIZE=10001
                    S: 552 5.3.4
                    C: MAIL FROM:<a@b.example> SIZE=10000
                    S: 250
                    """),
                Arguments.of("an over-long line, then business as usual", """
                    C: NOOP %s
                    S: 500 5.5.2
                    C: NOOP
                    S: 250
                    """.formatted("x".repeat(5000))),
                Arguments.of("the longest line there may be, and the shortest too long", """
                    C: NOOP %s
                    S: 250
                    C: NOOP %s
                    S: 500 5.5.2
                    C: NOOP
                    S: 250
                    """.formatted(
                                "x".repeat(2043), "x".repeat(2044))),
                Arguments.of("bytes that are no text", """
                    C: NOOP \\0
                    S: 500 5.5.2 NUL
                    C: NOOP
                    S: 250
                    """),
                Arguments.of("bare LF in a command", """
                    C: EHLO client.example\\nMAIL FROM:<a@b.example>
                    S: 500 5.5.2 bare LF
                    S.
                    """),
                Arguments.of("bare CR in a command", """
                    C: EHLO client.example\\rMAIL FROM:<a@b.example>
                    S: 500 5.5.2 bare CR
                    S.
                    """),
                Arguments.of("a message behind a refused DATA is not read as commands", """
                    C: EHLO client.example
                    S- 250-
                    C: MAIL FROM:<a@b.example>\\r\\nRCPT TO:<nobody@example.org>\\r\\nDATA\\r\\nRSET
                    S: 250
                    S: 550 5.1.1
                    S: 554 5.5.1
                    S.
                    """));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void receiving(String name, String transcript) throws IOException {
        SmtpOptions options = TestServer.OPTIONS.sizeBytesMax(10_000);
        try (TestServer server = TestServer.of(Role.RECEIVING, new RecordingReception(), options);
                SmtpClient client = server.connect()) {
            client.run(transcript);
        }
    }

    static Stream<Arguments> submission() {
        // AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ= is ann@example.org with her password "secret".
        return Stream.of(
                Arguments.of("authentication is required", """
                    C: EHLO client.example
                    S- 250-
                    C: MAIL FROM:<ann@example.org>
                    S: 530 5.7.0
                    C: RCPT TO:<ann@example.org>
                    S: 503 5.5.1
                    """),
                Arguments.of("PLAIN with an initial response", """
                    C: EHLO client.example
                    S- 250-
                    C: AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=
                    S: 235 2.7.0
                    C: AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=
                    S: 503 5.5.1
                    C: MAIL FROM:<ann@example.org>
                    S: 250
                    C: RSET
                    S: 250
                    C: MAIL FROM:<team@example.org>
                    S: 250
                    C: RSET
                    S: 250
                    C: MAIL FROM:<>
                    S: 250
                    C: RSET
                    S: 250
                    C: MAIL FROM:<bob@example.org>
                    S: 553 5.7.1
                    C: MAIL FROM:<ann@elsewhere.example>
                    S: 553 5.7.1
                    C: MAIL FROM:<later@example.org>
                    S: 451 4.3.0
                    """),
                Arguments.of("PLAIN and LOGIN, step by step", """
                    C: EHLO client.example
                    S- 250-
                    C: auth plain
                    S: 334
                    C: *
                    S: 501 5.7.0
                    C: AUTH PLAIN
                    S: 334
                    C: not base64
                    S: 501 5.5.2
                    C: AUTH PLAIN =
                    S: 501 5.5.2
                    C: AUTH LOGIN
                    S: 334 VXNlcm5hbWU6
                    C: *
                    S: 501 5.7.0
                    C: AUTH LOGIN
                    S: 334 VXNlcm5hbWU6
                    C: YW5uQGV4YW1wbGUub3Jn
                    S: 334 UGFzc3dvcmQ6
                    C: c2VjcmV0
                    S: 235 2.7.0
                    """),
                Arguments.of("LOGIN with an initial response", """
                    C: EHLO client.example
                    S- 250-
                    C: AUTH LOGIN YW5uQGV4YW1wbGUub3Jn
                    S: 334 UGFzc3dvcmQ6
                    C: c2VjcmV0
                    S: 235 2.7.0
                    """),
                Arguments.of("other mechanisms, and a directory that does not answer", """
                    C: EHLO client.example
                    S- 250-
                    C: AUTH CRAM-MD5
                    S: 504 5.5.4
                    C: AUTH
                    S: 504 5.5.4
                    C: AUTH PLAIN AGxhdGVyQGV4YW1wbGUub3JnAHNlY3JldA==
                    S: 454 4.7.0
                    """),
                Arguments.of("failures are counted in the connection", """
                    C: EHLO client.example
                    S- 250-
                    C: AUTH PLAIN AGFubkBleGFtcGxlLm9yZwB3cm9uZw==
                    S: 535 5.7.8
                    C: AUTH PLAIN AGFubkBleGFtcGxlLm9yZwB3cm9uZw==
                    S: 535 5.7.8
                    C: AUTH PLAIN AGFubkBleGFtcGxlLm9yZwB3cm9uZw==
                    S: 535 5.7.8
                    S: 421 4.7.0
                    S.
                    """),
                Arguments.of("an over-long response", """
                    C: EHLO client.example
                    S- 250-
                    C: AUTH PLAIN
                    S: 334
                    C: %s
                    S: 500 5.5.2
                    C: NOOP
                    S: 250
                    """.formatted("A".repeat(13_000))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void submission(String name, String transcript) throws IOException {
        try (TestServer server = TestServer.of(Role.SUBMISSION, new RecordingReception());
                SmtpClient client = server.connect()) {
            client.run(transcript);
            assertThat(server.pauses)
                    .isEqualTo(
                            name.startsWith("failures")
                                    ? List.of(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2))
                                    : List.of());
        }
    }

    static Stream<Arguments> lmtp() {
        return Stream.of(Arguments.of("one answer for each recipient", """
                    C: EHLO client.example
                    S: 502 5.5.1
                    C: LHLO client.example
                    S- 250-mx.example.org
                    C: MAIL FROM:<a@b.example>
                    S: 250
                    C: RCPT TO:<ann@example.org>
                    S: 250
                    C: RCPT TO:<nobody@example.org>
                    S: 550
                    C: RCPT TO:<bob@example.org>
                    S: 250
                    C: DATA
                    S: 354
                    C: .
                    S: 250
                    S: 250
                    C: NOOP
                    S: 250 2.0.0 OK
                    """), Arguments.of("nobody to deliver to", """
                    C: LHLO client.example
                    S- 250-
                    C: MAIL FROM:<a@b.example>
                    S: 250
                    C: RCPT TO:<nobody@example.org>
                    S: 550
                    C: DATA
                    S: 554 5.5.1
                    """));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void lmtp(String name, String transcript) throws IOException {
        try (TestServer server = TestServer.of(Role.LMTP, new RecordingReception());
                SmtpClient client = server.connect()) {
            client.run(transcript);
        }
    }
}
