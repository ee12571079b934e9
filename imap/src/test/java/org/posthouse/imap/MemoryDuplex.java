package org.posthouse.imap;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;

/// A conversation whose client has said everything in advance: a session runs on the calling thread and ends at
/// the end of the input.
final class MemoryDuplex implements LinkStream {
    private final InputStream in;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Opening opening;
    private final MemoryDuplex inTls;
    private final boolean secure;
    boolean closed;

    private MemoryDuplex(byte[] said, Opening opening, MemoryDuplex inTls, boolean secure) {
        this.in = new ByteArrayInputStream(said);
        this.opening = opening;
        this.inTls = inTls;
        this.secure = secure;
    }

    /// A client that says this.
    static MemoryDuplex saying(byte[] said) {
        return new MemoryDuplex(said, null, null, false);
    }

    /// A client that says these lines.
    static MemoryDuplex saying(String... lines) {
        return saying(bytes(lines));
    }

    /// One that says these in TLS.
    static MemoryDuplex sayingInTls(String... lines) {
        return new MemoryDuplex(bytes(lines), null, null, true);
    }

    /// One that can go over to TLS, and what it says there.
    static MemoryDuplex sayingThenInTls(MemoryDuplex inTls, String... lines) {
        return new MemoryDuplex(bytes(lines), null, inTls, false);
    }

    /// A stream from a front end.
    static MemoryDuplex stream(Opening opening, String... lines) {
        return new MemoryDuplex(bytes(lines), opening, null, false);
    }

    /// What the server said.
    String heard() {
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String... lines) {
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            text.append(line).append("\r\n");
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public InputStream input() {
        return in;
    }

    @Override
    public OutputStream output() {
        return out;
    }

    @Override
    public InetSocketAddress remote() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);
    }

    @Override
    public boolean secure() {
        return secure;
    }

    @Override
    public boolean offersTls() {
        return inTls != null;
    }

    @Override
    public MemoryDuplex startTls() {
        return inTls;
    }

    @Override
    public void readTimeout(Duration timeout) {
        // What there is to read is there.
    }

    @Override
    public Opening opening() {
        return opening;
    }

    @Override
    public void finish() {
        closed = true;
    }

    @Override
    public void reset(String reason) {
        closed = true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
