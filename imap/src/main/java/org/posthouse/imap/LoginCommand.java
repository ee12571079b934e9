package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.No;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.Secret;

/// LOGIN (RFC 3501 section 6.2.3).
final class LoginCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String user = Decoder.utf8(in.astring());
        in.expectSp();
        String password = Decoder.utf8(in.astring());
        in.expectEnd();
        checkAllowed(session);
        return new LogIn(session).run(new Credentials(user, new Secret.Password(password)));
    }

    /// RFC 3501 section 6.2.3, RFC 5530 section 3.
    static void checkAllowed(Session session) {
        if (!session.loginAllowed()) {
            throw new No("PRIVACYREQUIRED", "Log in after STARTTLS only");
        }
    }
}
