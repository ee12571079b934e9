package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.Flags;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxStatus;
import org.posthouse.mailstore.MailboxView;

/// SELECT and EXAMINE (RFC 3501 sections 6.3.1 and 6.3.2).
final class SelectCommand implements Command {
    private static final Flags SYSTEM =
            Flags.of(Flags.SEEN | Flags.ANSWERED | Flags.FLAGGED | Flags.DELETED | Flags.DRAFT);

    private final boolean readOnly;

    /// @param readOnly whether this is EXAMINE
    SelectCommand(boolean readOnly) {
        this.readOnly = readOnly;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();

        session.select(null); // also where the new one cannot be selected
        MailStore store = session.store();
        Mailbox mailbox = session.mailbox(name, "NONEXISTENT");
        MailboxStatus status = store.status(mailbox.id());
        long firstRecent = status.firstRecent();
        if (!readOnly && firstRecent < status.uidNext()) { // most often nothing came since the last SELECT
            firstRecent = session.execute(new Action.ClaimRecent(mailbox.id())).firstRecent();
        }
        MailboxView view = store.view(mailbox.id());
        Selected selected = new Selected(mailbox, readOnly, firstRecent, view);
        session.select(selected);

        write(session.out(), selected, status, view);
        return new Completed(readOnly ? "READ-ONLY" : "READ-WRITE", (readOnly ? "EXAMINE" : "SELECT") + " completed");
    }

    private void write(Responses out, Selected selected, MailboxStatus status, MailboxView view) throws IOException {
        Flags known = new Flags(SYSTEM.bits(), status.keywords());
        selected.toldKeywords(status.keywords());
        out.text("* FLAGS ").flags(known, false).endLine();
        out.text("* OK [PERMANENTFLAGS ");
        if (readOnly) {
            out.text("()] Read-only");
        } else {
            String names = String.join(" ", known.names());
            out.text("(").text(names).text(" \\*)] Flags permitted");
        }
        out.endLine();
        out.text("* ").number(selected.size()).text(" EXISTS").endLine();
        out.text("* ").number(selected.recentCount()).text(" RECENT").endLine();
        int unseen = firstUnseen(view);
        if (unseen > 0) {
            out.text("* OK [UNSEEN ").number(unseen).text("] First unseen").endLine();
        }
        out.text("* OK [UIDVALIDITY ")
                .number(selected.uidValidity())
                .text("] UIDs valid")
                .endLine();
        out.text("* OK [UIDNEXT ").number(view.uidNext()).text("] Next UID").endLine();
    }

    private static int firstUnseen(MailboxView view) {
        for (int i = 0; i < view.size(); i++) {
            if (!view.flags(i).has(Flags.SEEN)) {
                return i + 1;
            }
        }
        return 0;
    }
}
