package org.posthouse.imap;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
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

/// A client over a real socket that says lines and hears lines; waits 20 s for each.
final class TalkingClient implements AutoCloseable {
    final Socket socket = new Socket();
    private InputStream in;
    private OutputStream out;

    TalkingClient(InetSocketAddress server) throws IOException {
        socket.connect(server);
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        in = new java.io.BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /// One that has heard the greeting and logged in.
    static TalkingClient loggedIn(TestServer server, String user) throws IOException {
        TalkingClient client = new TalkingClient(server.address());
        client.line();
        client.answer("l LOGIN " + user + " secret");
        return client;
    }

    void say(String line) throws IOException {
        out.write((line + "\r\n").getBytes(ISO_8859_1));
        out.flush();
    }

    void say(byte[] octets) throws IOException {
        out.write(octets);
        out.flush();
    }

    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int octet = in.read();
            if (octet < 0) {
                throw new EOFException("closed after: " + line);
            }
            if (octet == '\n') {
                return line.toString().stripTrailing();
            }
            line.append((char) octet);
        }
    }

    /// Everything up to the tagged answer, each line ended by a line feed.
    String answer(String command) throws IOException {
        say(command);
        String tag = command.substring(0, command.indexOf(' ') + 1);
        StringBuilder heard = new StringBuilder();
        String line;
        do {
            line = line();
            heard.append(line).append('\n');
        } while (!line.startsWith(tag));
        return heard.toString();
    }

    /// What comes until the server closes the connection.
    String rest() throws IOException {
        StringBuilder rest = new StringBuilder();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            rest.append((char) octet);
        }
        return rest.toString();
    }

    /// Goes on in TLS, once the server has said that it will.
    TlsClient startTls(String protocol) throws IOException, GeneralSecurityException {
        TlsClient tls = TlsClient.over(socket, protocol);
        in = new java.io.BufferedInputStream(tls.socket().getInputStream());
        out = tls.socket().getOutputStream();
        return tls;
    }

    /// Goes on compressed.
    void compress() {
        in = new InflaterInputStream(in, new Inflater(true)) {
            @Override
            protected void fill() throws IOException {
                try {
                    super.fill();
                } catch (EOFException e) {
                    throw new EOFException("the server closed: " + e.getMessage());
                }
            }
        };
        out = new DeflaterOutputStream(out, new Deflater(Deflater.DEFAULT_COMPRESSION, true), true);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
