package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxStatus;

/// STATUS (RFC 3501 section 6.3.10), with SIZE (RFC 8438), DELETED (RFC 9051 section 6.3.11), HIGHESTMODSEQ (RFC 7162
/// section 3.1.7), APPENDLIMIT (RFC 7889 section 4) and MAILBOXID (RFC 8474 section 4.3).
final class StatusCommand implements Command {
    enum Item {
        MESSAGES,
        RECENT,
        UIDNEXT,
        UIDVALIDITY,
        UNSEEN,
        APPENDLIMIT,
        MAILBOXID,
        DELETED,
        SIZE,
        HIGHESTMODSEQ,
        DELETED_STORAGE("DELETED-STORAGE");

        private final String word;

        Item() {
            word = name();
        }

        Item(String word) {
            this.word = word;
        }

        static Item of(String word) {
            for (Item item : values()) {
                if (item.word.equals(word)) {
                    return item;
                }
            }
            throw new Bad("No such STATUS item");
        }
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectSp();
        List<Item> items = items(in);
        in.expectEnd();

        write(session, session.mailbox(name, "NONEXISTENT"), name, items);
        return Completed.ok("STATUS completed");
    }

    /// The line, also of LIST (RFC 5819).
    static void write(Session session, Mailbox mailbox, String name, List<Item> items) throws IOException {
        if (items.contains(Item.HIGHESTMODSEQ)) {
            session.enable(Extension.CONDSTORE);
        }
        MailboxStatus status = session.store().status(mailbox.id());
        Responses out = session.out();
        out.text("* STATUS ").mailbox(MailboxNames.encode(name)).text(" (");
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            out.text(i == 0 ? "" : " ").text(item.word).octet(' ');
            if (item == Item.MAILBOXID) {
                out.text("(").text(ObjectIds.mailbox(mailbox.id())).octet(')');
                continue;
            }
            out.number(
                    switch (item) {
                        case MESSAGES -> status.messages();
                        case RECENT -> recent(session, mailbox, status);
                        case UIDNEXT -> status.uidNext();
                        case UIDVALIDITY -> status.uidValidity();
                        case UNSEEN -> status.unseen();
                        case APPENDLIMIT -> session.limits().appendBytesMax();
                        case MAILBOXID -> mailbox.id();
                        case DELETED -> status.deleted();
                        case SIZE -> status.bytes();
                        case HIGHESTMODSEQ -> status.highestModSeq();
                        case DELETED_STORAGE -> status.deletedBytes();
                    });
        }
        out.text(")").endLine();
    }

    static List<Item> items(Decoder in) {
        List<Item> items = new ArrayList<>();
        in.expect('(');
        do {
            items.add(Item.of(in.keyword()));
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
        if (status.firstRecent() == 1) {
            return status.messages();
        }
        // No view is loaded for that: LIST may ask it of thousands of mailboxes.
        UidSet recent = UidSet.range(status.firstRecent(), status.uidNext() - 1);
        return session.store().messages(mailbox.id(), recent).size();
    }
}
