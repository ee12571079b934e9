package org.posthouse.smtp;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Locale;
import org.posthouse.wire.Sasl;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// AUTH PLAIN and LOGIN: RFC 4954.
final class AuthCommand {
    private static final Logger LOG = LoggerFactory.getLogger(AuthCommand.class);
    /// RFC 4954 section 4.
    private static final int LINE_BYTES_MAX = 12_288;

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
        String mechanism = (space < 0 ? arguments : arguments.substring(0, space)).toUpperCase(Locale.ROOT);
        String initial = space < 0 ? null : arguments.substring(space + 1).strip();
        try {
            return switch (mechanism) {
                case "PLAIN" -> tried(session, Sasl.plain(initial != null ? initial : ask(session, "")));
                case "LOGIN" -> {
                    String user = Sasl.loginAnswer(initial != null ? initial : ask(session, Sasl.LOGIN_USER_PROMPT));
                    String password = Sasl.loginAnswer(ask(session, Sasl.LOGIN_PASSWORD_PROMPT));
                    yield tried(session, new Sasl.Credentials(user, password));
                }
                default -> new Answer(504, "5.5.4", "mechanisms are PLAIN and LOGIN");
            };
        } catch (Sasl.SaslException e) {
            LOG.debug("{}: {}", session.conversation().remote(), e.getMessage());
            return MALFORMED;
        } catch (CommandReader.BadLineException e) {
            if (e.fatal()) {
                session.end();
            }
            return new Answer(500, "5.5.2", e.getMessage());
        } catch (CancelledException _) {
            return new Answer(501, "5.7.0", "authentication cancelled");
        }
    }

    /// The client said `*` or went away.
    private static final class CancelledException extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static String ask(SmtpSession session, String prompt)
            throws IOException, CommandReader.BadLineException, CancelledException {
        session.reply(334, prompt);
        String answer = session.readLine(LINE_BYTES_MAX);
        if (answer == null) {
            session.end();
        }
        if (answer == null || answer.equals("*")) {
            throw new CancelledException();
        }
        return answer;
    }

    private static Answer tried(SmtpSession session, Sasl.Credentials credentials) throws IOException {
        InetAddress address = session.conversation().remote().getAddress();
        if (!session.server().throttle().admits(address, credentials.user())) {
            LOG.warn(
                    "login of {} from {} refused without a look at the password: too many failures",
                    credentials.user(),
                    address);
            session.end();
            return new Answer(421, "4.7.0", "too many failed logins, try again later");
        }
        return switch (session.reception().authenticate(credentials.user(), credentials.password())) {
            case Reception.Login.Accepted(String user) -> {
                session.user(user);
                yield new Answer(235, "2.7.0", "welcome");
            }
            case Reception.Login.Unavailable() ->
                new Answer(454, "4.7.0", "the directory does not answer now, try again later");
            case Reception.Login.Refused() -> refused(session, address, credentials.user());
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
