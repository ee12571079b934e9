package org.posthouse.testkit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;

/// A message that can be told from every other and shows damage: a header holds its id, another the SHA-256 of its
/// body. Servers may put headers in front of it; nothing else may change.
public final class MarkedMessage {
    private static final String ID = "X-Posthouse-Id: ";
    private static final String SUM = "X-Posthouse-Body: ";
    private static final char[] ALPHABET =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.".toCharArray();
    private static final int LINE_BYTES = 76;

    /// What a message read back says of itself.
    ///
    /// @param intact whether the body has the checksum that the header names
    public record Read(String id, boolean intact) {}

    private MarkedMessage() {}

    /// A message of this size in all, at least some 400 bytes; the same arguments give the same bytes.
    public static byte[] of(String id, String recipient, int sizeBytes) {
        int headBytes = head(id, recipient, "0".repeat(64)).length;
        byte[] body = body(id, Math.max(2, sizeBytes - headBytes));
        byte[] head = head(id, recipient, sum(body, 0));
        byte[] whole = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, whole, head.length, body.length);
        return whole;
    }

    private static byte[] head(String id, String recipient, String sum) {
        return ("From: Load <load@example.org>\r\nTo: <" + recipient + ">\r\nSubject: " + id
                        + "\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <" + id
                        + "@posthouse.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
                        + ID + id + "\r\n" + SUM + sum + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] body(String id, int length) {
        Random random = new Random(id.hashCode() * 31L + length);
        byte[] body = new byte[length];
        long bits = 0;
        int left = 0;
        for (int i = 0; i < length; i++) {
            if (left == 0) {
                bits = random.nextLong();
                left = 10;
            }
            body[i] = (byte) ALPHABET[(int) (bits & 63)];
            bits >>>= 6;
            left--;
        }
        for (int i = LINE_BYTES; i + 3 < length; i += LINE_BYTES + 2) {
            body[i] = '\r';
            body[i + 1] = '\n';
        }
        body[length - 2] = '\r';
        body[length - 1] = '\n';
        return body;
    }

    /// Reads the marks of a message; empty if it carries none.
    public static Optional<Read> read(byte[] message) {
        int end = headEnd(message);
        String head = new String(message, 0, end, StandardCharsets.ISO_8859_1);
        Optional<String> id = header(head, ID);
        Optional<String> sum = header(head, SUM);
        if (id.isEmpty() || sum.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Read(id.get(), sum(message, end).equals(sum.get())));
    }

    private static Optional<String> header(String head, String name) {
        int at = head.indexOf("\n" + name);
        if (at < 0) {
            return Optional.empty();
        }
        int from = at + 1 + name.length();
        int to = head.indexOf('\r', from);
        return to < 0 ? Optional.empty() : Optional.of(head.substring(from, to));
    }

    private static int headEnd(byte[] message) {
        for (int i = 3; i < message.length; i++) {
            if (message[i] == '\n' && message[i - 1] == '\r' && message[i - 2] == '\n' && message[i - 3] == '\r') {
                return i + 1;
            }
        }
        return message.length;
    }

    private static String sum(byte[] bytes, int from) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, from, bytes.length - from);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
