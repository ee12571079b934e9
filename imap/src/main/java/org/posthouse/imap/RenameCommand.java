package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Mailbox;

/// RENAME (RFC 3501 section 6.3.5), children included. A session that has it selected goes on with it.
final class RenameCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String from = in.mailbox();
        String saidFrom = in.saidMailbox();
        in.expectSp();
        String to = in.mailbox();
        in.expectEnd();

        Mailbox mailbox =
                session.mailboxes().get(from, "NONEXISTENT", Rights.DELETE).mailbox();
        Namespaces.Place place = session.mailboxes().forNew(to);
        if (!place.owner().equals(mailbox.user())) {
            throw new No("CANNOT", "A mailbox cannot be given to another owner; copy its messages");
        }
        session.execute(new Action.Rename(mailbox.user(), mailbox.name(), place.name()));
        if (!in.saidMailbox().equals(to) || !saidFrom.equals(from)) { // RFC 9051 section 6.3.6
            ListLine.correct(session, "", to, saidFrom);
        }
        return Completed.ok("RENAME completed");
    }
}
