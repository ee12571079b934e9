package org.posthouse.imap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.posthouse.wire.Listener;

/// COMPRESS=DEFLATE (RFC 4978).
class CompressTest {
    private TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private TalkingClient compressed() throws IOException {
        TalkingClient client = TalkingClient.loggedIn(server, "compress@example.org");
        assertThat(client.answer("c1 COMPRESS DEFLATE")).isEqualTo("c1 OK DEFLATE active\n");
        client.compress();
        return client;
    }

    @Test
    void everythingGoesOnCompressed() throws IOException {
        String message = "Subject: x\r\n\r\n" + "the same line again and again\r\n".repeat(20_000);
        try (TalkingClient client = compressed()) {
            client.say("a1 APPEND INBOX {" + message.length() + "+}\r\n" + message);
            assertThat(client.line()).startsWith("a1 OK");
            assertThat(client.answer("a2 SELECT INBOX")).contains("* 1 EXISTS");
            String fetched = client.answer("a3 FETCH 1 BODY.PEEK[]");
            assertThat(fetched).contains("{" + message.length() + "}").contains("a3 OK");
            assertThat(fetched.split("the same line", -1)).hasSize(20_001);
            assertThat(client.answer("a4 LOGOUT")).contains("* BYE", "a4 OK");
        }
    }

    @Test
    void whatHappensInIdleComesAtOnce() throws IOException {
        try (TalkingClient client = compressed();
                TalkingClient other = TalkingClient.loggedIn(server, "compress@example.org")) {
            client.answer("a1 SELECT INBOX");
            client.say("a2 IDLE");
            assertThat(client.line()).isEqualTo("+ idling");
            other.say("b1 APPEND INBOX {4+}\r\nabcd");
            assertThat(client.line()).isEqualTo("* 1 EXISTS");
            assertThat(client.line()).isEqualTo("* 1 RECENT");
            client.say("DONE");
            assertThat(client.line()).startsWith("a2 OK");
        }
    }

    @Test
    void onlyOnceAndOnlyAfterTheLogin() throws IOException {
        try (TalkingClient client = new TalkingClient(server.address())) {
            assertThat(client.line()).doesNotContain("COMPRESS");
            assertThat(client.answer("a1 COMPRESS DEFLATE")).startsWith("a1 BAD");
            assertThat(client.answer("a2 LOGIN compress@example.org secret")).contains(" COMPRESS=DEFLATE");
            assertThat(client.answer("a3 COMPRESS LZW")).startsWith("a3 BAD");
            assertThat(client.answer("a4 COMPRESS")).startsWith("a4 BAD");
        }
        try (TalkingClient client = compressed()) {
            assertThat(client.answer("a5 COMPRESS DEFLATE")).startsWith("a5 NO [COMPRESSIONACTIVE]");
            assertThat(client.answer("a6 CAPABILITY")).doesNotContain("COMPRESS");
        }
    }

    @Test
    void thereAreOnlySoMany() throws IOException {
        server.close();
        server = new TestServer(ImapAccess.DEFAULT.compressedMax(1), Listener.Limits.DEFAULT);
        try (TalkingClient client = compressed();
                TalkingClient other = TalkingClient.loggedIn(server, "compress@example.org")) {
            assertThat(other.answer("b1 COMPRESS DEFLATE")).startsWith("b1 NO [LIMIT]");
            client.answer("a1 LOGOUT");
            assertThatThrownBy(client::rest).isInstanceOf(EOFException.class);
        }
        compressed().close();
    }

    /// 64 MB of one line in 64 kB: inflated piece by piece, it is a line that is too long like any other.
    @Test
    void aSmallMessageThatInflatesToALargeOne() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bomb, new Deflater(9, true))) {
            byte[] piece = "x".repeat(1 << 20).getBytes(ISO_8859_1);
            for (int i = 0; i < 64; i++) {
                out.write(piece);
            }
        }
        try (TalkingClient client = TalkingClient.loggedIn(server, "compress@example.org")) {
            client.answer("c1 COMPRESS DEFLATE");
            client.say(bomb.toByteArray());
            client.compress();
            assertThat(client.line()).startsWith("* BYE [TOOBIG]");
        }
    }

    @Test
    void whatIsNotDeflateEndsTheConnection() throws IOException {
        try (TalkingClient client = TalkingClient.loggedIn(server, "compress@example.org")) {
            client.answer("c1 COMPRESS DEFLATE");
            client.say(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});
            assertThat(client.rest()).isEmpty();
        }
    }
}
