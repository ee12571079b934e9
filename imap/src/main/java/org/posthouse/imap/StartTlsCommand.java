package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;

/// STARTTLS (RFC 3501 section 6.2.1). The one command that answers by itself: its OK is the last thing in clear.
final class StartTlsCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        if (session.secure() || !session.duplex().offersTls()) {
            throw new Bad(session.secure() ? "TLS is active already" : "TLS is not offered here");
        }
        session.out().tagged(session.tag(), "OK", "", "Begin TLS negotiation now");
        session.startTls();
        return Completed.ANSWERED;
    }
}
