package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.james.mime4j.MimeException;
import org.apache.james.mime4j.stream.EntityState;
import org.apache.james.mime4j.stream.MimeConfig;
import org.apache.james.mime4j.stream.MimeTokenStream;

/// Any bytes have a structure; on well-formed messages it is the one that Apache mime4j finds.
class MimeFuzzTest {
    private static final List<String> SHREDS = List.of(
            "Content-Type: multipart/mixed; boundary=a\r\n",
            "Content-Type: multipart/digest; boundary=\"b\"\r\n",
            "Content-Type: message/rfc822\r\n",
            "Content-Type: text/html; charset=(",
            "\r\n",
            "\n",
            "\r",
            "--a\r\n",
            "--a--\r\n",
            "--b\r\n",
            "--b--\n",
            "--",
            "a",
            "Subject: x\r\n",
            " folded\r\n",
            ":",
            "\0",
            "\u00ff",
            "Content-Type: multipart/mixed\r\n",
            "From: a <b@c>, d: e;\r\n",
            "Date: ((\r\n",
            "-".repeat(300));

    @Provide
    Arbitrary<byte[]> broken() {
        return Arbitraries.of(SHREDS).list().ofMaxSize(60).map(shreds -> String.join("", shreds)
                .getBytes(StandardCharsets.ISO_8859_1));
    }

    @Property(tries = 3_000)
    void anyBytesHaveAStructure(@ForAll("broken") byte[] message, @ForAll int pieces) {
        MimeScanner scanner = new MimeScanner();
        int size = 1 + Math.floorMod(pieces, 64);
        for (int at = 0; at < message.length; at += size) {
            scanner.feed(message, at, Math.min(size, message.length - at));
        }
        MimePart root = scanner.finish();
        check(root, 0, message.length);
        assertThat(root.bodyEnd()).isEqualTo(message.length);
        assertThat(root.all().stream().map(MimeScannerTest::offsets).toList())
                .isEqualTo(MimeScanner.scan(message).all().stream()
                        .map(MimeScannerTest::offsets)
                        .toList());
    }

    private static void check(MimePart part, long from, long to) {
        assertThat(part.headerStart()).isBetween(from, to);
        assertThat(part.bodyStart()).isBetween(part.headerStart(), to);
        assertThat(part.bodyEnd()).isBetween(part.bodyStart(), to);
        assertThat(part.lines()).isBetween(0L, part.bodyLength());
        for (MimePart child : part.children()) {
            check(child, part.bodyStart(), part.bodyEnd());
        }
    }

    @Property(tries = 2_000)
    void noHeaderValueIsTooOdd(@ForAll("broken") byte[] block) {
        Headers headers = Headers.of(block);
        for (int field = 0; field < headers.size(); field++) {
            String value = headers.value(field);
            assertThat(value).doesNotContain("\r", "\n");
            assertThat(headers.end(field)).isGreaterThan(headers.start(field));
            Address.list(value);
            MailDate.ofHeader(value);
            ContentValue.mediaType(value);
            ContentValue.disposition(value);
            EncodedWords.decode(value);
        }
    }

    @Provide
    Arbitrary<String> wellFormed() {
        Arbitrary<String> text = Arbitraries.of("Hello\r\n", "two\r\nlines\r\n", "", "-- \r\nsignature\r\n", "no end");
        Arbitrary<String> leaf = Arbitraries.of(
                        "Content-Type: text/plain\r\n", "Content-Type: text/html\r\nX-A: b\r\n c\r\n", "")
                .flatMap(header -> text.map(body -> header + "\r\n" + body));
        return nested(leaf, 3, "b");
    }

    private static Arbitrary<String> nested(Arbitrary<String> leaf, int depth, String boundary) {
        if (depth == 0) {
            return leaf;
        }
        Arbitrary<String> inner = nested(leaf, depth - 1, boundary + depth);
        Arbitrary<String> multipart = inner.list().ofMinSize(1).ofMaxSize(3).map(parts -> {
            StringBuilder text = new StringBuilder("Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n");
            parts.forEach(part ->
                    text.append("\r\n--").append(boundary).append("\r\n").append(part));
            return text.append("\r\n--").append(boundary).append("--\r\n").toString();
        });
        Arbitrary<String> message = inner.map(body -> "Content-Type: message/rfc822\r\n\r\n" + body);
        return Arbitraries.oneOf(leaf, multipart, message);
    }

    @Property(tries = 1_000)
    void mime4jSeesTheSame(@ForAll("wellFormed") String message) throws IOException, MimeException {
        byte[] bytes = message.getBytes(StandardCharsets.US_ASCII);
        List<String> ours = new ArrayList<>();
        for (MimePart part : MimeScanner.scan(bytes).all()) {
            if (part.children().isEmpty()) {
                ours.add(part.type().value() + " " + Octets.of(bytes, (int) part.bodyStart(), (int) part.bodyEnd()));
            }
        }
        assertThat(ours).isEqualTo(leavesByMime4j(bytes));
    }

    private static List<String> leavesByMime4j(byte[] message) throws IOException, MimeException {
        MimeTokenStream tokens = new MimeTokenStream(MimeConfig.PERMISSIVE);
        tokens.parse(new ByteArrayInputStream(message));
        List<String> leaves = new ArrayList<>();
        for (EntityState state = tokens.getState(); state != EntityState.T_END_OF_STREAM; state = tokens.next()) {
            if (state == EntityState.T_BODY) {
                String body = new String(tokens.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                leaves.add(tokens.getBodyDescriptor().getMimeType() + " " + body);
            }
        }
        return leaves;
    }
}
