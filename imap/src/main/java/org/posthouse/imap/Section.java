package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.posthouse.imap.ImapException.Bad;

/// A section of a message that FETCH asks for (RFC 3501 section 6.4.5).
///
/// @param label how the response names it, up to the partial's origin
/// @param path part numbers; empty for the message itself
/// @param fields names for [Kind#FIELDS] and [Kind#FIELDS_NOT]
/// @param peek whether `\Seen` stays as it is
/// @param from first byte wanted, -1 for all
/// @param count how many bytes at most
record Section(String label, int[] path, Kind kind, List<String> fields, boolean peek, long from, long count) {
    private static final int FIELDS_MAX = 1_000;
    private static final int PATH_MAX = 100;
    private static final long BYTES_MAX = 1L << 60; // more than any part has, and twice that is a number still
    private static final long[] NO_PARTIAL = {-1, 0};

    /// What of the part.
    enum Kind {
        ALL,
        HEADER,
        FIELDS,
        FIELDS_NOT,
        TEXT,
        MIME
    }

    /// RFC822, RFC822.HEADER or RFC822.TEXT.
    static Section rfc822(String label, Kind kind, boolean peek) {
        return new Section(label, new int[0], kind, List.of(), peek, -1, 0);
    }

    /// Whether the whole header and nothing else of the message is needed.
    boolean headerOnly() {
        return path.length == 0 && (kind == Kind.HEADER || kind == Kind.FIELDS || kind == Kind.FIELDS_NOT);
    }

    /// What a URL says behind `;SECTION=`: as in the brackets of FETCH (RFC 5092 section 6).
    ///
    /// @param from first byte wanted, -1 for all
    static Section ofUrl(String text, ImapLimits limits, long from, long count) throws IOException {
        Decoder in = Decoder.over("[" + text + "]", limits);
        Section section = read(in, true);
        in.expectEnd();
        return new Section(section.label, section.path, section.kind, section.fields, true, from, count);
    }

    /// Reads what follows `BINARY`, `BINARY.PEEK` or `BINARY.SIZE` (RFC 3516 section 4.1): part numbers only.
    static Section readBinary(Decoder in, String name, boolean peek) {
        StringBuilder label = new StringBuilder(name).append('[');
        in.expect('[');
        int[] path = path(in, label);
        in.expect(']');
        label.append(']');
        long[] partial = name.equals("BINARY.SIZE") ? NO_PARTIAL : partial(in, label);
        return new Section(label.toString(), path, Kind.ALL, List.of(), peek, partial[0], partial[1]);
    }

    /// Reads what follows `BODY` or `BODY.PEEK`, beginning with the bracket.
    static Section read(Decoder in, boolean peek) throws IOException {
        StringBuilder label = new StringBuilder("BODY[");
        in.expect('[');
        int[] path = path(in, label);
        Kind kind = Kind.ALL;
        List<String> fields = List.of();
        if (in.peek() != ']') {
            String name = in.sectionText();
            label.append(name);
            kind = kind(name, path);
            if (kind == Kind.FIELDS || kind == Kind.FIELDS_NOT) {
                in.expectSp();
                fields = fields(in, label);
            }
        }
        in.expect(']');
        label.append(']');
        long[] partial = partial(in, label);
        return new Section(label.toString(), path, kind, fields, peek, partial[0], partial[1]);
    }

    private static long[] partial(Decoder in, StringBuilder label) {
        if (!in.take('<')) {
            return NO_PARTIAL;
        }
        long from = in.number64();
        in.expect('.');
        long count = in.number64();
        in.expect('>');
        if (count == 0) {
            throw new Bad("A partial of no bytes");
        }
        label.append('<').append(from).append('>');
        return new long[] {Math.min(from, BYTES_MAX), Math.min(count, BYTES_MAX)};
    }

    private static int[] path(Decoder in, StringBuilder label) {
        int[] path = new int[8];
        int length = 0;
        while (in.peek() >= '0' && in.peek() <= '9') {
            long number = in.number();
            if (number == 0 || length == PATH_MAX) {
                throw new Bad("No such part number");
            }
            if (length == path.length) {
                path = Arrays.copyOf(path, length * 2);
            }
            // Any nz-number may be asked for (RFC 3501 section 9); no message has as many parts as an int can count.
            path[length++] = (int) Math.min(number, Integer.MAX_VALUE);
            label.append(number);
            if (!in.take('.')) {
                break;
            }
            label.append('.');
            if (in.peek() == ']') {
                throw new Bad("A section ends with a dot");
            }
        }
        return Arrays.copyOf(path, length);
    }

    private static Kind kind(String name, int[] path) {
        return switch (name) {
            case "HEADER" -> Kind.HEADER;
            case "HEADER.FIELDS" -> Kind.FIELDS;
            case "HEADER.FIELDS.NOT" -> Kind.FIELDS_NOT;
            case "TEXT" -> Kind.TEXT;
            case "MIME" -> {
                if (path.length == 0) {
                    throw new Bad("MIME needs a part number");
                }
                yield Kind.MIME;
            }
            default -> throw new Bad("No such section");
        };
    }

    private static List<String> fields(Decoder in, StringBuilder label) throws IOException {
        List<String> fields = new ArrayList<>();
        in.expect('(');
        do {
            fields.add(in.astring());
            if (fields.size() > FIELDS_MAX) {
                throw new Bad("More than " + FIELDS_MAX + " header fields");
            }
        } while (in.take(' '));
        in.expect(')');
        label.append(" (");
        for (int i = 0; i < fields.size(); i++) {
            label.append(i == 0 ? "" : " ").append(astring(fields.get(i).toUpperCase(Locale.ROOT)));
        }
        label.append(')');
        return fields;
    }

    /// A field's name is an atom in all but odd requests, which must not break the response.
    private static String astring(String name) {
        boolean atom = !name.isEmpty();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            atom &= c > ' ' && c < 0x7f && "(){%*\"\\]".indexOf(c) < 0;
        }
        if (atom) {
            return name;
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < ' ' || c >= 0x7f) {
                throw new Bad("No such header field name");
            }
            quoted.append(c == '"' || c == '\\' ? "\\" : "").append(c);
        }
        return quoted.append('"').toString();
    }
}
