package org.posthouse.imap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.posthouse.mail.EncodedWords;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MimePart;
import org.posthouse.mail.TransferDecoder;
import org.posthouse.mail.UnicodeCasemap;

/// Looks for text in a message: headers with their encoded words decoded, text parts with their transfer encoding
/// and charset undone, both folded by `i;unicode-casemap` (I18NLEVEL=1, RFC 5255 section 4.3). A part is read in
/// pieces; pieces overlap by the length of what is looked for.
final class TextSearch {
    private static final int CHUNK_BYTES = 32 << 10;

    private TextSearch() {}

    /// Text as it is compared: whatever folds to the same is the same to SEARCH. An index that is to find what SEARCH
    /// finds calls this too.
    static String fold(String text) {
        return UnicodeCasemap.key(text);
    }

    /// What is looked for.
    static final class Needle {
        private final char[] folded;

        Needle(String text) {
            folded = fold(text).toCharArray();
        }

        boolean isEmpty() {
            return folded.length == 0;
        }

        boolean in(String text) {
            Hay hay = new Hay(text.length());
            hay.add(text);
            return in(hay);
        }

        private boolean in(Hay hay) {
            if (folded.length == 0) {
                return true;
            }
            char[] chars = hay.chars;
            char first = folded[0];
            for (int at = 0; at <= hay.length - folded.length; at++) {
                if (chars[at] == first && matchesAt(chars, at)) {
                    return true;
                }
            }
            return false;
        }

        private boolean matchesAt(char[] hay, int at) {
            for (int i = 1; i < folded.length; i++) {
                if (hay[at + i] != folded[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    /// What is looked through, folded as [#fold] does.
    private static final class Hay {
        private static final char[] UPPER = new char[0x80];

        static {
            for (char c = 0; c < UPPER.length; c++) {
                UPPER[c] = fold(String.valueOf(c)).charAt(0);
            }
        }

        char[] chars;
        int length;

        Hay(int capacity) {
            chars = new char[capacity];
        }

        /// Folds a text.
        void add(String text) {
            int count = text.length();
            reserve(count);
            char[] into = chars;
            int to = length;
            int end = to + count;
            text.getChars(0, count, into, to);
            while (to < end && into[to] < 0x80) { // in place, as long as nothing becomes longer
                char c = into[to];
                into[to++] = c >= 'a' && c <= 'z' ? (char) (c - 32) : c;
            }
            length = to;
            if (to < end) {
                add(Arrays.copyOfRange(into, to, end), end - to);
            }
        }

        /// Folds octets if all of them are ASCII.
        ///
        /// @return whether they were; if not, nothing has happened
        boolean addAscii(byte[] octets, int count) {
            reserve(count);
            char[] into = chars;
            int to = length;
            int all = 0;
            for (int i = 0; i < count; i++) {
                int octet = octets[i];
                all |= octet;
                into[to + i] = UPPER[octet & 0x7f];
            }
            if (all < 0) {
                return false;
            }
            length += count;
            return true;
        }

        /// Folds some more. One character may become several.
        void add(char[] from, int end) {
            reserve(end);
            char[] into = chars;
            int to = length;
            for (int at = 0; at < end; ) {
                char c = from[at];
                if (c < 0x80) {
                    into[to++] = UPPER[c];
                    at++;
                    continue;
                }
                if (to + end - at + UnicodeCasemap.CHARS_MAX > into.length) {
                    length = to;
                    reserve(end - at + UnicodeCasemap.CHARS_MAX);
                    into = chars;
                }
                int codePoint = Character.isSurrogate(c) ? Character.codePointAt(from, at, end) : c;
                to = UnicodeCasemap.key(codePoint, into, to);
                at += Character.charCount(codePoint);
            }
            length = to;
        }

        /// Leaves the last so many.
        void keepLast(int count) {
            int kept = Math.min(count, length);
            System.arraycopy(chars, length - kept, chars, 0, kept);
            length = kept;
        }

        private void reserve(int count) {
            if (length + count > chars.length) {
                chars = Arrays.copyOf(chars, length + count + count / 2);
            }
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
        Charset charset = charset(part);
        boolean asciiIsItself = charset.equals(StandardCharsets.UTF_8)
                || charset.name().startsWith("ISO-8859-")
                || charset.name().startsWith("windows-125");
        CharsetDecoder decoder = charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        int chunkBytes = (int) Math.min(CHUNK_BYTES, Math.max(1, part.bodyLength()));
        byte[] raw = new byte[chunkBytes];
        byte[] decoded = new byte[chunkBytes + TransferDecoder.HELD_BYTES_MAX];
        ByteBuffer bytes = ByteBuffer.allocate(decoded.length + 16).flip();
        CharBuffer chars = CharBuffer.allocate(decoded.length + 16);
        Hay hay = new Hay(decoded.length + 16 + needle.folded.length);
        long at = part.bodyStart();
        while (at < part.bodyEnd()) {
            int count = (int) Math.min(chunkBytes, part.bodyEnd() - at);
            int taken = message.body().read(at, raw, 0, count);
            if (taken <= 0) {
                throw new IOException("body ends early");
            }
            at += taken;
            int length = transfer.decode(raw, 0, taken, decoded);
            boolean plain = asciiIsItself && !bytes.hasRemaining() && hay.addAscii(decoded, length);
            if (!plain) {
                bytes.compact().put(decoded, 0, length).flip();
                decoder.decode(bytes, chars.clear(), at == part.bodyEnd());
                hay.add(chars.array(), chars.position());
            }
            if (needle.in(hay)) {
                return true;
            }
            hay.keepLast(needle.folded.length - 1);
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
}
