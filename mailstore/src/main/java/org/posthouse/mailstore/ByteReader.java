package org.posthouse.mailstore;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.posthouse.mail.UidSet;

/// Reads what [ByteWriter] wrote. Every length is checked against what is left before anything is allocated.
final class ByteReader {
    private final ByteBuffer bytes;

    ByteReader(byte[] bytes) {
        this(ByteBuffer.wrap(bytes));
    }

    /// Reads from the buffer's position to its limit.
    ByteReader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    int octet() {
        return bytes.get() & 0xff;
    }

    int fixed32() {
        return bytes.getInt();
    }

    long fixed64() {
        return bytes.getLong();
    }

    long number() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte next = bytes.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number of more than ten bytes");
    }

    int smallNumber() {
        return Math.toIntExact(number());
    }

    long signed() {
        long value = number();
        return value >>> 1 ^ -(value & 1);
    }

    boolean flag() {
        return octet() != 0;
    }

    String text() {
        return new String(blob(), StandardCharsets.UTF_8);
    }

    byte[] blob() {
        return raw(smallNumber());
    }

    byte[] raw(int length) {
        if (length < 0 || length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] value = new byte[length];
        bytes.get(value);
        return value;
    }

    UidSet uids() {
        int ranges = smallNumber();
        UidSet.Builder builder = new UidSet.Builder();
        long last = 0;
        for (int i = 0; i < ranges; i++) {
            long first = last + number();
            last = first + number();
            builder.add(first, last);
        }
        return builder.build();
    }

    /// A count of items that take at least a byte each.
    int count() {
        int count = smallNumber();
        if (count < 0 || count > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        return count;
    }

    boolean atEnd() {
        return !bytes.hasRemaining();
    }

    int position() {
        return bytes.position();
    }
}
