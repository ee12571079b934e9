package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.wire.Sasl;

/// AUTHENTICATE PLAIN (RFC 3501 section 6.2.2, RFC 4616), the response with the command (SASL-IR, RFC 4959) or
/// after a `+`.
final class AuthenticateCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String mechanism = in.keyword();
        String response = in.take(' ') ? in.rest() : null;
        in.expectEnd();
        if (!mechanism.equals("PLAIN")) {
            throw new No("CANNOT", "No such mechanism here: PLAIN is");
        }
        LoginCommand.checkAllowed(session);
        if (response == null) {
            session.out().continuation("");
            response = in.plainLine();
        }
        if (response.equals("*")) {
            throw new Bad("Authentication cancelled");
        }

        try {
            Sasl.Credentials credentials = Sasl.plain(response);
            return LoginCommand.logIn(session, credentials.user(), credentials.password());
        } catch (Sasl.SaslException e) {
            throw new No("AUTHENTICATIONFAILED", e.getMessage());
        }
    }
}
