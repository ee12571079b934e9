package org.posthouse.smtp;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.WireReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's conversation: reads a command, acts, answers. Each command with arguments has a file of its own
/// ([MailCommand] and so on); this one holds the state between them.
///
/// Answers are collected and go out together when the client has sent nothing more (RFC 2920): the output is
/// flushed whenever reading would go to the network.
final class SmtpSession {
    private static final Logger LOG = LoggerFactory.getLogger(SmtpSession.class);
    private static final int OUTPUT_BYTES = 4 << 10;

    private final Role role;
    private final Reception reception;
    private final SmtpServer server;

    private Duplex conversation;
    private WireReader in;
    private OutputStream out;
    private CommandReader commands;

    private String helloName; // null before EHLO
    private boolean extended; // EHLO or LHLO, not HELO
    private String user; // canonical address, null before AUTH
    private int failedLogins;
    private Transaction transaction; // null outside
    private int errors;
    private boolean over;

    SmtpSession(Duplex conversation, Role role, Reception reception, SmtpServer server) {
        this.role = role;
        this.reception = reception;
        this.server = server;
        talkOver(conversation);
    }

    void run() throws IOException {
        try {
            conversation.readTimeout(options().commandTimeout());
            reply(220, options().hostName() + " " + role.protocol() + " Posthouse");
            while (!over) {
                step();
            }
            out.flush();
        } catch (SocketTimeoutException _) {
            reply(new Answer(421, "4.4.2", "nothing came for too long, closing"));
            out.flush();
        } catch (RuntimeException e) {
            reply(new Answer(421, "4.3.0", "a fault of this server, try again later"));
            out.flush();
            throw e;
        }
    }

    private void step() throws IOException {
        try {
            String line = commands.read(CommandReader.LINE_BYTES_MAX);
            if (line == null) {
                over = true;
                return;
            }
            reply(obey(line));
        } catch (CommandReader.BadLineException e) {
            reply(new Answer(500, "5.5.2", e.getMessage()));
            over |= e.fatal();
        }
    }

    /// Carries out one command; null if it has answered already.
    private Answer obey(String line) throws IOException {
        int space = line.indexOf(' ');
        String word = space < 0 ? line : line.substring(0, space);
        String arguments = space < 0 ? "" : line.substring(space + 1).strip();
        Optional<Verb> known = Verb.of(word).filter(verb -> verb.knownTo(role));
        if (known.isEmpty()) {
            return Verb.of(word).isPresent()
                    ? new Answer(502, "5.5.1", "not on this server")
                    : new Answer(500, "5.5.2", "unknown command");
        }
        Verb verb = known.get();
        if (verb.needs() != Verb.Needs.NOTHING && helloName == null) {
            return new Answer(503, "5.5.1", "say " + (role == Role.LMTP ? "LHLO" : "EHLO") + " first");
        }
        if (verb.needs() == Verb.Needs.MAIL && transaction == null) {
            return misplaced(verb, new Answer(503, "5.5.1", "MAIL first"));
        }
        if (!verb.takesArguments() && !arguments.isEmpty()) {
            return new Answer(501, "5.5.4", verb + " takes no arguments");
        }
        return switch (verb) {
            case EHLO, LHLO -> HelloCommand.extended(this, arguments);
            case HELO -> HelloCommand.plain(this, arguments);
            case STARTTLS -> startTls();
            case AUTH -> AuthCommand.run(this, arguments);
            case MAIL -> MailCommand.run(this, arguments);
            case RCPT -> RcptCommand.run(this, arguments);
            case DATA -> misplaced(verb, DataCommand.run(this));
            case RSET -> reset();
            case NOOP -> Answer.OK;
            case VRFY -> verify(arguments);
            case HELP -> help();
            case QUIT -> quit();
        };
    }

    /// A client that sent its message right behind a DATA that is refused would have the message read as
    /// commands: the conversation ends instead.
    private Answer misplaced(Verb verb, Answer answer) {
        if (verb == Verb.DATA && answer != null && !answer.positive() && in.buffered() > 0) {
            LOG.info("{} sent data behind a refused DATA: closed", conversation.remote());
            over = true;
        }
        return answer;
    }

