package org.posthouse.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// A small, fast client of SMTP (RFC 5321) and LMTP (RFC 2033): blocking, pipelining where the server offers it
/// (RFC 2920), with one deadline for each exchange. Not thread-safe.
///
/// A refusal is a [RefusedException]. Every other [IOException] means that no answer came: for [#answers] that the
/// message may have been delivered or not.
public final class SmtpClient implements AutoCloseable {
    private static final byte[] FINAL_DOT = {'.', '\r', '\n'};
    private static final byte[] LINE_END = {'\r', '\n'};

    /// Which of the two is spoken.
    public enum Protocol {
        /// One answer for the message (RFC 5321).
        SMTP,
        /// One answer for each recipient (RFC 2033 section 4.2).
        LMTP
    }

    /// A reply: its code, and its text lines joined by a newline, without the codes.
    public record Reply(int code, String text) {
        /// 2xx or 3xx.
        public boolean positive() {
            return code >= 200 && code < 400;
        }

        /// 4xx: repeating it later may succeed.
        public boolean temporary() {
            return code >= 400 && code < 500;
        }

        @Override
        public String toString() {
            return code + " " + text;
        }
    }

    private final ClientSocket socket;
    private final Protocol protocol;
    private final Set<String> extensions = new HashSet<>();
    private int acceptedRecipients;

    private SmtpClient(ClientSocket socket, Protocol protocol) {
        this.socket = socket;
        this.protocol = protocol;
    }

