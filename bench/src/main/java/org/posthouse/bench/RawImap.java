package org.posthouse.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/// An IMAP client that only wants to know when an answer is complete, so that the server is measured and not the
/// client: it reads what comes and looks at the last line alone. One command at a time, in clear.
final class RawImap implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int LAST_LINE_BYTES_MAX = 8 << 10;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] buffer = new byte[LAST_LINE_BYTES_MAX + BUFFER_BYTES];
    private int lastTag;

    private RawImap(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /// Connects and logs in.
    ///
    /// @param limit how long the server may stay silent
    static RawImap login(InetSocketAddress address, String user, String password, Duration limit) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) limit.toMillis());
            socket.connect(address, (int) limit.toMillis());
            RawImap client = new RawImap(socket);
            String greeting = client.lineBeginningWith("");
            if (greeting.contains("LOGINDISABLED")) {
                throw new IOException(address + " takes no password in clear, which this benchmark needs");
            }
            var _ = client.run("LOGIN \"" + user + "\" \"" + password + "\"");
            return client;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /// Carries out a command given without its tag; literals in it are sent unasked (`{n+}`).
    ///
    /// @return how many bytes the answer had
    /// @throws IOException if the server says anything but OK
    long run(String command) throws IOException {
        lastTag++;
        String tag = "zq" + lastTag;
        out.write((tag + " " + command + "\r\n").getBytes(StandardCharsets.UTF_8));
        byte[] ending = (tag + " ").getBytes(StandardCharsets.US_ASCII);
        long bytes = 0;
        int kept = 0;
        while (true) {
            int count = in.read(buffer, kept, BUFFER_BYTES);
            if (count < 0) {
                throw new EOFException("the server closed the connection in " + shown(command));
            }
            bytes += count;
            int end = kept + count;
            int line = lastLine(end);
            if (buffer[end - 1] == '\n'
                    && Arrays.equals(buffer, line, Math.min(end, line + ending.length), ending, 0, ending.length)) {
                String answer =
                        new String(buffer, line + ending.length, end - line - ending.length, StandardCharsets.UTF_8);
                if (!answer.startsWith("OK")) {
                    throw new IOException("the server answered " + shown(command) + ": " + answer.strip());
                }
                return bytes;
            }
            kept = Math.min(LAST_LINE_BYTES_MAX, end - line);
            System.arraycopy(buffer, end - kept, buffer, 0, kept);
        }
    }

    /// Enters IDLE and stays there.
    void idle() throws IOException {
        out.write("zi IDLE\r\n".getBytes(StandardCharsets.US_ASCII));
        var _ = lineBeginningWith("+");
    }

    private static String shown(String command) {
        return command.length() <= 60 ? command : command.substring(0, 60) + "...";
    }

    /// Where the last line begins, which may be complete or not.
    private int lastLine(int end) {
        int at = end - 2;
        while (at >= 0 && buffer[at] != '\n') {
            at--;
        }
        return at + 1;
    }

    /// Reads lines byte by byte up to one that begins so.
    private String lineBeginningWith(String beginning) throws IOException {
        while (true) {
            StringBuilder line = new StringBuilder();
            int octet = in.read();
            while (octet != '\n') {
                if (octet < 0) {
                    throw new EOFException("the server closed the connection");
                }
                line.append((char) octet);
                octet = in.read();
            }
            if (line.indexOf(beginning) == 0) {
                return line.toString();
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
