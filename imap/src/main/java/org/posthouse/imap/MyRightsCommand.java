package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;

/// MYRIGHTS (RFC 4314 section 3.5): for whoever has one of the rights that section 4 asks for.
final class MyRightsCommand implements Command {
    static final int ASKING =
            Rights.LOOKUP | Rights.READ | Rights.INSERT | Rights.CREATE | Rights.DELETE | Rights.ADMINISTER;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();

        write(session, session.mailboxes().get(name, "NONEXISTENT", ASKING));
        return Completed.ok("MYRIGHTS completed");
    }

    /// The line, also of LIST (RFC 8440).
    static void write(Session session, Visible visible) throws IOException {
        session.out()
                .text("* MYRIGHTS ")
                .mailbox(MailboxNames.encode(visible.name()))
                .octet(' ');
        session.out().astring(visible.rights().toString()).endLine();
    }
}
