package org.posthouse.mailstore;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.posthouse.mail.UidSet;

/// Builds rows, entries and answers: varints (seven bits a byte, least first), fixed big-endian numbers, and
/// byte strings behind their length. [ByteReader] reads it back.
final class ByteWriter {
    private byte[] bytes;
    private int length;

    ByteWriter() {
        this(64);
    }

    ByteWriter(int capacity) {
        bytes = new byte[capacity];
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    ByteWriter octet(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    ByteWriter fixed32(int value) {
        room(4);
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes[length++] = (byte) (value >>> shift);
        }
        return this;
    }

    ByteWriter fixed64(long value) {
        return fixed32((int) (value >>> 32)).fixed32((int) value);
    }

    /// A number that is small and not negative as a rule; negative ones take ten bytes.
    ByteWriter number(long value) {
        room(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
        return this;
    }

    /// A number near zero on either side.
    ByteWriter signed(long value) {
        return number(value << 1 ^ value >> 63);
    }

    ByteWriter flag(boolean value) {
        return octet(value ? 1 : 0);
    }

    ByteWriter text(String value) {
        return blob(value.getBytes(StandardCharsets.UTF_8));
    }

    ByteWriter blob(byte[] value) {
        return number(value.length).raw(value);
    }

    ByteWriter raw(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
        return this;
    }

    ByteWriter uids(UidSet set) {
        number(set.ranges());
        long last = 0;
        for (int i = 0; i < set.ranges(); i++) {
            number(set.first(i) - last).number(set.last(i) - set.first(i));
            last = set.last(i);
        }
        return this;
    }

    byte[] done() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
