package org.posthouse.imap;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.posthouse.mail.Flags;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Octets;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Epoch;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;

/// Writes responses into a buffer that goes out by whole lines: at [#FLUSH_BYTES], or when nothing more of the
/// client is there to be answered. What was read from the store counts only if this node still owned it
/// afterwards (DESIGN.md section 4): so before bytes go out, the epoch under which they were read is confirmed.
/// The bytes of a literal need no confirmation of their own: a body never changes, and its line was confirmed.
/// Not thread-safe; the session's lock guards it.
final class Responses {
    private static final int FLUSH_BYTES = 64 << 10;
    private static final int SMALL_BYTES = 1 << 10;
    private static final int QUOTED_CHARS_MAX = 1_000;
    private static final byte[][] SYSTEM_FLAGS = systemFlags();
    private static final int RECENT = 32;

    private final Enabled enabled;
    private OutputStream out;
    private byte[] buffer = new byte[SMALL_BYTES];
    private int length;
    private int lineStart; // of the line being written
    private MailStore store;
    private Epoch unconfirmed;
    private int sureLength; // what was written before anything unconfirmed
    private boolean insideSentLine;

    /// Fills a part of a literal.
    interface Source {
        /// As [MailStore.Body#read].
        int read(long offset, byte[] into, int at, int length);
    }

    Responses(OutputStream out, Enabled enabled) {
        this.out = out;
        this.enabled = enabled;
    }

    /// Goes on on another stream (TLS).
    void continueOn(OutputStream next) {
        out = next;
    }

    /// What is written from here on, flushes in between included, is read under this epoch.
    void under(MailStore from, Epoch epoch) throws IOException {
        if (length > 0 && unconfirmed != null && !unconfirmed.equals(epoch)) {
            flush(); // and fails, most likely: the older epoch is over
        }
        if (length == 0 || unconfirmed == null) {
            sureLength = length;
        }
        store = from;
        unconfirmed = epoch;
    }

    /// What is written from here on is true whoever owns the store.
    void underNothing() {
        if (length == 0) {
            unconfirmed = null;
        }
    }

    // ---- lines ----

    /// A tagged answer.
    void tagged(String tag, String condition, String code, String text) throws IOException {
        text(tag).text(" ").text(condition).text(" ");
        code(code);
        text(text).endLine();
    }

    /// An untagged line of plain text.
    void untagged(String line) throws IOException {
        text("* ").text(line).endLine();
    }

    /// `* BYE`, after which nothing follows. What cannot be confirmed is dropped: it may be untrue. In the middle of
    /// a line that is half sent nothing can be said.
    void bye(String code, String text) throws IOException {
        if (insideSentLine) {
            return;
        }
        length = lineStart;
        try {
            flush();
        } catch (StoreException e) {
            length = sureLength;
        }
        unconfirmed = null;
        text("* BYE ");
        code(code);
        text(text).endLine();
        flush();
    }

    /// Asks the client to go on.
    void continuation(String text) throws IOException {
        text("+ ").text(text).endLine();
        flush();
    }

    void endLine() throws IOException {
        octet('\r');
        octet('\n');
        insideSentLine = false;
        lineStart = length;
        if (length >= FLUSH_BYTES) {
            flush();
        }
    }

    /// Sends what there is.
    void flush() throws IOException {
        if (length > 0) {
            confirm();
            out.write(buffer, 0, length);
            length = 0;
            lineStart = 0;
        }
        sureLength = 0;
        out.flush();
    }

    /// Sends what there is before the server waits for the client: an idle session must be small.
    void flushAndRest() throws IOException {
        flush();
        if (buffer.length > SMALL_BYTES) {
            buffer = new byte[SMALL_BYTES];
        }
    }

    /// Takes back the line that could not be finished, so that an answer can be given.
    ///
    /// @throws IOException if its beginning has gone out already: the conversation is beyond repair
    void abandonLine() throws IOException {
        if (insideSentLine) {
            throw new IOException("a response failed after its beginning was sent");
        }
        length = lineStart;
    }

    // ---- words ----

    Responses text(String ascii) {
        int count = ascii.length();
        room(count);
        for (int i = 0; i < count; i++) {
            buffer[length + i] = (byte) ascii.charAt(i);
        }
        length += count;
        return this;
    }

    Responses octet(int octet) {
        room(1);
        buffer[length++] = (byte) octet;
        return this;
    }

    Responses number(long number) {
        room(20);
        if (number == 0) {
            buffer[length++] = '0';
            return this;
        }
        int start = length;
        for (long left = number; left > 0; left /= 10) {
            buffer[length++] = (byte) ('0' + left % 10);
        }
        for (int i = start, j = length - 1; i < j; i++, j--) {
            byte swapped = buffer[i];
            buffer[i] = buffer[j];
            buffer[j] = swapped;
        }
        return this;
    }

    Responses set(UidSet set) {
        return text(set.toString());
    }

