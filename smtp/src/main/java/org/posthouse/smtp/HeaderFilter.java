package org.posthouse.smtp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/// Stands between a message's content and its sink while the header goes by: counts `Received:` fields (RFC 5321
/// section 6.3), and lets fields be added at the header's end. Everything else passes unchanged, and the body in
/// whole blocks.
final class HeaderFilter {
    /// A longer name of a field is none (RFC 5322 section 2.1.1 would allow more; nobody uses it).
    private static final int NAME_BYTES_MAX = 76;

    private static final byte[] CR_LF = {'\r', '\n'};

    private enum Place {
        /// In a line's first bytes, which are held back in `start`.
        NAME,
        /// In the rest of a field's line.
        REST,
        /// Behind the header.
        BODY
    }

    private final MessageSink sink;
    private final Function<Set<String>, String> missing;
    private final Set<String> names = new HashSet<>();
    private final byte[] start = new byte[NAME_BYTES_MAX];
    private final ByteArrayOutputStream passed = new ByteArrayOutputStream(512);
    private int startLength;
    private int received;
    private Place place = Place.NAME;

    /// @param missing is told the names of the fields that are there, in lower case, and gives the fields to add, each
    ///     with CR LF
    HeaderFilter(MessageSink sink, Function<Set<String>, String> missing) {
        this.sink = sink;
        this.missing = missing;
    }

    /// How many `Received:` fields went by.
    int received() {
        return received;
    }

    void write(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end && place != Place.BODY) {
            byte octet = bytes[at++];
            if (place == Place.REST) {
                passed.write(octet);
                place = octet == '\n' ? Place.NAME : Place.REST;
            } else {
                lineStart(octet);
            }
        }
        pass();
        if (at < end) {
            sink.write(bytes, at, end - at);
        }
    }

    /// The content is over.
    void finish() {
        if (place != Place.BODY) {
            endHeader(false);
            pass();
        }
    }

    private void lineStart(byte octet) {
        start[startLength++] = octet;
        boolean first = startLength == 1;
        if (octet == ':' && !first) {
            noteField();
            passStart();
            place = Place.REST;
        } else if (first && (octet == ' ' || octet == '\t')) {
            passStart(); // a folded line
            place = Place.REST;
        } else if (startLength == 2 && start[0] == '\r' && octet == '\n') {
            endHeader(true);
        } else if (!belongsToName(octet, first) || startLength == NAME_BYTES_MAX) {
            endHeader(false); // no field: the body begins without an empty line
        }
    }

    private void noteField() {
        String name = new String(start, 0, startLength - 1, StandardCharsets.US_ASCII)
                .strip()
                .toLowerCase(Locale.ROOT);
        names.add(name);
        if (name.equals("received")) {
            received++;
        }
    }

    /// @param emptyLine whether the body is set apart already
    private void endHeader(boolean emptyLine) {
        byte[] added = missing.apply(names).getBytes(StandardCharsets.UTF_8);
        passed.write(added, 0, added.length);
        if (!emptyLine && added.length > 0) {
            passed.write(CR_LF, 0, CR_LF.length);
        }
        passStart();
        place = Place.BODY;
    }

    private void passStart() {
        passed.write(start, 0, startLength);
        startLength = 0;
    }

    private void pass() {
        if (passed.size() > 0) {
            byte[] bytes = passed.toByteArray();
            passed.reset();
            sink.write(bytes, 0, bytes.length);
        }
    }

    private static boolean belongsToName(byte octet, boolean first) {
        return isName(octet) || (first && octet == '\r');
    }

    /// RFC 5322 section 3.6.8; a space before the colon was allowed once (section 4.5).
    private static boolean isName(byte octet) {
        return (octet >= ' ' && octet < 0x7f) || octet == '\t';
    }
}
