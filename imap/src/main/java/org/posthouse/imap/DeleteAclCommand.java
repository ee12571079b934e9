package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Action.Change;
import org.posthouse.mailstore.Mailbox;

/// DELETEACL (RFC 4314 section 3.2). An owner who is named no more has every right again.
final class DeleteAclCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectSp();
        String identifier = Decoder.utf8(in.astring()); // also of a user who is not there any more
        in.expectEnd();

        Mailbox mailbox =
                session.mailboxes().get(name, "NONEXISTENT", Rights.ADMINISTER).mailbox();
        if (mailbox.acl().entries().containsKey(identifier)) {
            session.execute(new Action.SetAcl(mailbox.id(), identifier, Change.REPLACE, Rights.NONE));
        }
        return Completed.ok("DELETEACL completed");
    }
}
