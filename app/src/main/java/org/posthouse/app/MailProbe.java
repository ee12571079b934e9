package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.posthouse.wire.WireReader;

/// Asks a mail server, as a client would, whether a user's mail can be received and read there now. Leaves nothing
/// behind: the SMTP transaction is reset, the mailbox only selected.
final class MailProbe {
    private static final int LINE_BYTES_MAX = 8192;
    private static final int LINES_MAX = 100;

    private final String host;
    private final int patienceMillis;

    /// @param host of the server
    /// @param patience for each answer
    MailProbe(String host, Duration patience) {
        this.host = host;
        this.patienceMillis = (int) patience.toMillis();
    }

    /// @throws IOException with the server's words if it would not take mail for the user
    void receives(int port, String user) throws IOException {
        try (Socket socket = connect(port)) {
            WireReader in = new WireReader(socket.getInputStream());
            smtp(in, 220);
            envelope(socket, in, user);
            send(socket, "RSET");
            smtp(in, 250);
            send(socket, "QUIT");
        }
    }

    private void envelope(Socket socket, WireReader in, String user) throws IOException {
        for (String line : new String[] {"EHLO posthouse.invalid", "MAIL FROM:<>", "RCPT TO:<" + user + ">"}) {
            send(socket, line);
            smtp(in, 250);
        }
    }

    /// @throws IOException with the server's words if one of its ports that speak in clear does not greet
    void greets(SampleCluster.ClientPorts ports) throws IOException {
        for (int port : List.of(ports.smtp(), ports.submission(), ports.imap())) {
            if (port > 0) {
                try (Socket socket = connect(port)) {
                    String greeting = line(new WireReader(socket.getInputStream()));
                    if (!greeting.startsWith("220 ") && !greeting.startsWith("* OK ")) {
                        throw new IOException("port " + port + " greets with: " + greeting);
                    }
                }
            }
        }
    }

    /// Sends the user a message.
    ///
    /// @throws IOException with the server's words if it was not acknowledged
    void deliver(int port, String user, String content) throws IOException {
        try (Socket socket = connect(port)) {
            WireReader in = new WireReader(socket.getInputStream());
            smtp(in, 220);
            envelope(socket, in, user);
            send(socket, "DATA");
            smtp(in, 354);
            send(socket, content + "\r\n.");
            smtp(in, 250);
            send(socket, "QUIT");
        }
    }

    /// @throws IOException with the server's words if the user could not log in and open INBOX
    void reads(int port, String user, String password) throws IOException {
        try (Socket socket = connect(port)) {
            WireReader in = new WireReader(socket.getInputStream());
            line(in);
            send(socket, "p1 LOGIN " + user + " " + password);
            imap(in, "p1");
            send(socket, "p2 SELECT INBOX");
            imap(in, "p2");
            send(socket, "p3 LOGOUT");
        }
    }

    private Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(patienceMillis);
        socket.connect(new InetSocketAddress(host, port), patienceMillis);
        return socket;
    }

    private void send(Socket socket, String line) throws IOException {
        socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static void smtp(WireReader in, int expected) throws IOException {
        String answer = line(in);
        while (answer.length() > 3 && answer.charAt(3) == '-') {
            answer = line(in);
        }
        if (!answer.startsWith(expected + " ")) {
            throw new IOException("expected " + expected + " and got: " + answer);
        }
    }

    private static void imap(WireReader in, String tag) throws IOException {
        for (int i = 0; i < LINES_MAX; i++) {
            String answer = line(in);
            if (answer.startsWith("* BYE") || (answer.startsWith(tag + " ") && !answer.startsWith(tag + " OK"))) {
                throw new IOException("got: " + answer);
            }
            if (answer.startsWith(tag + " OK")) {
                return;
            }
        }
        throw new IOException("no answer to " + tag + " within " + LINES_MAX + " lines");
    }

    private static String line(WireReader in) throws IOException {
        return new String(in.readLine(LINE_BYTES_MAX), StandardCharsets.UTF_8);
    }
}
