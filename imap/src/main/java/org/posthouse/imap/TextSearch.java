package org.posthouse.imap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.posthouse.mail.EncodedWords;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MimePart;
import org.posthouse.mail.TransferDecoder;

/// Looks for text in a message: headers with their encoded words decoded, text parts with their transfer encoding
/// and charset undone, case aside. A part is read in pieces; pieces overlap by the length of what is looked for.
final class TextSearch {
    private static final int CHUNK_BYTES = 32 << 10;

    private TextSearch() {}

    /// What is looked for.
    static final class Needle {
        private final char[] lower;

        Needle(String text) {
            lower = text.toCharArray();
            lower(lower, 0, lower.length);
        }

        boolean isEmpty() {
            return lower.length == 0;
        }

        boolean in(String text) {
            char[] chars = text.toCharArray();
            lower(chars, 0, chars.length);
            return in(chars, chars.length);
        }

        private boolean in(char[] hay, int length) {
            if (lower.length == 0) {
                return true;
            }
            char first = lower[0];
            for (int at = 0; at <= length - lower.length; at++) {
                if (hay[at] == first && matchesAt(hay, at)) {
                    return true;
                }
            }
            return false;
        }

        private boolean matchesAt(char[] hay, int at) {
            for (int i = 1; i < lower.length; i++) {
                if (hay[at + i] != lower[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    /// Whether a header field of this name contains the text.
    static boolean inField(Headers headers, String name, Needle needle) {
        for (int field = 0; field < headers.size(); field++) {
            if (headers.named(field, name)
                    && (needle.isEmpty() || needle.in(EncodedWords.decode(headers.value(field))))) {
                return true;
            }
        }
        return false;
    }

    /// Whether any header line contains the text.
    static boolean inHeaders(Headers headers, Needle needle) {
        for (int field = 0; field < headers.size(); field++) {
            if (needle.in(headers.name(field) + ": " + EncodedWords.decode(headers.value(field)))) {
                return true;
            }
        }
        return false;
    }

    /// Whether the body contains the text: its text parts, and headers of messages inside.
    static boolean inBody(OpenMessage message, Needle needle) throws IOException {
        if (needle.isEmpty()) {
            return true;
        }
        return inside(message, message.structure(), needle);
    }

    private static boolean inside(OpenMessage message, MimePart part, Needle needle) throws IOException {
        if (part.message()) {
            MimePart inner = part.children().getFirst();
            return inHeaders(inner.headers(), needle) || inside(message, inner, needle);
        }
        for (MimePart child : part.children()) {
            if (inside(message, child, needle)) {
                return true;
            }
        }
        return part.children().isEmpty()
                && part.type().type().equalsIgnoreCase("text")
                && inText(message, part, needle);
    }

    private static boolean inText(OpenMessage message, MimePart part, Needle needle) throws IOException {
        TransferDecoder transfer = TransferDecoder.of(part.headers().first("Content-Transfer-Encoding"));
        CharsetDecoder charset = charset(part)
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        int chunkBytes = (int) Math.min(CHUNK_BYTES, Math.max(1, part.bodyLength()));
        byte[] raw = new byte[chunkBytes];
        byte[] decoded = new byte[chunkBytes + TransferDecoder.HELD_BYTES_MAX];
        ByteBuffer bytes = ByteBuffer.allocate(decoded.length + 16).flip();
        CharBuffer chars = CharBuffer.allocate(decoded.length + 16 + needle.lower.length);
        long at = part.bodyStart();
        while (at < part.bodyEnd()) {
            int count = (int) Math.min(chunkBytes, part.bodyEnd() - at);
            int taken = message.body().read(at, raw, 0, count);
            if (taken <= 0) {
                throw new IOException("body ends early");
            }
            at += taken;
            int length = transfer.decode(raw, 0, taken, decoded);
            bytes.compact().put(decoded, 0, length).flip();
            int from = chars.position();
            charset.decode(bytes, chars, at == part.bodyEnd());
            lower(chars.array(), from, chars.position());
            if (needle.in(chars.array(), chars.position())) {
                return true;
            }
            int kept = Math.min(needle.lower.length - 1, chars.position());
            System.arraycopy(chars.array(), chars.position() - kept, chars.array(), 0, kept);
            chars.position(kept);
        }
        return false;
    }

    /// US-ASCII, stated or by default, is read as UTF-8, which it is part of: many say the one and mean the other.
    private static Charset charset(MimePart part) {
        String name = part.type().parameter("charset");
        Charset charset = name == null
                ? StandardCharsets.UTF_8
                : EncodedWords.charset(name).orElse(StandardCharsets.UTF_8);
        return charset.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : charset;
    }

    private static void lower(char[] chars, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = chars[i];
            if (c < 0x80) {
                chars[i] = c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
            } else {
                chars[i] = Character.toLowerCase(c);
            }
        }
    }
}
