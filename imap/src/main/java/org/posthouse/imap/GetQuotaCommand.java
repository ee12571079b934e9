package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mailstore.Mailbox;

/// GETQUOTA (RFC 9208 section 4.1.2): one's own root, and that of the shared mailboxes for those who administer them.
final class GetQuotaCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String root = Decoder.utf8(in.astring());
        in.expectEnd();

        boolean shared = root.equals(Mailbox.SHARED) && session.mailboxes().administers();
        if (!root.equals(session.user()) && !shared) {
            throw new No("NONEXISTENT", "No such quota root");
        }
        QuotaLines.quota(session, root);
        return Completed.ok("GETQUOTA completed");
    }
}
