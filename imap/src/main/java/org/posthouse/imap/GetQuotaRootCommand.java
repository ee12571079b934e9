package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;

/// GETQUOTAROOT (RFC 9208 section 4.1.3): needs the right to read.
final class GetQuotaRootCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();

        String owner = session.mailboxes()
                .get(name, "NONEXISTENT", Rights.READ)
                .mailbox()
                .user();
        session.out().text("* QUOTAROOT ").mailbox(MailboxNames.encode(name)).text(" ");
        AclIdentifier.write(session.out(), owner);
        session.out().endLine();
        QuotaLines.quota(session, owner);
        return Completed.ok("GETQUOTAROOT completed");
    }
}
