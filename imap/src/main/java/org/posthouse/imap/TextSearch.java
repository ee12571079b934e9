package org.posthouse.imap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.posthouse.fulltext.TextIndex.Where;
import org.posthouse.fulltext.TextQuery;
import org.posthouse.fulltext.Tokens;
import org.posthouse.mail.EncodedWords;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MimePart;
import org.posthouse.mail.TransferDecoder;
import org.posthouse.mail.UnicodeCasemap;

/// Looks for text in a message: headers with their encoded words decoded, text parts with their transfer encoding
/// and charset undone, both folded by `i;unicode-casemap` (I18NLEVEL=1, RFC 5255 section 4.3). What makes an index of
/// messages walks through the same text, so that both see the same characters.
final class TextSearch {
    private static final int CHUNK_BYTES = 32 << 10;
    /// Folded at once: so few that they stay where the processor has them at hand.
    private static final int SLICE_CHARS = 4 << 10;

    private static final char[] ASCII = new char[0x80]; // what each is folded to

    static {
        for (char c = 0; c < ASCII.length; c++) {
            ASCII[c] = fold(String.valueOf(c)).charAt(0);
        }
    }

    private TextSearch() {}

    /// Text as it is compared: whatever folds to the same is the same to SEARCH.
    static String fold(String text) {
        return UnicodeCasemap.key(text);
    }

    /// Takes the texts of a message one by one, each in pieces, folded.
    interface Sink {
        /// The next characters, at the beginning of an array that is used again afterwards.
        ///
        /// @return whether to go on
        boolean take(char[] folded, int length);

        /// The text ends here.
        void end();
    }

    /// What is looked for.
    static final class Needle {
        private final char[] folded;
        private final boolean fuzzy;
        private final TextQuery query;

        /// @param fuzzy whether messages with words like those in the text are meant (RFC 6203)
        Needle(String text, boolean fuzzy) {
            this.folded = fold(text).toCharArray();
            TextQuery resembling = TextQuery.fuzzy(folded);
            this.fuzzy = fuzzy && !resembling.isEmpty();
            this.query = this.fuzzy ? resembling : TextQuery.exact(folded);
        }

        Needle(String text) {
            this(text, false);
        }

        boolean isEmpty() {
            return folded.length == 0;
        }

        /// What an index is asked.
        TextQuery query() {
            return query;
        }

        /// How relevant a text is: 0 if it does not contain what is looked for, 100 if it does.
        int in(String text) {
            if (fuzzy) {
                Words words = new Words();
                walk(text, words);
                return query.relevance(words.tokens);
            }
            Finder finder = new Finder(folded);
            walk(text, finder);
            return finder.relevance();
        }
    }

    /// Looks for the characters of a needle in what comes by. What a piece ends with is kept, as the needle may begin
    /// there.
    private static final class Finder implements Sink {
        private final char[] needle;
        private final char[] seam;
        private int held; // of the text before, at the beginning of the seam
        private boolean found;

        Finder(char[] needle) {
            this.needle = needle;
            this.seam = new char[2 * Math.max(0, needle.length - 1)];
            this.found = needle.length == 0;
        }

        @Override
        public boolean take(char[] folded, int length) {
            if (!found && held > 0) {
                int more = Math.min(length, needle.length - 1);
                System.arraycopy(folded, 0, seam, held, more);
                found = in(seam, held + more);
            }
            found = found || in(folded, length);
            hold(folded, length);
            return !found;
        }

        private void hold(char[] folded, int length) {
            int wanted = needle.length - 1;
            if (length >= wanted) {
                held = Math.max(0, wanted);
                System.arraycopy(folded, length - held, seam, 0, held);
            } else {
                int before = Math.min(held, wanted - length);
                System.arraycopy(seam, held - before, seam, 0, before);
                System.arraycopy(folded, 0, seam, before, length);
                held = before + length;
            }
        }

        private boolean in(char[] hay, int length) {
            char first = needle[0];
            for (int at = 0; at <= length - needle.length; at++) {
                if (hay[at] == first && matchesAt(hay, at)) {
                    return true;
                }
            }
            return false;
        }

