package org.posthouse.imap;

import java.io.IOException;
import java.util.Map;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Mailbox;

/// GETACL (RFC 4314 section 3.3). An owner who is not named is shown with every right, as is true.
final class GetAclCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();

        Mailbox mailbox =
                session.mailboxes().get(name, "NONEXISTENT", Rights.ADMINISTER).mailbox();
        Responses out = session.out();
        out.text("* ACL ").mailbox(MailboxNames.encode(name));
        String owner = mailbox.user();
        if (!owner.equals(Mailbox.SHARED) && !mailbox.acl().entries().containsKey(owner)) {
            entry(out, owner, Rights.ALL);
        }
        for (Map.Entry<String, Rights> each : mailbox.acl().entries().entrySet()) {
            entry(out, each.getKey(), each.getValue());
        }
        out.endLine();
        return Completed.ok("GETACL completed");
    }

    private static void entry(Responses out, String identifier, Rights rights) {
        out.octet(' ');
        AclIdentifier.write(out, identifier);
        out.octet(' ').astring(rights.toString());
    }
}
