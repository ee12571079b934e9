package org.posthouse.imap;

import java.io.IOException;

/// LOGOUT (RFC 3501 section 6.1.3).
final class LogoutCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        session.out().untagged("BYE Logging out");
        session.end();
        return Completed.ok("Good-bye");
    }
}
