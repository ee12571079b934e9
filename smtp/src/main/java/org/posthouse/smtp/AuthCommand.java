package org.posthouse.smtp;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.Sasl.SaslException;
import org.posthouse.wire.SaslExchange;
import org.posthouse.wire.ScramSalt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// AUTH (RFC 4954), with the mechanisms of [SaslExchange].
final class AuthCommand {
    private static final Logger LOG = LoggerFactory.getLogger(AuthCommand.class);
    /// RFC 4954 section 4.
    private static final int LINE_BYTES_MAX = 12_288;

    private static final Answer UNAVAILABLE =
            new Answer(454, "4.7.0", "the directory does not answer now, try again later");
    private static final Answer MALFORMED = new Answer(501, "5.5.2", "cannot read that");

    private AuthCommand() {}

    /// Whether AUTH can be used on this connection as it is.
    static boolean possible(SmtpSession session) {
        return session.conversation().secure() || session.options().authInClear();
    }

    static Answer run(SmtpSession session, String arguments) throws IOException {
        if (session.user() != null || session.transaction() != null) {
            return new Answer(503, "5.5.1", session.user() != null ? "you are logged in" : "not inside a message");
        }
        if (!possible(session)) {
            return new Answer(538, "5.7.11", "encryption required: STARTTLS first");
        }
        int space = arguments.indexOf(' ');
        String mechanism = space < 0 ? arguments : arguments.substring(0, space);
        String initial = space < 0 ? null : arguments.substring(space + 1).strip();
        SaslExchange exchange = new SaslExchange(
                challenge -> ask(session, challenge),
                user -> salt(session, user),
                session.conversation().channelBinding(),
                session.server().bearers());
        try {
            Optional<Credentials> credentials = exchange.credentials(mechanism, initial);
            return credentials.isPresent()
                    ? tried(session, exchange, credentials.get())
                    : new Answer(504, "5.5.4", "mechanisms are " + mechanisms(session));
        } catch (StoppedException e) {
            return e.answer;
        } catch (SaslException e) {
            return answer(session, e);
        }
    }

    /// As EHLO lists them.
    static String mechanisms(SmtpSession session) {
        return String.join(
                        " ",
                        SaslExchange.mechanisms(
                                session.conversation(), session.server().bearers()))
                + " LOGIN";
    }

    private static Answer answer(SmtpSession session, SaslException e) throws IOException {
        LOG.debug("{}: {}", session.conversation().remote(), e.getMessage());
        return switch (e.kind()) {
            case MALFORMED -> MALFORMED;
            case CANCELLED -> new Answer(501, "5.7.0", "authentication cancelled");
            case NOT_AUTHORIZED -> new Answer(535, "5.7.8", e.getMessage());
        };
    }

    /// The exchange ends here, with an answer.
    private static final class StoppedException extends IOException {
        private static final long serialVersionUID = 1;

        private final transient Answer answer;

        StoppedException(Answer answer) {
            super(answer.line());
            this.answer = answer;
        }
    }

    private static String ask(SmtpSession session, String prompt) throws IOException {
        session.reply(334, prompt);
        try {
            String answer = session.readLine(LINE_BYTES_MAX);
            if (answer == null) {
                session.end();
                return "*"; // as good as
            }
            return answer;
        } catch (CommandReader.BadLineException e) {
            if (e.fatal()) {
                session.end();
            }
            throw new StoppedException(new Answer(500, "5.5.2", e.getMessage()));
        }
    }

    private static ScramSalt salt(SmtpSession session, String user) throws IOException {
        checkAdmitted(session, user);
        try {
            return session.reception().salt(user);
        } catch (IOException e) {
            LOG.warn("cannot learn the salt of {} now: {}", user, e.getMessage());
            throw new StoppedException(UNAVAILABLE);
        }
    }

    private static void checkAdmitted(SmtpSession session, String user) throws StoppedException {
        InetAddress address = session.conversation().remote().getAddress();
        if (!session.server().throttle().admits(address, user)) {
            LOG.warn("login of {} from {} refused without a look at it: too many failures", user, address);
            session.end();
            throw new StoppedException(new Answer(421, "4.7.0", "too many failed logins, try again later"));
        }
    }

    private static Answer tried(SmtpSession session, SaslExchange exchange, Credentials credentials)
            throws IOException, SaslException {
        checkAdmitted(session, credentials.user());
        return switch (session.reception().authenticate(credentials)) {
            case Reception.Login.Accepted(String user, String signature) -> {
                exchange.succeed(signature);
                session.user(user);
                yield new Answer(235, "2.7.0", "welcome");
            }
            case Reception.Login.Unavailable() -> UNAVAILABLE;
            case Reception.Login.Refused() -> {
                exchange.fail(credentials);
                InetAddress address = session.conversation().remote().getAddress();
                yield refused(session, address, credentials.user());
            }
        };
    }

    private static Answer refused(SmtpSession session, InetAddress address, String user) throws IOException {
        LOG.warn("login of {} from {} failed", user, address);
        try {
            session.server()
                    .surroundings()
                    .pause()
                    .sleep(session.server().throttle().failed(address, user));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a failed login was put off", e);
        }
        Answer wrong = new Answer(535, "5.7.8", "user or password is wrong");
        if (session.loginFailed() < session.options().failedLoginsMax()) {
            return wrong;
        }
        session.reply(wrong);
        session.end();
        return new Answer(421, "4.7.0", "too many failed logins, closing");
    }
}
