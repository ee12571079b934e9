package org.posthouse.smtp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.LoginThrottle;

/// Every command in every state, right and damaged: each line gets an answer that is one, nothing breaks, and no
/// message is taken that nobody ended.
@Timeout(60)
class SmtpFuzzTest {
    private static final List<Role> ROLES = List.of(Role.values());
    private static final List<String> LINES = List.of(
            "EHLO client.example",
            "HELO client.example",
            "LHLO client.example",
            "MAIL FROM:<a@b.example>",
            "MAIL FROM:<ann@example.org> SIZE=100 BODY=8BITMIME SMTPUTF8",
            "RCPT TO:<ann@example.org>",
            "RCPT TO:<cid@example.org>",
            "RCPT TO:<nobody@example.org>",
            "DATA",
            "Subject: x",
            "",
            ".",
            "..",
            "RSET",
            "NOOP",
            "VRFY ann",
            "HELP",
            "STARTTLS",
            "AUTH PLAIN AGFubkBleGFtcGxlLm9yZwBzZWNyZXQ=",
            "AUTH LOGIN",
            "YW5uQGV4YW1wbGUub3Jn",
            "c2VjcmV0",
            "*",
            "QUIT");

    @Test
    void nothingBreaks() throws IOException {
        int taken = 0;
        for (int seed = 0; seed < 1500; seed++) {
            Random random = new Random(seed);
            Role role = ROLES.get(random.nextInt(ROLES.size()));
            RecordingReception reception = new RecordingReception();
            String said = conversation(random);
            ByteArrayOutputStream heard = new ByteArrayOutputStream();
            String what = "seed " + seed;
            try {
                server().serve(new Recorded(said, heard), role, reception);
            } catch (EOFException e) {
                // The client left inside a message.
                assertThat(heard.toString(ISO_8859_1)).as(what).contains("354 ");
            }
            taken += reception.messages.size();
            for (String line : heard.toString(ISO_8859_1).split("\r\n", -1)) {
                assertThat(line).as(what).matches("|[2345]\\d\\d[ -][^\r\n]*");
            }
            assertThat(reception.closed.get()).as(what).isEqualTo(reception.begun.get());
            for (RecordingReception.Received message : reception.messages) {
                assertThat(message.text()).as(what).endsWith("\r\n").doesNotContain("\0");
                assertThat(message.text().replace("\r\n", ""))
                        .as(what)
                        .doesNotContain("\r")
                        .doesNotContain("\n");
            }
        }
        assertThat(taken).as("messages that made it, or this test tests little").isGreaterThan(40);
    }

    private static SmtpServer server() {
        LoginThrottle throttle = new LoginThrottle(LoginThrottle.Limits.DEFAULT, System::nanoTime);
        return new SmtpServer(
                TestServer.OPTIONS.authInClear(true),
                throttle,
                new SmtpServer.Surroundings(InstantSource.system(), ZoneOffset.UTC, DeliveryIds::random, _ -> {}));
    }

    private static String conversation(Random random) {
        StringBuilder said = new StringBuilder();
        if (random.nextBoolean()) {
            said.append("EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n");
        }
        for (int i = random.nextInt(25); i >= 0; i--) {
            said.append(LINES.get(random.nextInt(LINES.size()))).append("\r\n");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            int at = random.nextInt(said.length());
            switch (random.nextInt(5)) {
                case 0 -> said.setCharAt(at, (char) random.nextInt(256));
                case 1 -> said.deleteCharAt(at);
                case 2 -> said.insert(at, "\r");
                case 3 -> said.insert(at, "\n");
                default -> said.insert(at, "A".repeat(random.nextInt(20_000)));
            }
        }
        return said.toString();
    }

    private static final class Recorded implements Duplex {
        private final InputStream in;
        private final OutputStream out;

        Recorded(String said, OutputStream heard) {
            this.in = new ByteArrayInputStream(said.getBytes(ISO_8859_1));
            this.out = heard;
        }

        @Override
        public InputStream input() {
            return in;
        }

        @Override
        public OutputStream output() {
            return out;
        }

        @Override
        public InetSocketAddress remote() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 12345);
        }

        @Override
        public boolean secure() {
            return false;
        }

        @Override
        public boolean offersTls() {
            return false;
        }

        @Override
        public Duplex startTls() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void readTimeout(Duration timeout) {}

        @Override
        public void close() {}
    }
}
