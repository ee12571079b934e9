package org.posthouse.mail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Header blocks, values with parameters, encoded words, transfer encodings.
class TextTest {

    @Test
    void fieldsOfAHeaderBlock() {
        Headers headers = Headers.of("A: 1\r\nB : two\r\n  lines\r\nno field\r\na: again\r\n\r\nbody: x\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        assertThat(headers.size()).isEqualTo(4);
        assertThat(headers.first("a")).isEqualTo("1");
        assertThat(headers.first("B")).isEqualTo("two  lines");
        assertThat(headers.name(2)).isEmpty();
        assertThat(headers.first("body")).isNull();
        assertThat(headers.end(1) - headers.start(1)).isEqualTo("B : two\r\n  lines\r\n".length());
    }

    @Test
    void aLoneCarriageReturnIsNoLineEnd() {
        assertThat(Headers.of("A: one\rtwo\r\n".getBytes(StandardCharsets.US_ASCII))
                        .first("A"))
                .isEqualTo("one two");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "text/plain                                     | text/plain | ``",
                "text/plain; charset=utf-8                      | text/plain | charset=utf-8",
                "TEXT / Plain ;charset = \"utf-8\" ; x=y (c)    | TEXT/Plain | charset=utf-8 x=y",
                "text/plain (a; b=c); name=\"a\\\"b;c\"         | text/plain | name=a\"b;c",
                "text/plain; ; =x; y; z=1                       | text/plain | z=1",
                "multipart/mixed; boundary=\"a b\"              | multipart/mixed | boundary=a b",
                "text/plain; name=\"not closed                  | text/plain | name=not closed",
            })
    void mediaTypes(String field, String value, String parameters) {
        ContentValue type = ContentValue.mediaType(field).orElseThrow();
        assertThat(type.value()).isEqualTo(value);
        assertThat(String.join(
                        " ",
                        type.parameters().stream()
                                .map(p -> p.name() + "=" + p.value())
                                .toList()))
                .isEqualTo(parameters);
    }

    @ParameterizedTest
    @CsvSource({"text", "/plain", "text/", "''", "(comment)"})
    void noMediaTypes(String field) {
        assertThat(ContentValue.mediaType(field)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "=?utf-8?q?J=C3=B6rg_M?= x        | Jörg M x",
                "=?UTF-8?B?SsO2cmc=?=             | Jörg",
                "=?utf-8?q?a?= =?utf-8?q?b?=      | ab",
                "=?utf-8?q?a?= and =?utf-8?q?b?=  | a and b",
                "=?iso-8859-1*de?q?=FC?=          | ü",
                "=?no-such?q?a?=                  | =?no-such?q?a?=",
                "=?utf-8?x?a?=                    | =?utf-8?x?a?=",
                "=?utf-8?q?not closed             | =?utf-8?q?not closed",
                "a =? b                           | a =? b",
            })
    void encodedWords(String octets, String text) {
        assertThat(EncodedWords.decode(octets)).isEqualTo(text);
    }

    @Test
    void rawEightBit() {
        assertThat(EncodedWords.decode("J\u00c3\u00b6rg")).isEqualTo("Jörg");
        assertThat(EncodedWords.decode("J\u00f6rg")).isEqualTo("Jörg");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "base64           | SGVs\\nbG8=        | Hello",
                "base64           | SGVsbG8            | Hello",
                "BASE64           | S!G V s b G 8 = =  | Hello",
                "quoted-printable | a=3Db=\\r\\nc=\\nd  | a=bcd",
                "quoted-printable | 100=%x=4           | 100=%x",
                "7bit             | a=3D               | a=3D",
            })
    void transferEncodings(String encoding, String encoded, String expected) {
        byte[] in = encoded.replace("\\n", "\n").replace("\\r", "\r").getBytes(StandardCharsets.US_ASCII);
        for (int piece = 1; piece <= in.length; piece++) {
            TransferDecoder decoder = TransferDecoder.of(encoding);
            StringBuilder text = new StringBuilder();
            for (int at = 0; at < in.length; at += piece) {
                int length = Math.min(piece, in.length - at);
                byte[] out = new byte[length + TransferDecoder.HELD_BYTES_MAX];
                text.append(Octets.of(out, 0, decoder.decode(in, at, length, out)));
            }
            assertThat(text.toString()).as("pieces of %d", piece).isEqualTo(expected);
        }
    }
}
