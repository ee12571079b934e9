package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.MimePart;
import org.posthouse.mail.TransferDecoder;

/// A part without its transfer encoding (RFC 3516). It is decoded twice, once to count it and once to send it, so that
/// it need not be in memory.
final class BinaryPart {
    private static final int CHUNK_BYTES = 32 << 10;

    private final OpenMessage message;
    private final long start;
    private final long end;
    private final String encoding;

    private BinaryPart(OpenMessage message, long start, long end, String encoding) {
        this.message = message;
        this.start = start;
        this.end = end;
        this.encoding = encoding;
    }

    /// The part that a section names; null where the message has none. The message itself, multiparts and messages
    /// have no encoding that could be undone (RFC 2045 section 6.4).
    ///
    /// @throws No if its encoding is not known here
    static BinaryPart of(Section section, OpenMessage message) throws IOException {
        if (section.path().length == 0) {
            return new BinaryPart(message, 0, message.body().length(), "binary");
        }
        MimePart part = message.structure().find(section.path());
        if (part == null) {
            return null;
        }
        String field = part.headers().first("Content-Transfer-Encoding");
        String encoding = field == null ? "7bit" : field.strip();
        if (!TransferDecoder.known(encoding)) {
            throw new No("UNKNOWN-CTE", "A part's transfer encoding is not known here");
        }
        boolean leaf = part.children().isEmpty();
        return new BinaryPart(message, part.bodyStart(), part.bodyEnd(), leaf ? encoding : "binary");
    }

    /// Takes decoded bytes.
    private interface Taker {
        /// @return whether to go on
        boolean take(byte[] bytes, int length) throws IOException;
    }

    private void decode(Taker taker) throws IOException {
        TransferDecoder decoder = TransferDecoder.of(encoding);
        byte[] raw = new byte[Math.clamp(end - start, 1, CHUNK_BYTES)];
        byte[] decoded = new byte[raw.length + TransferDecoder.HELD_BYTES_MAX];
        for (long at = start; at < end; ) {
            int taken = message.body().read(at, raw, 0, (int) Math.min(raw.length, end - at));
            if (taken <= 0) {
                throw new IOException("body ends early, at " + at);
            }
            at += taken;
            if (!taker.take(decoded, decoder.decode(raw, 0, taken, decoded))) {
                return;
            }
        }
    }

    /// Bytes, decoded.
    long length() throws IOException {
        long[] length = {0};
        decode((_, count) -> {
            length[0] += count;
            return true;
        });
        return length[0];
    }

    /// Writes what the section wants of it: as a literal, `~{n}` where a NUL is in it.
    void write(Section section, Responses out) throws IOException {
        long first = Math.max(0, section.from());
        long last = section.from() < 0 ? Long.MAX_VALUE : first + section.count();
        long[] seen = {0, 0}; // decoded so far, wanted of it
        boolean[] nul = {false};
        decode((bytes, count) -> {
            int from = Math.clamp(first - seen[0], 0, count);
            int to = Math.clamp(last - seen[0], 0, count);
            for (int i = from; i < to; i++) {
                nul[0] |= bytes[i] == 0;
            }
            seen[0] += count;
            seen[1] += to - from;
            return seen[0] < last;
        });
        if (seen[1] == 0) {
            out.text("\"\"");
            return;
        }
        out.text(nul[0] ? "~" : "").beginLiteral(seen[1]);
        seen[0] = 0;
        decode((bytes, count) -> {
            int from = Math.clamp(first - seen[0], 0, count);
            int to = Math.clamp(last - seen[0], 0, count);
            out.literalBytes(bytes, from, to - from);
            seen[0] += count;
            return seen[0] < last;
        });
    }
}