    /// A string: quoted if that can be, else a literal. A NUL, which neither may hold, becomes 0x80.
    Responses string(String octets) {
        boolean quotable = octets.length() <= QUOTED_CHARS_MAX;
        for (int i = 0; i < octets.length() && quotable; i++) {
            char c = octets.charAt(i);
            quotable = (c >= 0x20 && c < 0x7f) || c == '\t';
        }
        if (!quotable) {
            return text("{").number(octets.length()).text("}\r\n").text(octets.replace('\0', '\u0080'));
        }
        return quoted(octets);
    }

    private Responses quoted(String octets) {
        octet('"');
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            if (c == '"' || c == '\\') {
                octet('\\');
            }
            octet(c);
        }
        return octet('"');
    }

    /// A string, or NIL for null.
    Responses nstring(String octets) {
        return octets == null ? text("NIL") : string(octets);
    }

    /// A mailbox's name in modified UTF-7, which becomes UTF-8 for a client that takes that.
    Responses mailbox(String encoded) {
        if (encoded.indexOf('&') >= 0 && enabled.utf8()) {
            byte[] utf8 = MailboxNames.decode(encoded).getBytes(StandardCharsets.UTF_8);
            return quoted(Octets.of(utf8, 0, utf8.length));
        }
        return astring(encoded);
    }

    /// An atom if it can be one, else a string.
    Responses astring(String encoded) {
        if (encoded.isEmpty() || encoded.equalsIgnoreCase("NIL")) {
            return string(encoded);
        }
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c <= ' ' || c >= 0x7f || "(){%*\"\\".indexOf(c) >= 0) {
                return string(encoded);
            }
        }
        return text(encoded);
    }

    /// `(\Seen $Forwarded)`
    Responses flags(Flags flags, boolean recent) {
        byte[] system = SYSTEM_FLAGS[flags.bits() | (recent ? RECENT : 0)];
        octet('(').bytes(system, 0, system.length);
        boolean first = system.length == 0;
        List<String> keywords = flags.keywords();
        for (int i = 0; i < keywords.size(); i++) {
            if (!first) {
                octet(' ');
            }
            text(keywords.get(i));
            first = false;
        }
        return octet(')');
    }

    /// Bytes in memory as a literal.
    Responses literal(byte[] bytes, int from, int count) throws IOException {
        text("{").number(count).text("}\r\n");
        if (length + count <= FLUSH_BYTES) {
            return bytes(bytes, from, count);
        }
        sendInsideLine();
        out.write(bytes, from, count);
        return this;
    }

    /// The head of a literal whose bytes come by [#literalBytes].
    void beginLiteral(long count) {
        text("{").number(count).text("}\r\n");
    }

    /// Some bytes of a literal that was begun.
    void literalBytes(byte[] bytes, int from, int count) throws IOException {
        if (length + count > FLUSH_BYTES) {
            sendInsideLine();
        }
        bytes(bytes, from, count);
    }

    /// A stretch of a body as a literal, never in memory whole.
    void literal(Source source, long offset, long count) throws IOException {
        text("{").number(count).text("}\r\n");
        long done = 0;
        while (done < count) {
            if (length == FLUSH_BYTES || (length > FLUSH_BYTES / 2 && count - done > FLUSH_BYTES - length)) {
                sendInsideLine();
            }
            int part = (int) Math.min(count - done, Math.max(FLUSH_BYTES - length, 1));
            room(part);
            int taken = source.read(offset + done, buffer, length, part);
            if (taken <= 0) {
                throw new IOException("body ends " + (count - done) + " bytes early");
            }
            length += taken;
            done += taken;
        }
    }

    /// Bytes as they are: a piece of a line that was written before.
    Responses bytes(byte[] bytes, int from, int count) {
        room(count);
        System.arraycopy(bytes, from, buffer, length, count);
        length += count;
        return this;
    }

    private void code(String code) {
        if (!code.isEmpty()) {
            text("[").text(code).text("] ");
        }
    }

    private void sendInsideLine() throws IOException {
        if (!insideSentLine) {
            confirm();
        }
        insideSentLine = true;
        out.write(buffer, 0, length);
        length = 0;
        lineStart = 0;
        sureLength = 0;
    }

    private void confirm() {
        if (unconfirmed != null) {
            store.confirm(unconfirmed);
        }
    }

    private void room(int count) {
        if (length + count > buffer.length) {
            int wanted = Math.max(buffer.length * 4, length + count);
            buffer = Arrays.copyOf(buffer, Math.max(Math.min(wanted, FLUSH_BYTES), length + count));
        }
    }

    private static byte[][] systemFlags() {
        byte[][] all = new byte[2 * RECENT][];
        for (int bits = 0; bits < all.length; bits++) {
            String names = String.join(" ", Flags.of(bits & (RECENT - 1)).names());
            String recent = (bits & RECENT) == 0 ? "" : names.isEmpty() ? "\\Recent" : " \\Recent";
            all[bits] = (names + recent).getBytes(StandardCharsets.US_ASCII);
        }
        return all;
    }
}