        private boolean matchesAt(char[] hay, int at) {
            for (int i = 1; i < needle.length; i++) {
                if (hay[at + i] != needle[i]) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void end() {
            held = 0;
        }

        int relevance() {
            return found ? 100 : 0;
        }
    }

    /// Gathers words.
    private static final class Words implements Sink {
        final Tokens tokens = new Tokens();

        @Override
        public boolean take(char[] folded, int length) {
            tokens.add(folded, 0, length);
            return true;
        }

        @Override
        public void end() {
            tokens.end();
        }
    }

    /// How relevant the header fields of this name are: 0 if none contains the text.
    static int inField(Headers headers, String name, Needle needle) {
        int best = 0;
        for (int field = 0; field < headers.size() && best < 100; field++) {
            if (headers.named(field, name)) {
                best = needle.isEmpty() ? 100 : Math.max(best, needle.in(EncodedWords.decode(headers.value(field))));
            }
        }
        return best;
    }

    /// How relevant a message is: 0 if the text is not there.
    static int in(OpenMessage message, Where where, Needle needle) throws IOException {
        if (needle.fuzzy) {
            Words words = new Words();
            boolean _ = (where == Where.BODY || walkHeaders(message.headers(), words)) && walkBody(message, words);
            return needle.query.relevance(words.tokens);
        }
        Finder finder = new Finder(needle.folded);
        boolean _ = !finder.found
                && (where == Where.BODY || walkHeaders(message.headers(), finder))
                && walkBody(message, finder);
        return finder.relevance();
    }

    /// Walks through header lines, each a text.
    ///
    /// @return false if the sink wants no more
    static boolean walkHeaders(Headers headers, Sink sink) {
        for (int field = 0; field < headers.size(); field++) {
            if (!walk(headers.name(field) + ": " + EncodedWords.decode(headers.value(field)), sink)) {
                return false;
            }
        }
        return true;
    }

    /// Walks through everything behind the header: text parts, and headers of messages inside.
    ///
    /// @return false if the sink wants no more
    static boolean walkBody(OpenMessage message, Sink sink) throws IOException {
        return walk(message, message.structure(), sink);
    }

    private static boolean walk(String text, Sink sink) {
        boolean more = walk(text.toCharArray(), text.length(), slice(text.length()), sink);
        sink.end();
        return more;
    }

    private static char[] slice(int length) {
        return new char[Math.min(length, SLICE_CHARS) + UnicodeCasemap.CHARS_MAX];
    }

    /// Folds as [#fold] does. One character may become several.
    private static boolean walk(char[] chars, int length, char[] folded, Sink sink) {
        int to = 0;
        for (int at = 0; at < length; ) {
            if (to + UnicodeCasemap.CHARS_MAX > folded.length) {
                if (!sink.take(folded, to)) {
                    return false;
                }
                to = 0;
            }
            char c = chars[at];
            if (c < ASCII.length) {
                folded[to++] = ASCII[c];
                at++;
            } else {
                int codePoint = Character.codePointAt(chars, at, length);
                to = UnicodeCasemap.key(codePoint, folded, to);
                at += Character.charCount(codePoint);
            }
        }
        return to == 0 || sink.take(folded, to);
    }

    /// The same of octets that are all ASCII.
    private static boolean walk(byte[] ascii, int length, char[] folded, Sink sink) {
        for (int at = 0; at < length; at += folded.length) {
            int count = Math.min(length - at, folded.length);
            for (int i = 0; i < count; i++) {
                folded[i] = ASCII[ascii[at + i]];
            }
            if (!sink.take(folded, count)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAscii(byte[] octets, int length) {
        int all = 0;
        for (int i = 0; i < length; i++) {
            all |= octets[i];
        }
        return all >= 0;
    }

    private static boolean walk(OpenMessage message, MimePart part, Sink sink) throws IOException {
        if (part.message()) {
            MimePart inner = part.children().getFirst();
            return walkHeaders(inner.headers(), sink) && walk(message, inner, sink);
        }
        for (MimePart child : part.children()) {
            if (!walk(message, child, sink)) {
                return false;
            }
        }
        return !part.children().isEmpty()
                || !part.type().type().equalsIgnoreCase("text")
                || walkText(message, part, sink);
    }

    private static boolean walkText(OpenMessage message, MimePart part, Sink sink) throws IOException {
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
        char[] folded = slice(chars.capacity());
        boolean more = true;
        for (long at = part.bodyStart(); more && at < part.bodyEnd(); ) {
            int count = (int) Math.min(chunkBytes, part.bodyEnd() - at);
            int taken = message.body().read(at, raw, 0, count);
            if (taken <= 0) {
                throw new IOException("body ends early");
            }
            at += taken;
            int length = transfer.decode(raw, 0, taken, decoded);
            if (asciiIsItself && !bytes.hasRemaining() && isAscii(decoded, length)) {
                more = walk(decoded, length, folded, sink);
            } else {
                bytes.compact().put(decoded, 0, length).flip();
                decoder.decode(bytes, chars.clear(), at == part.bodyEnd());
                more = walk(chars.array(), chars.position(), folded, sink);
            }
        }
        sink.end();
        return more;
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
