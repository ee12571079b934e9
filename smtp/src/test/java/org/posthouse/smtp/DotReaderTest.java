package org.posthouse.smtp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.posthouse.wire.WireReader;

/// Where a message ends, and where it does not.
class DotReaderTest {
    /// What was read: the content, what was noted, and what is left for the next command.
    private record Outcome(String content, boolean bare, boolean nul, String rest) {}

    private static Outcome read(String bytes, int chunk) throws IOException {
        WireReader in = new WireReader(new Chunked(bytes.getBytes(ISO_8859_1), chunk));
        DotReader reader = new DotReader(in);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int length = reader.read(); length >= 0; length = reader.read()) {
            content.write(reader.block(), 0, length);
        }
        StringBuilder rest = new StringBuilder();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            rest.append((char) octet);
        }
        return new Outcome(content.toString(ISO_8859_1), reader.bareLineEnds(), reader.nul(), rest.toString());
    }

    private static String bytes(String written) {
        return written.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
    }

    @ParameterizedTest
    @CsvSource({
        "'.\\r\\n', ''",
        "'a\\r\\n.\\r\\n', 'a\\r\\n'",
        "'\\r\\n.\\r\\n', '\\r\\n'",
        "'..\\r\\n.\\r\\n', '.\\r\\n'",
        "'...\\r\\n.\\r\\n', '..\\r\\n'",
        "'.a\\r\\n.\\r\\n', 'a\\r\\n'",
        "'a.\\r\\n.\\r\\n', 'a.\\r\\n'",
        "'a\\r\\n.b\\r\\n..c\\r\\n.\\r\\n', 'a\\r\\nb\\r\\n.c\\r\\n'",
        "'a\\r\\n\\r\\n.\\r\\n', 'a\\r\\n\\r\\n'",
    })
    void endsAtTheDotAndTakesStuffingOff(String sent, String content) throws IOException {
        for (int chunk = 1; chunk < 12; chunk++) {
            assertThat(read(bytes(sent) + "QUIT\r\n", chunk))
                    .isEqualTo(new Outcome(bytes(content), false, false, "QUIT\r\n"));
        }
    }

    /// Sequences that some server somewhere has taken for an end of a message (the "SMTP smuggling" of 2023). None
    /// ends one here, wherever it falls into the blocks read, and each makes the message one to refuse.
    @ParameterizedTest
    @CsvSource({
        "'\\n.\\n'",
        "'\\n.\\r\\n'",
        "'\\n.\\r'",
        "'\\r.\\r'",
        "'\\r.\\n'",
        "'\\r.\\r\\n'",
        "'\\r\\n.\\n'",
        "'\\r\\n.\\r'",
        "'\\r\\n.\\r\\r\\n'",
        "'\\r\\n\\n.\\r\\n'",
        "'\\r\\r.\\r\\n'",
        "'\\n\\r.\\r\\n'",
        "'\\n\\r\\n.\\n\\r'",
    })
    void nothingElseEndsAMessage(String sequence) throws IOException {
        String smuggled = "MAIL FROM:<x@evil.example>\r\n";
        for (int before = 8180; before < 8195; before++) {
            String sent = "x".repeat(before) + bytes(sequence) + smuggled + "\r\n.\r\nQUIT\r\n";
            Outcome outcome = read(sent, 8192);
            assertThat(outcome.rest()).as("%s at %d", sequence, before).isEqualTo("QUIT\r\n");
            assertThat(outcome.bare()).isTrue();
            assertThat(outcome.content()).contains("MAIL FROM");
        }
        for (int chunk = 1; chunk < 6; chunk++) {
            Outcome outcome = read("x" + bytes(sequence) + smuggled + "\r\n.\r\nQUIT\r\n", chunk);
            assertThat(outcome.rest()).isEqualTo("QUIT\r\n");
            assertThat(outcome.bare()).isTrue();
        }
    }

    @Test
    void aBareCrBeforeTheEndIsNotedThoughTheEndIsOne() throws IOException {
        // CR CR LF . CR LF holds CR LF . CR LF.
        assertThat(read("a\r\r\n.\r\nQUIT", 3)).isEqualTo(new Outcome("a\r\r\n", true, false, "QUIT"));
    }

    @Test
    void theEndIsFoundAtEveryOffsetOfEveryBlock() throws IOException {
        for (int length = 8170; length < 8200; length++) {
            String line = "y".repeat(length);
            assertThat(read(line + "\r\n.\r\nREST", 8192)).isEqualTo(new Outcome(line + "\r\n", false, false, "REST"));
            assertThat(read(line + "\r\n..\r\n.\r\nREST", 16384))
                    .isEqualTo(new Outcome(line + "\r\n.\r\n", false, false, "REST"));
        }
    }

    @Test
    void nulIsNoted() throws IOException {
        assertThat(read("a\0b\r\n.\r\n", 5).nul()).isTrue();
        assertThat(read("\0\r\n.\r\n", 5).nul()).isTrue();
        assertThat(read("a\r\n\0\r\n.\r\n", 2).nul()).isTrue();
    }

    @Test
    void anEndThatDoesNotComeIsNoMessage() {
        for (String sent : new String[] {"", "a\r\n", "a\r\n.", "a\r\n.\r", ".", "a"}) {
            assertThatThrownBy(() -> read(sent, 4)).isInstanceOf(EOFException.class);
        }
    }

    /// Against a reader that looks at the whole message at once.
    @Test
    void agreesWithTheDefinitionOnRandomInput() throws IOException {
        String alphabet = "\r\n\r\n..a\0";
        for (int seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            StringBuilder sent = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                sent.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            sent.append("\r\n.\r\n");
            assertThat(read(sent.toString(), 1 + random.nextInt(9)))
                    .as("seed " + seed)
                    .usingRecursiveComparison()
                    .ignoringFields("content")
                    .isEqualTo(defined(sent.toString()));
            Outcome outcome = read(sent.toString(), 7);
            if (!outcome.bare()) {
                assertThat(outcome.content())
                        .as("seed " + seed)
                        .isEqualTo(defined(sent.toString()).content());
            }
        }
    }

    private static Outcome defined(String sent) {
        String framed = "\r\n" + sent;
        int end = framed.indexOf("\r\n.\r\n");
        String raw = framed.substring(0, end + 2);
        String content = raw.replaceAll("\r\n\\.", "\r\n").substring(2);
        boolean bare = raw.replace("\r\n", "").matches("(?s).*[\r\n].*");
        return new Outcome(content, bare, raw.indexOf('\0') >= 0, framed.substring(end + 5));
    }

    /// Gives at most so many bytes at a time.
    private static final class Chunked extends InputStream {
        private final ByteArrayInputStream in;
        private final int chunk;

        Chunked(byte[] bytes, int chunk) {
            this.in = new ByteArrayInputStream(bytes);
            this.chunk = chunk;
        }

        @Override
        public int read() {
            return in.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            return in.read(into, offset, Math.min(length, chunk));
        }
    }
}
