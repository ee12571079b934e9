package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Mailbox;

/// DELETE (RFC 3501 section 6.3.4). A client that deletes the mailbox it has selected has none selected then.
final class DeleteCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();

        Mailbox mailbox =
                session.mailboxes().get(name, "NONEXISTENT", Rights.DELETE).mailbox();
        session.execute(new Action.Delete(mailbox.user(), mailbox.name()));
        if (session.selected() != null && session.selected().mailboxId() == mailbox.id()) {
            session.select(null);
        }
        ListLine.correct(session, ListLine.NONE, name, in.saidMailbox()); // RFC 9051 section 6.3.5
        return Completed.ok("DELETE completed");
    }
}
