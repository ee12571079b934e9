package org.posthouse.imap;

import java.io.IOException;
import java.time.Duration;
import org.posthouse.imap.ImapException.Bye;
import org.posthouse.imap.ImapException.No;
import org.posthouse.wire.LoginThrottle;

/// LOGIN (RFC 3501 section 6.2.3), and what it shares with AUTHENTICATE.
final class LoginCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String user = Decoder.utf8(in.astring());
        in.expectSp();
        String password = Decoder.utf8(in.astring());
        in.expectEnd();
        checkAllowed(session);
        return logIn(session, user, password);
    }

    /// RFC 3501 section 6.2.3, RFC 5530 section 3.
    static void checkAllowed(Session session) {
        if (!session.loginAllowed()) {
            throw new No("PRIVACYREQUIRED", "Log in after STARTTLS only");
        }
    }

    /// Asks who decides, and does what that says.
    static Completed logIn(Session session, String user, String password) throws IOException {
        LoginThrottle throttle = session.settings().throttle();
        if (session.remote() != null && !throttle.admits(session.remote().getAddress(), user)) {
            throw new Bye("UNAVAILABLE", "Too many wrong passwords, try again later");
        }
        var attempt = new Login.Attempt(session.tag(), user, password, session.remote(), session.secure());
        return switch (session.login().logIn(attempt)) {
            case Login.Serve serve -> {
                session.logIn(serve.user(), serve.store());
                yield new Completed("CAPABILITY " + CapabilityCommand.of(session), "Logged in");
            }
            case Login.HandOver handOver -> {
                session.out().text(handOver.answer()).endLine();
                session.handOver(handOver.owner());
                yield Completed.ANSWERED;
            }
            case Login.Unavailable unavailable -> throw new No("UNAVAILABLE", unavailable.text());
            case Login.Refused _ -> throw refused(session, user);
        };
    }

    /// The answer to a wrong password comes late, the later the more there were.
    private static ImapException refused(Session session, String user) throws IOException {
        Duration delay = session.remote() == null
                ? Duration.ZERO
                : session.settings().throttle().failed(session.remote().getAddress(), user);
        session.out().flush();
        try {
            Thread.sleep(delay);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a log-in was put off", e);
        }
        if (session.loginFailed() < session.limits().loginFailuresMax()) {
            return new No("AUTHENTICATIONFAILED", "Wrong user name or password");
        }
        session.out().tagged(session.tag(), "NO", "AUTHENTICATIONFAILED", "Wrong user name or password");
        session.out().flush();
        return new Bye("", "Too many wrong passwords");
    }
}
