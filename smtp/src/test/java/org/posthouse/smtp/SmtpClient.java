package org.posthouse.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// A client that says what it is told and checks what it hears.
final class SmtpClient implements AutoCloseable {
    private Socket socket;
    private BufferedReader in;

    SmtpClient(InetSocketAddress server) throws IOException {
        socket = new Socket();
        socket.connect(server, 5000);
        socket.setSoTimeout(20_000);
        in = reader();
    }

    private BufferedReader reader() throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /// Bytes as they are.
    SmtpClient raw(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /// A line.
    SmtpClient say(String line) throws IOException {
        return raw(line + "\r\n");
    }

    /// The next line of an answer begins so.
    SmtpClient expect(String beginning) throws IOException {
        assertThat(in.readLine()).as("answer beginning with " + beginning).startsWith(beginning);
        return this;
    }

    /// All lines of one answer, the code and `-` taken off.
    String answer() throws IOException {
        StringBuilder all = new StringBuilder();
        String line = in.readLine();
        while (line != null && line.length() > 3 && line.charAt(3) == '-') {
            all.append(line).append('\n');
            line = in.readLine();
        }
        return all.append(line).toString();
    }

    /// The server closes the connection and says no more.
    void expectEnd() throws IOException {
        try {
            assertThat(in.readLine()).isNull();
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    /// Runs a transcript: lines `C: text` are said, lines `S: beginning` expected, `S-` expects a whole answer of
    /// several lines, `S.` the end. In a client's line `\r`, `\n`, `\0` are those bytes, and it gets no CR LF if it
    /// ends in `\`.
    void run(String transcript) throws IOException {
        for (String line : transcript.lines().filter(text -> !text.isBlank()).toList()) {
            if (line.startsWith("C: ") || line.equals("C:")) {
                String text = line.length() > 3 ? line.substring(3) : "";
                boolean open = text.endsWith("\\");
                String bytes = (open ? text.substring(0, text.length() - 1) : text)
                        .replace("\\r", "\r")
                        .replace("\\n", "\n")
                        .replace("\\0", "\0");
                raw(open ? bytes : bytes + "\r\n");
            } else if (line.startsWith("S: ")) {
                expect(line.substring(3));
            } else if (line.startsWith("S- ")) {
                assertThat(answer()).startsWith(line.substring(3));
            } else if (line.equals("S.")) {
                expectEnd();
            } else {
                throw new IllegalArgumentException("not a line of a transcript: " + line);
            }
        }
    }

    void startTls() throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);
        SSLSocket layered = (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", 25, true);
        layered.startHandshake();
        socket = layered;
        in = reader();
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static final class Trusting implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
