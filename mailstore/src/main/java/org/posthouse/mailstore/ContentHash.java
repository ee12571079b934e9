package org.posthouse.mailstore;

/// Identifies a message's content for delivery records: checksum and length of what follows the header section.
/// The header is left out because each node that takes in a repeat puts its own trace lines there, with its own
/// name and time; what follows is what the sender sent. Immutable; carried across `Stage` entries.
///
/// @param matched how many bytes of the header's end (an empty line) the last bytes seen are: 0, 1 after a line
///     feed, 2 after a line feed and a carriage return, 3 once the header has ended
record ContentHash(int matched, int crc32c, long length) {
    private static final int HEADER_ENDED = 3;

    /// Of nothing yet; an empty line at the very beginning ends an empty header.
    static final ContentHash EMPTY = new ContentHash(1, 0, 0);

    static ContentHash of(byte[] bytes) {
        return EMPTY.and(bytes);
    }

    /// With more bytes.
    ContentHash and(byte[] bytes) {
        int state = matched;
        int at = 0;
        for (; at < bytes.length && state != HEADER_ENDED; at++) {
            switch (bytes[at]) {
                case '\n' -> state = state == 0 ? 1 : HEADER_ENDED;
                case '\r' -> state = state == 1 ? 2 : 0;
                default -> state = 0;
            }
        }
        int rest = bytes.length - at;
        if (rest == 0) {
            return new ContentHash(state, crc32c, length);
        }
        int more = Hashes.crc32c(bytes, at, rest);
        return new ContentHash(state, Hashes.crc32cOfBoth(crc32c, more, rest), length + rest);
    }

    /// As one number.
    long value() {
        return length << 32 ^ (crc32c & 0xffffffffL);
    }

    static ContentHash decode(ByteReader in) {
        return new ContentHash(in.octet(), in.fixed32(), in.number());
    }

    void encode(ByteWriter out) {
        out.octet(matched).fixed32(crc32c).number(length);
    }
}
