package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxStatus;
import org.posthouse.mailstore.MailboxView;

/// SELECT and EXAMINE (RFC 3501 sections 6.3.1 and 6.3.2), with what a client that was here before has missed
/// (RFC 7162 section 3.2.5).
final class SelectCommand implements Command {
    private static final Flags SYSTEM =
            Flags.of(Flags.SEEN | Flags.ANSWERED | Flags.FLAGGED | Flags.DELETED | Flags.DRAFT);

    /// Rights without any of which a mailbox is read-only (RFC 4314 section 5.2).
    private static final int CHANGING =
            Rights.INSERT | Rights.SEEN | Rights.WRITE | Rights.DELETE_MESSAGES | Rights.EXPUNGE;

    private final boolean readOnly;

    /// @param readOnly whether this is EXAMINE
    SelectCommand(boolean readOnly) {
        this.readOnly = readOnly;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        SelectParameters parameters = SelectParameters.read(in, session.enabled());
        in.expectEnd();

        if (session.selected() != null) { // RFC 7162 section 3.2.11
            session.out().untagged("OK [CLOSED] The mailbox selected before is closed");
        }
        session.select(null); // also where the new one cannot be selected
        if (parameters.condstore()) {
            session.enable(Extension.CONDSTORE);
        }
        MailStore store = session.store();
        long accessVersion = store.accessVersion();
        Visible visible = session.mailboxes().get(name, "NONEXISTENT", Rights.READ);
        Mailbox mailbox = visible.mailbox();
        boolean unchangeable = readOnly || !visible.rights().hasAny(CHANGING);
        MailboxStatus status = store.status(mailbox.id());
        long firstRecent = status.firstRecent();
        if (session.rev2()) {
            firstRecent = status.uidNext();
        } else if (!unchangeable && firstRecent < status.uidNext()) { // most often nothing came since the last SELECT
            firstRecent = session.execute(new Action.ClaimRecent(mailbox.id())).firstRecent();
        }
        MailboxView view = store.view(mailbox.id());
        Selected selected = new Selected(mailbox, unchangeable, firstRecent, view, session.enabled());
        session.select(selected, visible.rights(), accessVersion);

        write(session, status, view, visible.rights());
        if (session.rev2()) { // RFC 9051 section 6.3.2
            String said = in.saidMailbox();
            ListLine.write(
                    session.out(),
                    ListLine.attributes(visible),
                    visible.name(),
                    said.equals(visible.name()) ? "" : said);
        }
        if (parameters.resync() != null) {
            resynchronise(session, parameters.resync(), view);
        }
        return new Completed(
                unchangeable ? "READ-ONLY" : "READ-WRITE", (readOnly ? "EXAMINE" : "SELECT") + " completed");
    }

    private void write(Session session, MailboxStatus status, MailboxView view, Rights rights) throws IOException {
        Responses out = session.out();
        Selected selected = session.selected();
        Flags known = new Flags(SYSTEM.bits(), status.keywords());
        selected.toldKeywords(status.keywords());
        out.text("* FLAGS ").flags(known, false).endLine();
        out.text("* OK [PERMANENTFLAGS ");
        if (selected.readOnly()) {
            out.text("()] Read-only");
        } else {
            List<String> names =
                    new ArrayList<>(Mailboxes.settable(known, rights).names());
            if (rights.has(Rights.WRITE)) {
                names.add("\\*");
            }
            out.text("(").text(String.join(" ", names)).text(")] Flags permitted");
        }
        out.endLine();
        out.text("* ").number(selected.size()).text(" EXISTS").endLine();
        if (!session.rev2()) {
            out.text("* ").number(selected.recentCount()).text(" RECENT").endLine();
        }
        int unseen = session.rev2() || session.enabled().uidOnly() ? 0 : 1 + view.firstWithout(Flags.SEEN);
        if (unseen > 0) {
            out.text("* OK [UNSEEN ").number(unseen).text("] First unseen").endLine();
        }
        out.text("* OK [UIDVALIDITY ")
                .number(selected.uidValidity())
                .text("] UIDs valid")
                .endLine();
        out.text("* OK [MAILBOXID (")
                .text(ObjectIds.mailbox(selected.mailboxId()))
                .text(")] Ok")
                .endLine();
        out.text("* OK [UIDNEXT ").number(view.uidNext()).text("] Next UID").endLine();
        out.text("* OK [HIGHESTMODSEQ ")
                .number(view.highestModSeq())
                .text("] Highest")
                .endLine();
    }

    /// Tells what was expunged and what has changed since the client was here.
    private static void resynchronise(Session session, SelectParameters.Resync resync, MailboxView view)
            throws IOException {
        Selected selected = session.selected();
        if (resync.uidValidity() != selected.uidValidity() || resync.modSeq() >= view.highestModSeq()) {
            return;
        }
        UidSet known = resync.knownUids() == null ? UidSet.range(1, view.uidNext() - 1) : resync.knownUids();
        Responses out = session.out();
        long sureUpTo = Vanished.sureUpTo(selected, resync);
        Vanished.tell(session.store(), selected, known, resync.modSeq(), sureUpTo, out);
        for (int at = 0; at < view.size(); at++) {
            if (view.modSeq(at) > resync.modSeq() && known.contains(view.uid(at))) {
                selected.tellFlags(out, at + 1L, view.uid(at), view.flags(at), view.modSeq(at), true);
            }
        }
    }
}
