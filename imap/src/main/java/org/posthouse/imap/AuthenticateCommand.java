package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.Sasl.SaslException;
import org.posthouse.wire.SaslExchange;
import org.posthouse.wire.ScramSalt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// AUTHENTICATE (RFC 3501 section 6.2.2, RFC 9051 section 6.2.2), the first response with the command (SASL-IR, RFC
/// 4959) or after a `+`.
final class AuthenticateCommand implements Command {
    private static final Logger LOG = LoggerFactory.getLogger(AuthenticateCommand.class);

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String mechanism = in.keyword();
        String response = in.take(' ') ? in.rest() : null;
        in.expectEnd();
        if (mechanism.equals("LOGIN")) {
            throw noSuch(session);
        }
        LoginCommand.checkAllowed(session);
        LogIn logIn = new LogIn(session);
        SaslExchange exchange = new SaslExchange(
                challenge -> ask(session, in, challenge),
                user -> salt(session, logIn, user),
                session.duplex().channelBinding(),
                session.settings().bearers());
        try {
            Credentials credentials = exchange.credentials(mechanism, response).orElseThrow(() -> noSuch(session));
            return logIn.run(credentials, new LogIn.LastWords() {
                @Override
                public void succeed(String signature) throws IOException, SaslException {
                    exchange.succeed(signature);
                }

                @Override
                public void fail() throws IOException, SaslException {
                    exchange.fail(credentials);
                }
            });
        } catch (SaslException e) {
            throw answer(session, logIn, e);
        }
    }

    private static No noSuch(Session session) {
        return new No(
                "CANNOT",
                "No such mechanism here: there are "
                        + SaslExchange.mechanisms(
                                session.duplex(), session.settings().bearers()));
    }

    private static String ask(Session session, Decoder in, String challenge) throws IOException {
        session.out().continuation(challenge);
        return in.plainLine();
    }

    private static ScramSalt salt(Session session, LogIn logIn, String user) throws IOException {
        logIn.checkAdmitted(user);
        try {
            return session.login().salt(user);
        } catch (IOException e) {
            LOG.warn("cannot learn the salt of {} now: {}", user, e.getMessage());
            throw new No("UNAVAILABLE", "The directory does not answer now, try again");
        }
    }

    /// What is malformed on purpose is guessing too, and as slow.
    private static ImapException answer(Session session, LogIn logIn, SaslException e) throws IOException {
        return switch (e.kind()) {
            case CANCELLED -> new Bad("Authentication cancelled");
            case NOT_AUTHORIZED -> new No("AUTHORIZATIONFAILED", e.getMessage());
            case MALFORMED -> {
                LOG.debug("AUTHENTICATE of {}: {}", session.client(), e.getMessage());
                yield logIn.refused("");
            }
        };
    }
}
