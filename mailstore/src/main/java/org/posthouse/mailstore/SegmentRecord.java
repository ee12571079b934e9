package org.posthouse.mailstore;

import java.nio.ByteBuffer;

/// The header of a record in a segment: magic number, body id, offset in the body, length, CRC-32C of the bytes
/// that follow, CRC-32C of the header so far; big-endian.
record SegmentRecord(long bodyId, long offset, int length, int crc32c) {
    static final int HEADER_BYTES = 32;
    private static final int MAGIC = 0x50484231; // PHB1

    byte[] encode() {
        byte[] header = new byte[HEADER_BYTES];
        ByteBuffer out = ByteBuffer.wrap(header);
        out.putInt(MAGIC).putLong(bodyId).putLong(offset).putInt(length).putInt(crc32c);
        out.putInt(Hashes.crc32c(header, 0, HEADER_BYTES - 4));
        return header;
    }

    /// The header, or null if these bytes are none.
    static SegmentRecord decode(byte[] header) {
        ByteBuffer in = ByteBuffer.wrap(header);
        if (in.getInt() != MAGIC) {
            return null;
        }
        SegmentRecord record = new SegmentRecord(in.getLong(), in.getLong(), in.getInt(), in.getInt());
        return in.getInt() == Hashes.crc32c(header, 0, HEADER_BYTES - 4) && record.length >= 0 ? record : null;
    }
}