    /// Connects, reads the greeting and says EHLO or LHLO.
    ///
    /// @param limit how long each exchange may take from now on
    public static SmtpClient connect(Protocol protocol, InetSocketAddress address, Duration limit) throws IOException {
        SmtpClient client = new SmtpClient(ClientSocket.connect(address, limit), protocol);
        try {
            client.socket.begin("the greeting");
            client.expect(220, "the connection", client.reply());
            client.hello();
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private void hello() throws IOException {
        String command = (protocol == Protocol.LMTP ? "LHLO" : "EHLO") + " client.posthouse.test";
        Reply hello = expect(250, command, command(command));
        extensions.clear();
        hello.text()
                .lines()
                .skip(1)
                .map(line -> line.split(" ", 2)[0].toUpperCase(Locale.ROOT))
                .forEach(extensions::add);
    }

    /// How long each exchange may take from now on.
    public void limit(Duration each) {
        socket.limit(each);
    }

    /// Whether the server's EHLO or LHLO answer named this extension.
    public boolean offers(String keyword) {
        return extensions.contains(keyword.toUpperCase(Locale.ROOT));
    }

    /// Goes on in TLS (RFC 3207), trusting any certificate, and says EHLO again.
    public void startTls() throws IOException {
        expect(220, "STARTTLS", command("STARTTLS"));
        socket.startTls();
        hello();
    }

    /// Authenticates by AUTH PLAIN (RFC 4616).
    public void login(String user, String password) throws IOException {
        byte[] response = ("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8);
        expect(
                235,
                "AUTH PLAIN for " + user,
                command("AUTH PLAIN " + Base64.getEncoder().encodeToString(response)));
    }

    /// Sends a line as it is and reads the reply to it, whatever that is.
    public Reply command(String line) throws IOException {
        socket.begin(line.startsWith("AUTH") ? "AUTH" : abbreviated(line));
        socket.write(line);
        socket.write(LINE_END);
        return reply();
    }

    /// Sends bytes as they are, and waits for nothing.
    public void raw(byte[] bytes) throws IOException {
        socket.begin("sending " + bytes.length + " bytes");
        socket.write(bytes);
        socket.flush();
    }

    /// Reads the next reply, whatever that is.
    public Reply reply() throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            String line = socket.readLine();
            int code = code(line);
            if (code < 0) {
                throw new IOException(socket.server() + " sent no SMTP reply but \"" + abbreviated(line) + "\"");
            }
            text.append(line.length() > 4 ? line.substring(4) : "");
            if (line.length() == 3 || line.charAt(3) != '-') {
                return new Reply(code, text.toString());
            }
            text.append('\n');
        }
    }

    private static int code(String line) {
        if (line.length() < 3 || (line.length() > 3 && line.charAt(3) != ' ' && line.charAt(3) != '-')) {
            return -1;
        }
        int code = 0;
        for (int i = 0; i < 3; i++) {
            int digit = Character.digit(line.charAt(i), 10);
            if (digit < 0) {
                return -1;
            }
            code = code * 10 + digit;
        }
        return code;
    }

    /// MAIL, RCPT and DATA: on return the server waits for the content of a message that at least one recipient
    /// is to get.
    ///
    /// @throws RefusedException if the sender, every recipient or DATA was refused; the transaction is then reset
    public void open(String from, List<String> recipients) throws IOException {
        String mail = "MAIL FROM:<" + from + ">";
        boolean pipelined = offers("PIPELINING");
        socket.begin("MAIL, RCPT, DATA");
        socket.write(mail + "\r\n");
        if (pipelined) {
            for (String recipient : recipients) {
                socket.write("RCPT TO:<" + recipient + ">\r\n");
            }
            socket.write("DATA\r\n");
        }
        Reply first = reply();
        RefusedException refusal = first.positive() ? null : refused(mail, first);
        acceptedRecipients = 0;
        for (String recipient : recipients) {
            if (!pipelined) {
                socket.write("RCPT TO:<" + recipient + ">\r\n");
            }
            Reply reply = reply();
            if (reply.positive()) {
                acceptedRecipients++;
            } else if (refusal == null) {
                refusal = refused("RCPT TO:<" + recipient + ">", reply);
            }
        }
        boolean wanted = acceptedRecipients > 0;
        if (!pipelined && wanted) {
            socket.write("DATA\r\n");
        }
        if (pipelined || wanted) {
            Reply data = reply();
            if (data.code() == 354 && !wanted) {
                // RFC 2920 section 3.1: DATA may be accepted with no recipient; then an empty message ends it.
                socket.write(FINAL_DOT);
                var _ = reply();
            } else if (data.code() != 354 && refusal == null) {
                refusal = refused("DATA", data);
                wanted = false;
            }
        }
        if (!wanted) {
            reset(refusal);
            throw refusal;
        }
    }

    private void reset(RefusedException refusal) {
        try {
            var _ = command("RSET");
        } catch (IOException e) {
            // The refusal says more than that the server (as after 421) hung up behind it.
            refusal.addSuppressed(e);
        }
    }

    /// Sends the content and the final dot; its answer is read by [#answers].
    ///
    /// @param message lines ending in CR LF; dots are stuffed here
    public void content(byte[] message) throws IOException {
        socket.begin("the message of " + message.length + " bytes");
        int sent = 0;
        for (int i = 0; i < message.length; i++) {
            if (message[i] == '.' && (i == 0 || message[i - 1] == '\n')) {
                socket.write(message, sent, i - sent);
                socket.write(FINAL_DOT, 0, 1);
                sent = i;
            }
        }
        socket.write(message, sent, message.length - sent);
        if (message.length > 0 && message[message.length - 1] != '\n') {
            socket.write(LINE_END);
        }
        socket.write(FINAL_DOT);
        socket.flush();
    }

    /// The answer to the message: one, or with LMTP one for each accepted recipient.
    ///
    /// @throws RefusedException if one of them is not positive
    public List<Reply> answers() throws IOException {
        int expected = protocol == Protocol.LMTP ? acceptedRecipients : 1;
        List<Reply> replies = new ArrayList<>(expected);
        for (int i = 0; i < expected; i++) {
            replies.add(reply());
        }
        for (Reply reply : replies) {
            expect(250, "the message", reply);
        }
        return replies;
    }

    /// A whole transaction with one recipient.
    public Reply deliver(String from, String recipient, byte[] message) throws IOException {
        open(from, List.of(recipient));
        content(message);
        return answers().getFirst();
    }

    private Reply expect(int code, String command, Reply reply) throws RefusedException {
        if (reply.code() != code) {
            throw refused(command, reply);
        }
        return reply;
    }

    private RefusedException refused(String command, Reply reply) {
        return new RefusedException(socket.server(), command, reply.toString(), reply.temporary());
    }

    private static String abbreviated(String line) {
        return line.length() <= 80 ? line : line.substring(0, 80) + "...";
    }

    /// Says QUIT, reads the answer, closes.
    public void quit() throws IOException {
        try (this) {
            expect(221, "QUIT", command("QUIT"));
        }
    }

    /// Closes the connection without a word.
    @Override
    public void close() {
        socket.close();
    }
}
