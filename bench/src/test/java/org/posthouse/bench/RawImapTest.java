package org.posthouse.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RawImapTest {
    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    /// Answers the log-in, and the command behind it with these pieces, each sent by itself.
    private RawImap client(String... pieces) throws IOException {
        Thread.ofVirtual().start(() -> serve(pieces));
        var address = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
        return RawImap.login(address, "u", "p", Duration.ofSeconds(10));
    }

    private void serve(String... pieces) {
        try (Socket socket = server.accept()) {
            socket.setTcpNoDelay(true);
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            OutputStream out = socket.getOutputStream();
            out.write("* OK ready\r\n".getBytes(StandardCharsets.UTF_8));
            assertThat(in.readLine()).isEqualTo("zq1 LOGIN \"u\" \"p\"");
            out.write("zq1 OK in\r\n".getBytes(StandardCharsets.UTF_8));
            in.readLine();
            for (String piece : pieces) {
                out.write(piece.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anAnswerEndsWithItsTagHoweverItArrives() throws IOException {
        String data = "* 1 FETCH (BODY[] {12}\r\nzq2 OK not\r\n)\r\n";
        String done = "zq2 OK done\r\n";
        try (RawImap whole = client(data + done)) {
            assertThat(whole.run("FETCH 1 BODY[]")).isEqualTo(data.length() + done.length());
        }
        try (RawImap pieces = client("* 1 EXISTS\r", "\n", "z", "q2 O", "K done", "\r", "\n")) {
            assertThat(pieces.run("NOOP")).isEqualTo("* 1 EXISTS\r\nzq2 OK done\r\n".length());
        }
        String large = "* x " + "y".repeat(1_000_000) + "\r\n";
        try (RawImap client = client(large, done)) {
            assertThat(client.run("NOOP")).isEqualTo(large.length() + done.length());
        }
    }

    @Test
    void whatIsNotOkIsAFailure() throws IOException {
        try (RawImap refused = client("zq2 NO [TRYCREATE] none\r\n")) {
            assertThatThrownBy(() -> refused.run("SELECT none"))
                    .hasMessage("the server answered SELECT none: NO [TRYCREATE] none");
        }
        try (RawImap closed = client("* BYE\r\n")) {
            assertThatThrownBy(() -> closed.run("NOOP")).hasMessage("the server closed the connection in NOOP");
        }
    }
}
