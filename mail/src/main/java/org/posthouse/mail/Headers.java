package org.posthouse.mail;

import java.util.Arrays;

/// The fields of a header block (RFC 5322 section 2.2) by their offsets in it. Takes any bytes: a line that is
/// neither a field nor the continuation of one counts as a field without a name. Immutable.
public final class Headers {
    /// A part without any header.
    public static final Headers NONE = of(new byte[0]);

    private static final int NUMBERS_PER_FIELD = 3; // start, colon (or -1), end

    private final byte[] bytes;
    private final int[] fields;

    private Headers(byte[] bytes, int[] fields) {
        this.bytes = bytes;
        this.fields = fields;
    }

    /// Reads a block up to its empty line or its end. The array is not copied and must not change.
    public static Headers of(byte[] block) {
        int[] fields = new int[48];
        int used = 0;
        int start = 0;
        while (start < block.length) {
            int end = lineEnd(block, start);
            if (isEmptyLine(block, start, end)) {
                break;
            }
            if (Octets.blank(block[start]) && used > 0) {
                fields[used - 1] = end;
            } else {
                if (used == fields.length) {
                    fields = Arrays.copyOf(fields, used * 2);
                }
                fields[used] = start;
                fields[used + 1] = colon(block, start, end);
                fields[used + 2] = end;
                used += NUMBERS_PER_FIELD;
            }
            start = end;
        }
        return new Headers(block, Arrays.copyOf(fields, used));
    }

    /// Where the block that begins at the start of `bytes` ends, its empty line included, or -1 if no empty line
    /// is within `length`.
    public static int blockEnd(byte[] bytes, int length) {
        int start = 0;
        while (start < length) {
            int feed = start;
            while (feed < length && bytes[feed] != '\n') {
                feed++;
            }
            if (feed == length) {
                return -1;
            }
            if (isEmptyLine(bytes, start, feed + 1)) {
                return feed + 1;
            }
            start = feed + 1;
        }
        return -1;
    }

    /// How many fields.
    public int size() {
        return fields.length / NUMBERS_PER_FIELD;
    }

    /// Offset of a field's first byte in the block.
    public int start(int field) {
        return fields[field * NUMBERS_PER_FIELD];
    }

    /// Offset behind a field's last line end.
    public int end(int field) {
        return fields[field * NUMBERS_PER_FIELD + 2];
    }

    /// The bytes of the block, not a copy: for writing fields as they are.
    public byte[] block() {
        return bytes;
    }

    /// A field's name as it stands there, an octet string; empty if the line has no colon.
    public String name(int field) {
        int start = start(field);
        int end = nameEnd(field);
        return end < 0 ? "" : Octets.of(bytes, start, end);
    }

    /// Whether a field has this name, in any case.
    public boolean named(int field, String name) {
        int start = start(field);
        int end = nameEnd(field);
        if (end - start != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (Octets.lower(bytes[start + i] & 0xff) != Octets.lower(name.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /// A field's value as an octet string: unfolded, without blanks around it.
    public String value(int field) {
        int at = fields[field * NUMBERS_PER_FIELD + 1] < 0 ? start(field) : fields[field * NUMBERS_PER_FIELD + 1] + 1;
        int end = end(field);
        while (at < end && Octets.space(bytes[at])) {
            at++;
        }
        while (end > at && Octets.space(bytes[end - 1])) {
            end--;
        }
        StringBuilder value = new StringBuilder(end - at);
        for (; at < end; at++) {
            if (bytes[at] != '\r' && bytes[at] != '\n') {
                value.append((char) (bytes[at] & 0xff));
            } else if (bytes[at] == '\r' && (at + 1 == end || bytes[at + 1] != '\n')) {
                value.append(' '); // a lone CR inside a value would break every protocol line it is written to
            }
        }
        return value.toString();
    }

    /// The value of the first field of this name, or null.
    public String first(String name) {
        for (int field = 0; field < size(); field++) {
            if (named(field, name)) {
                return value(field);
            }
        }
        return null;
    }

    private int nameEnd(int field) {
        int end = fields[field * NUMBERS_PER_FIELD + 1];
        while (end > start(field) && Octets.blank(bytes[end - 1])) {
            end--;
        }
        return end;
    }

    private static int lineEnd(byte[] block, int start) {
        for (int i = start; i < block.length; i++) {
            if (block[i] == '\n') {
                return i + 1;
            }
        }
        return block.length;
    }

    private static boolean isEmptyLine(byte[] bytes, int start, int end) {
        return bytes[start] == '\n' || (bytes[start] == '\r' && end - start == 2 && bytes[start + 1] == '\n');
    }

    private static int colon(byte[] block, int start, int end) {
        for (int i = start; i < end; i++) {
            if (block[i] == ':') {
                return i;
            }
        }
        return -1;
    }
}
