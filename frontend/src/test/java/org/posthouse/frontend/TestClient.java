package org.posthouse.frontend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.posthouse.wire.WireReader;

/// A mail client that says lines and expects lines; it waits 10 s for each.
final class TestClient implements AutoCloseable {
    private final Socket socket = new Socket();
    private final WireReader in;

    TestClient(InetSocketAddress to) throws IOException {
        this("127.0.0.1", to);
    }

    /// From one of this machine's addresses.
    TestClient(String from, InetSocketAddress to) throws IOException {
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(to);
        socket.setSoTimeout(10_000);
        in = new WireReader(socket.getInputStream());
    }

    void send(String line) throws IOException {
        sendBytes((line + "\r\n").getBytes(ISO_8859_1));
    }

    void sendBytes(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
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
