package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Messages are written with `|` for each line end.
class MimeScannerTest {

    private static byte[] message(String text) {
        return text.replace("|", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static MimePart scan(String text) {
        return MimeScanner.scan(message(text));
    }

    /// Every leaf's body.
    private static List<String> leaves(String text) {
        byte[] bytes = message(text);
        List<String> leaves = new ArrayList<>();
        for (MimePart part : MimeScanner.scan(bytes).all()) {
            if (part.children().isEmpty()) {
                leaves.add(Octets.of(bytes, (int) part.bodyStart(), (int) part.bodyEnd())
                        .replace("\r\n", "|"));
            }
        }
        return leaves;
    }

    @Test
    void plainMessage() {
        MimePart part = scan("Subject: x|To: y||Hello|World|");
        assertThat(part.type().value()).isEqualTo("text/plain");
        assertThat(part.headers().first("subject")).isEqualTo("x");
        assertThat(part.bodyStart()).isEqualTo(21);
        assertThat(part.bodyLength()).isEqualTo(14);
        assertThat(part.lines()).isEqualTo(2);
    }

    @Test
    void messagesThatEndEarly() {
        assertThat(scan("").bodyLength()).isZero();
        assertThat(scan("|").bodyStart()).isEqualTo(2);
        assertThat(scan("Subject: x").headers().first("Subject")).isEqualTo("x");
        assertThat(scan("Subject: x").bodyStart()).isEqualTo(10);
        assertThat(scan("Subject: x|").bodyStart()).isEqualTo(12);
        assertThat(scan("Subject: x||").bodyLength()).isZero();
        assertThat(scan("Subject: x||no line end").lines()).isZero();
    }

    @Test
    void aBodyWithoutHeader() {
        MimePart part = scan("|Hello|");
        assertThat(part.bodyStart()).isEqualTo(2);
        assertThat(part.headers().size()).isZero();
    }

    @Test
    void lineEndsOfBrokenSenders() {
        MimePart part = MimeScanner.scan("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n"
                .getBytes(StandardCharsets.US_ASCII));
        assertThat(part.children()).hasSize(2);
        assertThat(part.children().getFirst().bodyLength()).isEqualTo(3);
    }

    @Test
    void partsOfAMultipart() {
        String text = "Content-Type: multipart/mixed; boundary=\"b 1\"||preamble|--b 1|Content-Type: text/html||<p>|"
                + "--b 1  ||second||--b 1--|epilogue|--b 1||not a part|";
        assertThat(leaves(text)).containsExactly("<p>", "second|");
        MimePart multipart = scan(text);
        assertThat(multipart.multipart()).isTrue();
        assertThat(multipart.children().get(0).type().subtype()).isEqualTo("html");
        assertThat(multipart.children().get(0).lines()).isZero();
        assertThat(multipart.children().get(1).lines()).isEqualTo(1);
    }

    @Test
    void nestedMultiparts() {
        String text =
                "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/alternative; boundary=ab||"
                        + "--ab||one|--ab||two|--ab--|between|--a||three|--a--|";
        assertThat(leaves(text)).containsExactly("one", "two", "three");
        assertThat(scan(text).children().getFirst().children()).hasSize(2);
    }

    @Test
    void anOuterBoundaryClosesWhatIsOpenInside() {
        String text = "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: multipart/alternative; boundary=b||"
                + "--b||one|--a||two|--a--|";
        assertThat(leaves(text)).containsExactly("one", "two");
    }

    @Test
    void aBoundaryThatNeverComesOrNeverEnds() {
        assertThat(leaves("Content-Type: multipart/mixed; boundary=a||no parts|"))
                .containsExactly("");
        assertThat(leaves("Content-Type: multipart/mixed; boundary=a||--a||never closed|"))
                .containsExactly("never closed|");
        assertThat(leaves("Content-Type: multipart/mixed||no boundary|")).containsExactly("no boundary|");
        assertThat(scan("Content-Type: multipart/mixed||no boundary|").type().value())
                .isEqualTo("text/plain");
        assertThat(leaves("Content-Type: multipart/mixed; boundary=a||--ab||--a-x||--a--|"))
                .containsExactly("");
    }

    @Test
    void aHeaderCutOffByABoundary() {
        String text = "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: text/html|--a||two|--a--|";
        assertThat(leaves(text)).containsExactly("", "two");
        assertThat(scan(text).children().getFirst().type().subtype()).isEqualTo("html");
    }

    @Test
    void aPartWithoutBodyAndAPartOfNothing() {
        assertThat(leaves("Content-Type: multipart/mixed; boundary=a||--a||--a|X: y||--a--|"))
                .containsExactly("", "");
    }

    @Test
    void aMessageInside() {
        String text = "Content-Type: multipart/mixed; boundary=a||--a|Content-Type: message/rfc822||"
                + "Subject: inner|Content-Type: multipart/mixed; boundary=b||--b||deep|--b--||--a||two|--a--|";
        MimePart outer = scan(text);
        MimePart message = outer.children().getFirst();
        assertThat(message.message()).isTrue();
        MimePart inner = message.children().getFirst();
        assertThat(inner.headers().first("Subject")).isEqualTo("inner");
        assertThat(inner.bodyEnd()).isEqualTo(message.bodyEnd());
        assertThat(leaves(text)).containsExactly("deep", "two");
        assertThat(outer.find(new int[] {1})).isSameAs(message);
        assertThat(outer.find(new int[] {1, 1})).isSameAs(inner.children().getFirst());
        assertThat(outer.find(new int[] {1, 1, 1})).isNull();
        assertThat(outer.find(new int[] {3})).isNull();
    }

    @Test
    void partNumbersOfAPlainMessage() {
        MimePart plain = scan("Subject: x||text|");
        assertThat(plain.find(new int[0])).isSameAs(plain);
        assertThat(plain.find(new int[] {1})).isSameAs(plain);
        assertThat(plain.find(new int[] {2})).isNull();
        assertThat(plain.find(new int[] {1, 1})).isNull();
        MimePart forwarded = scan("Content-Type: message/rfc822||Subject: inner||text|");
        assertThat(forwarded.find(new int[] {1})).isSameAs(forwarded);
        assertThat(forwarded.find(new int[] {1, 1}))
                .isSameAs(forwarded.children().getFirst());
    }

    @Test
    void digestsHoldMessages() {
        MimePart digest = scan("Content-Type: multipart/digest; boundary=a||--a||Subject: inner||text|--a--|");
        assertThat(digest.children().getFirst().message()).isTrue();
        assertThat(digest.children().getFirst().children().getFirst().headers().first("Subject"))
                .isEqualTo("inner");
    }

    @Test
    void depthAndPartsAreBounded() {
        StringBuilder nested = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            nested.append("Content-Type: message/rfc822||");
        }
        assertThat(scan(nested.toString()).all()).hasSizeLessThan(100);
        MimePart many = scan("Content-Type: multipart/mixed; boundary=a||" + "--a||x|".repeat(20_000));
        assertThat(many.children()).hasSizeLessThanOrEqualTo(10_000);
    }

    @Test
    void anyPiecesGiveTheSame() {
        byte[] bytes = message("Content-Type: multipart/mixed; boundary=abc||p|--abc|A: b| c||one|--abc|Content-Type:"
                + " message/rfc822||Subject: s||two||--abc--|e|");
        String whole = MimeScanner.scan(bytes).all().stream()
                .map(MimeScannerTest::offsets)
                .toList()
                .toString();
        for (int size = 1; size < bytes.length; size++) {
            MimeScanner scanner = new MimeScanner();
            for (int at = 0; at < bytes.length; at += size) {
                scanner.feed(bytes, at, Math.min(size, bytes.length - at));
            }
            assertThat(scanner.finish().all().stream()
                            .map(MimeScannerTest::offsets)
                            .toList()
                            .toString())
                    .as("pieces of %d", size)
                    .isEqualTo(whole);
        }
    }

    static String offsets(MimePart part) {
        return part.type().value() + " " + part.headerStart() + " " + part.bodyStart() + " " + part.bodyEnd() + " "
                + part.lines() + " " + part.headers().size();
    }
}
