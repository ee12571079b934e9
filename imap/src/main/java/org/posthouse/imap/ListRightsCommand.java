package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Mailbox;

/// LISTRIGHTS (RFC 4314 section 3.4): every right can be granted by itself; an owner has two that cannot be taken.
final class ListRightsCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectSp();
        String identifier = AclIdentifier.read(session, in);
        in.expectEnd();

        Mailbox mailbox =
                session.mailboxes().get(name, "NONEXISTENT", Rights.ADMINISTER).mailbox();
        Rights always = identifier.equals(mailbox.user()) ? Rights.OWNERS : Rights.NONE;
        Responses out = session.out();
        out.text("* LISTRIGHTS ").mailbox(MailboxNames.encode(name)).octet(' ');
        AclIdentifier.write(out, identifier);
        out.octet(' ').astring(always.letters());
        String letters = Rights.ALL.minus(always).letters();
        for (int i = 0; i < letters.length(); i++) {
            out.octet(' ').octet(letters.charAt(i));
        }
        out.endLine();
        return Completed.ok("LISTRIGHTS completed");
    }
}
