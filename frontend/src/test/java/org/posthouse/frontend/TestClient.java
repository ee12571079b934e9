package org.posthouse.frontend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.posthouse.testkit.TlsClient;
import org.posthouse.wire.WireReader;

/// A mail client that says lines and expects lines; it waits 10 s for each.
final class TestClient implements AutoCloseable {
    private final Socket socket = new Socket();
    private WireReader in;
    private OutputStream out;

    TestClient(InetSocketAddress to) throws IOException {
        this("127.0.0.1", to);
    }

    /// From one of this machine's addresses.
    TestClient(String from, InetSocketAddress to) throws IOException {
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(to);
        socket.setSoTimeout(10_000);
        in = new WireReader(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /// Goes over to TLS.
    TlsClient startTls() throws IOException, GeneralSecurityException {
        TlsClient tls = TlsClient.over(socket, "TLSv1.3");
        in = new WireReader(tls.socket().getInputStream());
        out = tls.socket().getOutputStream();
        return tls;
    }

    /// Goes on compressed.
    void compress() {
        InputStream below = new InputStream() {
            private final WireReader plain = in;

            @Override
            public int read() throws IOException {
                return plain.read();
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return plain.read(into, offset, length);
            }
        };
        in = new WireReader(new InflaterInputStream(below, new Inflater(true)));
        out = new DeflaterOutputStream(out, new Deflater(Deflater.DEFAULT_COMPRESSION, true), true);
    }

    void send(String line) throws IOException {
        sendBytes((line + "\r\n").getBytes(ISO_8859_1));
    }

    void sendBytes(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    String line() throws IOException {
        return new String(in.readLine(10_000), ISO_8859_1);
    }

    byte[] bytes(int length) throws IOException {
        return in.readFully(length);
    }

    void expect(String start) throws IOException {
        assertThat(line()).startsWith(start);
    }

    void expectEnd() throws IOException {
        assertThat(in.read()).isEqualTo(-1);
    }

    /// Says no more, and listens on.
    void finish() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
