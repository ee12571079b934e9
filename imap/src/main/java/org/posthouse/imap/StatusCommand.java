package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxStatus;
import org.posthouse.mailstore.MailboxView;

/// STATUS (RFC 3501 section 6.3.10), with SIZE (RFC 8438), DELETED (RFC 9051 section 6.3.11) and HIGHESTMODSEQ
/// (RFC 7162 section 3.1.7).
final class StatusCommand implements Command {
    private enum Item {
        MESSAGES,
        RECENT,
        UIDNEXT,
        UIDVALIDITY,
        UNSEEN,
        DELETED,
        SIZE,
        HIGHESTMODSEQ
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectSp();
        List<Item> items = items(in);
        in.expectEnd();

        Mailbox mailbox = session.mailbox(name, "NONEXISTENT");
        if (items.contains(Item.HIGHESTMODSEQ)) {
            session.enable(Extension.CONDSTORE);
        }
        MailboxStatus status = session.store().status(mailbox.id());
        Responses out = session.out();
        out.text("* STATUS ").mailbox(MailboxNames.encode(name)).text(" (");
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            out.text(i == 0 ? "" : " ").text(item.name()).octet(' ');
            out.number(
                    switch (item) {
                        case MESSAGES -> status.messages();
                        case RECENT -> recent(session, mailbox, status);
                        case UIDNEXT -> status.uidNext();
                        case UIDVALIDITY -> status.uidValidity();
                        case UNSEEN -> status.unseen();
                        case DELETED -> status.deleted();
                        case SIZE -> status.bytes();
                        case HIGHESTMODSEQ -> status.highestModSeq();
                    });
        }
        out.text(")").endLine();
        return Completed.ok("STATUS completed");
    }

    private static List<Item> items(Decoder in) {
        List<Item> items = new ArrayList<>();
        in.expect('(');
        do {
            String name = in.keyword();
            try {
                items.add(Item.valueOf(name));
            } catch (IllegalArgumentException e) {
                throw new Bad("No such STATUS item");
            }
            if (items.size() > 50) {
                throw new Bad("Too many STATUS items");
            }
        } while (in.take(' '));
        in.expect(')');
        return items;
    }

    private static long recent(Session session, Mailbox mailbox, MailboxStatus status) {
        if (status.firstRecent() >= status.uidNext()) {
            return 0;
        }
        MailboxView view = session.store().view(mailbox.id());
        int at = view.indexOf(status.firstRecent());
        return (long) view.size() - (at < 0 ? -at - 1 : at);
    }
}
