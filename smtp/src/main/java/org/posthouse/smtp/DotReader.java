package org.posthouse.smtp;

import java.io.EOFException;
import java.io.IOException;
import org.posthouse.wire.WireReader;

/// Reads a message's content up to its end, block by block, and takes the dots off that the client stuffed (RFC
/// 5321 section 4.5.2).
///
/// The content ends at the first CR LF `.` CR LF and nowhere else, the first CR LF being that of the DATA command
/// if the content is empty. No other sequence of CR, LF and dots is taken for an end, for the end of a line, or
/// for a dot to be taken off: what is no line end elsewhere must not be one here, or a second message could be
/// smuggled inside the first. A CR or LF alone is noted ([#bareLineEnds]), and the message is then to be refused.
final class DotReader {
    private static final int BLOCK_BYTES = 8 << 10;

    /// What came last.
    private enum Place {
        /// CR LF, or the beginning.
        LINE_START,
        /// Something inside a line.
        LINE,
        /// A CR inside a line, passed on already.
        CR,
        /// A dot at the line's start, held back.
        DOT,
        /// That dot and a CR, both held back.
        DOT_CR,
        /// The whole end.
        OVER
    }

    private final WireReader in;
    private final byte[] block = new byte[BLOCK_BYTES];
    private Place place = Place.LINE_START;
    private int next; // reading position in the block
    private int kept; // content bytes in the block, from its start; never beyond `next`
    private boolean bareLineEnds;
    private boolean nul;

    DotReader(WireReader in) {
        this.in = in;
    }

    /// Reads some content into [#block].
    ///
    /// @return how many bytes, perhaps 0; -1 at the content's end
    /// @throws EOFException if the client goes away before
    int read() throws IOException {
        if (place == Place.OVER) {
            return -1;
        }
        int end = in.read(block, 0, block.length);
        if (end < 0) {
            throw new EOFException("the client closed the connection inside a message");
        }
        next = 0;
        kept = 0;
        while (next < end && place != Place.OVER) {
            if (place == Place.LINE) {
                copyRun(end);
            } else {
                step(block[next++]);
            }
        }
        in.unread(end - next);
        return kept;
    }

    /// The bytes that [#read] has read; valid until its next call.
    byte[] block() {
        return block;
    }

    /// Whether a CR or an LF came alone.
    boolean bareLineEnds() {
        return bareLineEnds;
    }

    /// Whether a NUL byte came.
    boolean nul() {
        return nul;
    }

    /// The bulk: bytes up to the next one that could matter, moved together.
    private void copyRun(int end) {
        int from = next;
        int at = from;
        while (at < end && block[at] != '\r' && block[at] != '\n') {
            nul |= block[at] == 0;
            at++;
        }
        if (from != kept) {
            System.arraycopy(block, from, block, kept, at - from);
        }
        kept += at - from;
        next = at;
        if (at < end) {
            step(block[next++]);
        }
    }

    private void step(byte octet) {
        switch (place) {
            case LINE_START -> {
                if (octet == '.') {
                    place = Place.DOT;
                } else {
                    inLine(octet);
                }
            }
            case LINE -> inLine(octet);
            case CR -> {
                if (octet == '\n') {
                    keep(octet);
                    place = Place.LINE_START;
                } else {
                    bareLineEnds = true;
                    inLine(octet);
                }
            }
            case DOT -> {
                if (octet == '\r') {
                    place = Place.DOT_CR;
                } else {
                    inLine(octet);
                }
            }
            case DOT_CR -> {
                if (octet == '\n') {
                    place = Place.OVER;
                } else {
                    // The CR held back is lost, but the message is refused anyway.
                    bareLineEnds = true;
                    inLine(octet);
                }
            }
            case OVER -> throw new IllegalStateException("read beyond the end");
        }
    }

    private void inLine(byte octet) {
        keep(octet);
        bareLineEnds |= octet == '\n';
        nul |= octet == 0;
        place = octet == '\r' ? Place.CR : Place.LINE;
    }

    private void keep(byte octet) {
        block[kept++] = octet;
    }
}
