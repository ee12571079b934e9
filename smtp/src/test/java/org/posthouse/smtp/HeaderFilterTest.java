package org.posthouse.smtp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is seen in, and added to, a header going by.
class HeaderFilterTest {
    private final Set<String> seen = new TreeSet<>();
    private int received;

    private String filter(String message, int chunk, String added) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MessageSink sink = new MessageSink() {
            @Override
            public void write(byte[] bytes, int offset, int length) {
                out.write(bytes, offset, length);
            }

            @Override
            public Answer finish() {
                return Answer.OK;
            }

            @Override
            public void close() {}
        };
        HeaderFilter filter = new HeaderFilter(sink, names -> {
            seen.addAll(names);
            return added;
        });
        byte[] bytes = message.getBytes(US_ASCII);
        for (int at = 0; at < bytes.length; at += chunk) {
            filter.write(bytes, at, Math.min(chunk, bytes.length - at));
        }
        filter.finish();
        received = filter.received();
        return out.toString(US_ASCII);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 'X: y|'",
        "'A: b||body|', 'A: b|X: y||body|'",
        "'A: b|', 'A: b|X: y|'",
        "'A: b| folded: c|D: e||F: g|', 'A: b| folded: c|D: e|X: y||F: g|'",
        "'|body|', 'X: y||body|'",
        "'no header|A: b|', 'X: y||no header|A: b|'",
        "'A: b|no header|', 'A: b|X: y||no header|'",
        "': nameless|', 'X: y||: nameless|'",
    })
    void addsAtTheEndOfTheHeader(String message, String result) {
        for (int chunk = 1; chunk < 20; chunk++) {
            String sent = message.replace("|", "\r\n");
            String expected = result.replace("|", "\r\n");
            String got = filter(sent, chunk, "X: y\r\n");
            // A header without a body gets none: the empty line behind the added field may be there.
            assertThat(got).as("in blocks of " + chunk).isIn(expected, expected + "\r\n");
            assertThat(filter(sent, chunk, "")).isEqualTo(sent);
        }
    }

    @Test
    void seesNamesAndCountsReceived() {
        filter("Received: 1\r\nRECEIVED : 2\r\nDate: x\r\n Received: 3\r\n\r\nReceived: 4\r\n", 7, "");
        assertThat(seen).containsExactly("date", "received");
        assertThat(received).isEqualTo(2);
    }

    @Test
    void longStartsOfLinesAreNoFields() {
        String message = "A: b\r\n" + "c".repeat(500) + ": d\r\n";
        assertThat(filter(message, 11, "")).isEqualTo(message);
        assertThat(seen).containsExactly("a");
    }
}
