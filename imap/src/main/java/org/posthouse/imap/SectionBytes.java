package org.posthouse.imap;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MimePart;

/// The bytes that a section names: a stretch of the body, or chosen header fields in memory.
///
/// @param bytes the fields; null for a stretch
/// @param from of the stretch, or in the bytes
/// @param to behind the last one
record SectionBytes(byte[] bytes, long from, long to) {
    private static final byte[] LINE_END = {'\r', '\n'};

    long length() {
        return to - from;
    }

    /// Writes them elsewhere than into a response.
    void copy(OpenMessage message, java.io.OutputStream into) throws IOException {
        if (bytes != null) {
            into.write(bytes, (int) from, (int) length());
            return;
        }
        byte[] chunk = new byte[(int) Math.min(length(), 64 << 10)];
        for (long at = from; at < to; ) {
            int taken = message.body().read(at, chunk, 0, (int) Math.min(chunk.length, to - at));
            if (taken <= 0) {
                throw new IOException("body ends early, at " + at);
            }
            into.write(chunk, 0, taken);
            at += taken;
        }
    }

    /// Of a message, the partial cut out.
    ///
    /// @return null where the message has no such part
    static SectionBytes of(Section section, OpenMessage message) throws IOException {
        SectionBytes whole = section.path().length == 0 ? ofMessage(section, message) : ofPart(section, message);
        return whole == null || section.from() < 0 ? whole : whole.cut(section.from(), section.count());
    }

    private SectionBytes cut(long origin, long count) {
        long start = Math.min(from + origin, to);
        return new SectionBytes(bytes, start, Math.min(start + count, to));
    }

    private static SectionBytes ofMessage(Section section, OpenMessage message) throws IOException {
        return switch (section.kind()) {
            case ALL -> stretch(0, message.body().length());
            case HEADER -> stretch(0, message.headerEnd());
            case TEXT -> stretch(message.headerEnd(), message.body().length());
            case FIELDS, FIELDS_NOT -> fields(section, message.headers());
            case MIME -> null;
        };
    }

    private static SectionBytes ofPart(Section section, OpenMessage message) throws IOException {
        MimePart part = message.structure().find(section.path());
        if (part == null) {
            return null;
        }
        return switch (section.kind()) {
            case ALL -> stretch(part.bodyStart(), part.bodyEnd());
            case MIME -> stretch(part.headerStart(), part.bodyStart());
            case HEADER, TEXT, FIELDS, FIELDS_NOT -> // these are of the message inside the part
                part.message() ? ofInner(section, part.children().getFirst()) : null;
        };
    }

    private static SectionBytes ofInner(Section section, MimePart inner) {
        return switch (section.kind()) {
            case HEADER -> stretch(inner.headerStart(), inner.bodyStart());
            case TEXT -> stretch(inner.bodyStart(), inner.bodyEnd());
            case FIELDS, FIELDS_NOT -> fields(section, inner.headers());
            case ALL, MIME -> null;
        };
    }

    private static SectionBytes stretch(long from, long to) {
        return new SectionBytes(null, from, to);
    }

    private static SectionBytes fields(Section section, Headers headers) {
        ByteArrayOutputStream chosen = new ByteArrayOutputStream(256);
        boolean wanted = section.kind() == Section.Kind.FIELDS;
        for (int field = 0; field < headers.size(); field++) {
            if (listed(section.fields(), headers, field) == wanted) {
                int start = headers.start(field);
                int end = headers.end(field);
                chosen.write(headers.block(), start, end - start);
                if (headers.block()[end - 1] != '\n') {
                    chosen.writeBytes(LINE_END); // the message ends inside its header
                }
            }
        }
        chosen.writeBytes(LINE_END);
        byte[] bytes = chosen.toByteArray();
        return new SectionBytes(bytes, 0, bytes.length);
    }

    private static boolean listed(List<String> names, Headers headers, int field) {
        for (String name : names) {
            if (headers.named(field, name)) {
                return true;
            }
        }
        return false;
    }
}
