package org.posthouse.imap;

import java.io.IOException;
import java.time.Duration;
import org.posthouse.imap.Command.Completed;
import org.posthouse.imap.ImapException.Bye;
import org.posthouse.imap.ImapException.No;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.Sasl.SaslException;

/// One log-in, by LOGIN or AUTHENTICATE: asks who decides, does what that says, and slows down who guesses.
final class LogIn {
    private final Session session;

    /// The mechanism's last words.
    interface LastWords {
        /// Before a success.
        void succeed(String signature) throws IOException, SaslException;

        /// Before a refusal.
        void fail() throws IOException, SaslException;
    }

    private static final LastWords NONE = new LastWords() {
        @Override
        public void succeed(String signature) {
            // A password is answered by OK alone.
        }

        @Override
        public void fail() {
            // And by NO alone.
        }
    };

    LogIn(Session session) {
        this.session = session;
    }

    /// Whether anything may be tried at all.
    void checkAdmitted(String user) {
        LoginThrottle throttle = session.settings().throttle();
        if (session.remote() != null && !throttle.admits(session.remote().getAddress(), user)) {
            throw new Bye("UNAVAILABLE", "Too many wrong passwords, try again later");
        }
    }

    Completed run(Credentials credentials) throws IOException {
        try {
            return run(credentials, NONE);
        } catch (SaslException e) {
            throw new IllegalStateException("a password has no last words", e);
        }
    }

    Completed run(Credentials credentials, LastWords lastWords) throws IOException, SaslException {
        checkAdmitted(credentials.user());
        var attempt = new Login.Attempt(session.tag(), credentials, session.remote(), session.secure());
        return switch (session.login().logIn(attempt)) {
            case Login.Serve serve -> {
                lastWords.succeed(serve.signature());
                if (!session.logIn(serve.user(), serve.store())) {
                    throw tooMany();
                }
                yield new Completed("CAPABILITY " + CapabilityCommand.of(session), "Logged in");
            }
            case Login.HandOver handOver -> {
                handOver(handOver, credentials, lastWords);
                yield Completed.ANSWERED;
            }
            case Login.Unavailable unavailable -> throw new No("UNAVAILABLE", unavailable.text());
            case Login.TooMany _ -> throw tooMany();
            case Login.Refused _ -> {
                lastWords.fail();
                throw refused(credentials.user());
            }
        };
    }

    private void handOver(Login.HandOver handOver, Credentials credentials, LastWords lastWords)
            throws IOException, SaslException {
        boolean done = false;
        try {
            lastWords.succeed(handOver.signature());
            if (!session.handOver(handOver.owner(), credentials.user())) {
                throw tooMany();
            }
            session.out().text(handOver.answer()).endLine();
            done = true;
        } finally {
            if (!done) {
                handOver.owner().close();
            }
        }
    }

    static No tooMany() {
        return new No("LIMIT", "This user has too many connections");
    }

    /// The answer to a wrong secret comes late, the later the more there were.
    ImapException refused(String user) throws IOException {
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
