package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mailstore.Mailbox;

/// LIST (RFC 3501 section 6.3.8) with what CHILDREN (RFC 3348) and SPECIAL-USE (RFC 6154 section 2) add to plain
/// LIST.
final class ListCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String reference = in.pattern(in.astring());
        in.expectSp();
        String pattern = in.pattern(in.listMailbox());
        in.expectEnd();

        if (pattern.isEmpty()) { // asks for the separator
            session.out().untagged("LIST (\\Noselect) \"/\" \"\"");
            return Completed.ok("LIST completed");
        }
        for (Mailbox mailbox : session.store().mailboxes(session.user())) {
            if (MailboxNames.matches(reference + pattern, mailbox.name())) {
                String use = mailbox.specialUse().isEmpty() ? "" : " " + mailbox.specialUse();
                String children = mailbox.hasChildren() ? "\\HasChildren" : "\\HasNoChildren";
                session.out().text("* LIST (").text(children).text(use).text(") \"/\" ");
                session.out().mailbox(MailboxNames.encode(mailbox.name())).endLine();
            }
        }
        return Completed.ok("LIST completed");
    }
}
