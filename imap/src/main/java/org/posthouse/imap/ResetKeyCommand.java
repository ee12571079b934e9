package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Mailbox;

/// RESETKEY (RFC 4467 section 7): the user's access key of a mailbox, or of all mailboxes, goes, and with it every URL
/// signed so far.
final class ResetKeyCommand implements Command {
    private static final int MECHANISMS_MAX = 20;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        String name = null;
        if (in.take(' ')) {
            name = in.mailbox();
            for (int i = 0; in.take(' '); i++) {
                if (!in.keyword().equals(UrlAuth.MECHANISM) || i >= MECHANISMS_MAX) {
                    throw new Bad("The only mechanism is " + UrlAuth.MECHANISM);
                }
            }
        }
        in.expectEnd();
        UidSet.Builder mailboxes = new UidSet.Builder();
        if (name == null) {
            session.store().mailboxes(session.user()).stream()
                    .mapToLong(Mailbox::id)
                    .sorted()
                    .forEach(mailboxes::add);
        } else {
            mailboxes.add(session.mailbox(name, "NONEXISTENT").id());
        }
        session.execute(new Action.DropUrlKeys(mailboxes.build(), session.user()));
        return name == null
                ? Completed.ok("All keys removed")
                : new Completed("URLMECH " + UrlAuth.MECHANISM, "Key removed");
    }
}
