package org.posthouse.mail;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// Header values as a person reads them (RFC 2047): for searching, never for showing to a client, who decodes
/// for itself.
public final class EncodedWords {
    private EncodedWords() {}

    /// Decodes the encoded words in an octet string; 8-bit text around them is taken as UTF-8 if it is valid,
    /// else as Latin-1.
    public static String decode(String octets) {
        if (!octets.contains("=?")) {
            return raw(octets);
        }
        StringBuilder text = new StringBuilder(octets.length());
        int at = 0;
        int plainFrom = 0;
        boolean afterWord = false;
        while ((at = octets.indexOf("=?", at)) >= 0) {
            int charsetEnd = octets.indexOf('?', at + 2);
            int encodingEnd = charsetEnd < 0 ? -1 : octets.indexOf('?', charsetEnd + 1);
            int end = encodingEnd < 0 ? -1 : octets.indexOf("?=", encodingEnd + 1);
            if (end < 0) {
                break;
            }
            String word = word(
                    octets.substring(at + 2, charsetEnd),
                    octets.substring(charsetEnd + 1, encodingEnd),
                    octets.substring(encodingEnd + 1, end));
            if (word == null) {
                at += 2;
                continue;
            }
            String between = octets.substring(plainFrom, at);
            if (!afterWord || !between.isBlank()) { // blanks between two encoded words are not shown
                text.append(raw(between));
            }
            text.append(word);
            at = end + 2;
            plainFrom = at;
            afterWord = true;
        }
        return text.append(raw(octets.substring(plainFrom))).toString();
    }

    /// A charset by the name mail gives it, or empty if it is not known here.
    public static Optional<Charset> charset(String name) {
        try {
            int language = name.indexOf('*'); // RFC 2231 section 5
            return Optional.of(Charset.forName(language < 0 ? name : name.substring(0, language)));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static String word(String charset, String encoding, String text) {
        Optional<Charset> known = charset(charset);
        if (known.isEmpty() || encoding.length() != 1 || text.indexOf(' ') >= 0) {
            return null;
        }
        byte[] in = Octets.bytes(encoding.equalsIgnoreCase("q") ? text.replace('_', ' ') : text);
        TransferDecoder decoder =
                switch (Octets.lower(encoding.charAt(0))) {
                    case 'b' -> TransferDecoder.of("base64");
                    case 'q' -> TransferDecoder.of("quoted-printable");
                    default -> null;
                };
        if (decoder == null) {
            return null;
        }
        byte[] out = new byte[in.length + TransferDecoder.HELD_BYTES_MAX];
        int length = decoder.decode(in, 0, in.length, out);
        return new String(Arrays.copyOf(out, length), known.get());
    }

    private static String raw(String octets) {
        for (int i = 0; i < octets.length(); i++) {
            if (octets.charAt(i) > 0x7f) {
                try {
                    return StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(Octets.bytes(octets)))
                            .toString();
                } catch (CharacterCodingException _) {
                    return octets;
                }
            }
        }
        return octets;
    }
}