    private Answer startTls() throws IOException {
        if (!conversation.offersTls()) {
            return new Answer(502, "5.5.1", conversation.secure() ? "TLS is in use already" : "no TLS here");
        }
        reply(220, "2.0.0 go ahead");
        out.flush();
        int dropped = in.discardBuffered();
        if (dropped > 0) {
            LOG.info("{} sent {} bytes in clear behind STARTTLS: dropped", conversation.remote(), dropped);
        }
        // Nothing said in clear counts any more (RFC 3207 section 4.2).
        helloName = null;
        user = null;
        transaction = null;
        talkOver(conversation.startTls());
        conversation.readTimeout(options().commandTimeout());
        return null;
    }

    private Answer reset() {
        transaction = null;
        return Answer.OK;
    }

    private static Answer verify(String arguments) {
        // Whether a user exists is nobody's business before RCPT (RFC 5321 section 7.3).
        return arguments.isEmpty()
                ? new Answer(501, "5.5.4", "VRFY whom?")
                : new Answer(252, "2.5.0", "cannot say; send the message and see");
    }

    private static Answer help() {
        return new Answer(214, "2.0.0", "see RFC 5321");
    }

    private Answer quit() {
        over = true;
        return new Answer(221, "2.0.0", "goodbye");
    }

    // What commands use.

    Role role() {
        return role;
    }

    SmtpOptions options() {
        return server.options();
    }

    SmtpServer server() {
        return server;
    }

    Reception reception() {
        return reception;
    }

    Duplex conversation() {
        return conversation;
    }

    WireReader in() {
        return in;
    }

    /// The next line of an exchange inside a command, or null if the client is gone.
    String readLine(int lineBytesMax) throws IOException, CommandReader.BadLineException {
        return commands.read(lineBytesMax);
    }

    String helloName() {
        return helloName;
    }

    boolean extended() {
        return extended;
    }

    void hello(String name, boolean withExtensions) {
        helloName = name;
        extended = withExtensions;
        transaction = null;
    }

    /// The authenticated user, or null.
    String user() {
        return user;
    }

    void user(String address) {
        user = address;
    }

    /// Counts a failed login.
    ///
    /// @return how many there were in this connection
    int loginFailed() {
        return ++failedLogins;
    }

    /// What MAIL began, or null.
    Transaction transaction() {
        return transaction;
    }

    void transaction(Transaction begun) {
        transaction = begun;
    }

    /// The message is done with, one way or the other.
    void messageDone(boolean taken) {
        transaction = null;
        if (taken) {
            errors = 0; // whoever sends mail that is taken may get addresses wrong now and then
        }
    }

    /// Ends the conversation after the answer.
    void end() {
        over = true;
    }

    /// Sends an answer, sometime before the next wait for the client; none if it is null.
    void reply(Answer answer) throws IOException {
        if (answer == null) {
            return;
        }
        write(answer.line());
        if (isError(answer) && ++errors >= options().errorsMax() && !over) {
            write(new Answer(421, "4.7.0", "too many errors, closing").line());
            over = true;
        }
    }

    void reply(int code, String text) throws IOException {
        write(code + " " + text);
    }

    void replyLines(int code, List<String> lines) throws IOException {
        for (int i = 0; i < lines.size(); i++) {
            write(code + (i < lines.size() - 1 ? "-" : " ") + lines.get(i));
        }
    }

    private static boolean isError(Answer answer) {
        boolean protocol = answer.code() >= 500 && answer.code() < 510;
        return protocol || answer.code() == 555 || answer.equals(Answer.UNKNOWN_USER);
    }

    private void write(String line) throws IOException {
        out.write(line.getBytes(StandardCharsets.UTF_8));
        out.write('\r');
        out.write('\n');
    }

    private void talkOver(Duplex next) {
        conversation = next;
        OutputStream answers = new BufferedOutputStream(next.output(), OUTPUT_BYTES);
        out = answers;
        in = new WireReader(new FlushingInput(next.input(), answers));
        commands = new CommandReader(in);
    }

    /// Sends what has been answered before it waits for more.
    private static final class FlushingInput extends InputStream {
        private final InputStream in;
        private final OutputStream answers;

        FlushingInput(InputStream in, OutputStream answers) {
            this.in = in;
            this.answers = answers;
        }

        @Override
        public int read() throws IOException {
            answers.flush();
            return in.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            answers.flush();
            return in.read(into, offset, length);
        }
    }
}
