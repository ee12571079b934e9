package org.posthouse.mail;

import java.nio.charset.StandardCharsets;

/// Octet strings: text whose chars are bytes, 0 to 255. Header values are handled in this form, because nobody
/// knows the charset of a raw 8-bit header and the bytes must come out as they went in.
public final class Octets {
    private Octets() {}

    /// Bytes as an octet string.
    public static String of(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /// The bytes of an octet string.
    public static byte[] bytes(String octets) {
        return octets.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// Lower case for A to Z, everything else unchanged.
    public static int lower(int octet) {
        return octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
    }

    static boolean blank(int octet) {
        return octet == ' ' || octet == '\t';
    }

    static boolean space(int octet) {
        return blank(octet) || octet == '\r' || octet == '\n';
    }
}
