package org.posthouse.imap;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.LongFunction;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MimePart;
import org.posthouse.mail.MimeScanner;
import org.posthouse.mailstore.MailStore;

/// One message being looked at: its body is opened when first needed, its header and its structure are read at
/// most once. Close it.
final class OpenMessage implements AutoCloseable {
    private static final int FIRST_READ_BYTES = 8 << 10;
    private static final int SCAN_BYTES = 64 << 10;
    private static final int HEADER_BYTES_MAX = 4 << 20;

    private final LongFunction<MailStore.Body> bodies;
    private final long bodyId;
    private MailStore.Body body;
    private byte[] headerBlock;
    private Headers headers;
    private long headerEnd = -1;
    private MimePart structure;

    OpenMessage(MailStore store, long bodyId) {
        this(store::body, bodyId);
    }

    /// @param bodies as [MailStore#bodies]
    OpenMessage(LongFunction<MailStore.Body> bodies, long bodyId) {
        this.bodies = bodies;
        this.bodyId = bodyId;
    }

    MailStore.Body body() {
        if (body == null) {
            body = bodies.apply(bodyId);
        }
        return body;
    }

    /// The message's own header fields.
    Headers headers() throws IOException {
        if (headers == null) {
            headerEnd();
            headers = headers == null ? Headers.of(headerBlock) : headers; // the structure may have brought them
            headerBlock = null;
        }
        return headers;
    }

    /// Where the header ends, its empty line included.
    long headerEnd() throws IOException {
        if (headerEnd < 0) {
            readHeader();
        }
        return headerEnd;
    }

    /// The whole structure.
    MimePart structure() throws IOException {
        if (structure == null) {
            MimeScanner scanner = new MimeScanner();
            byte[] chunk = new byte[(int) Math.min(SCAN_BYTES, Math.max(body().length(), 1))];
            long at = 0;
            while (at < body().length()) {
                int taken = readSome(at, chunk, 0, chunk.length);
                scanner.feed(chunk, 0, taken);
                at += taken;
            }
            structure = scanner.finish();
            headers = structure.headers();
            headerEnd = structure.bodyStart();
        }
        return structure;
    }

    /// Some bytes in memory.
    byte[] bytes(long from, int count) throws IOException {
        byte[] bytes = new byte[count];
        int at = 0;
        while (at < count) {
            at += readSome(from + at, bytes, at, count - at);
        }
        return bytes;
    }

    @Override
    public void close() {
        if (body != null) {
            body.close();
        }
    }

    private void readHeader() throws IOException {
        int length = (int) Math.min(body().length(), HEADER_BYTES_MAX);
        byte[] bytes = new byte[Math.min(length, FIRST_READ_BYTES)];
        int at = 0;
        int end = -1;
        while (at < length && end < 0) {
            if (at == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(length, at * 4));
            }
            at += readSome(at, bytes, at, bytes.length - at);
            end = Headers.blockEnd(bytes, at);
        }
        headerEnd = end < 0 ? (at == body().length() ? at : structureHeaderEnd()) : end;
        headerBlock = Arrays.copyOf(bytes, end < 0 ? at : end);
    }

    /// Only for a header of more than [#HEADER_BYTES_MAX].
    private long structureHeaderEnd() throws IOException {
        return structure().bodyStart();
    }

    private int readSome(long from, byte[] into, int at, int count) throws IOException {
        int taken = body().read(from, into, at, count);
        if (taken <= 0) {
            throw new IOException("body " + bodyId + " ends early, at " + from);
        }
        return taken;
    }
}
