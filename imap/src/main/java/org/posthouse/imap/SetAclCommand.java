package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Action.Change;
import org.posthouse.mailstore.Mailbox;

/// SETACL (RFC 4314 section 3.1). Whom it deprives of the right to read is sent away with the next answer.
final class SetAclCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectSp();
        String identifier = AclIdentifier.read(session, in);
        in.expectSp();
        String letters = in.astring();
        in.expectEnd();
        Change change = letters.startsWith("+") ? Change.ADD : letters.startsWith("-") ? Change.REMOVE : Change.REPLACE;
        Rights rights = AclIdentifier.rights(change == Change.REPLACE ? letters : letters.substring(1));

        Mailbox mailbox =
                session.mailboxes().get(name, "NONEXISTENT", Rights.ADMINISTER).mailbox();
        if (change == Change.REPLACE && identifier.equals(mailbox.user())) {
            rights = rights.plus(Rights.OWNERS); // which are always granted (section 2)
        }
        session.execute(new Action.SetAcl(mailbox.id(), identifier, change, rights));
        return Completed.ok("SETACL completed");
    }
}
