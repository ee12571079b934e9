package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailboxView;

/// EXPUNGE (RFC 3501 section 6.4.3) and UID EXPUNGE (RFC 4315 section 2.1). The EXPUNGE or VANISHED lines are
/// those that any change brings: told behind the command.
final class ExpungeCommand implements Command {
    private final boolean byUid;

    ExpungeCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        SequenceSet set = null;
        if (byUid) {
            in.expectSp();
            set = in.sequenceSet();
        }
        in.expectEnd();
        checkWritable(session);
        session.require(Rights.EXPUNGE);

        Selected selected = session.selected();
        Limited limited = byUid // EXPUNGE has no limit: nobody could say where to go on (RFC 9738 section 3.1)
                ? Limited.of(session, selected.sequences(set, true))
                : new Limited(UidSet.range(1, selected.size()), "");
        UidSet deleted = deleted(session, limited.sequences());
        if (!deleted.isEmpty()) {
            session.execute(new Action.Expunge(selected.mailboxId(), deleted));
        }
        String text = byUid ? "UID EXPUNGE completed" : "EXPUNGE completed";
        return completed(session, !deleted.isEmpty(), limited, text);
    }

    /// Tells what has happened, and up to where the client knows everything now (RFC 7162 section 3.2.7).
    ///
    /// @param expunged whether anything was expunged
    static Completed completed(Session session, boolean expunged, Limited limited, String text) throws IOException {
        session.tellAnyway(Telling.ALL);
        if (!expunged || !session.enabled().qresync()) {
            return new Completed(limited.code(), text);
        }
        if (!limited.code().isEmpty()) {
            session.out().untagged("OK [" + limited.code() + "] There are more");
        }
        return new Completed("HIGHESTMODSEQ " + session.selected().toldUpTo(), text);
    }

    static void checkWritable(Session session) {
        if (session.selected().readOnly()) {
            throw new No("READ-ONLY", "Mailbox was selected by EXAMINE");
        }
    }

    /// UIDs of those that are `\Deleted` now.
    static UidSet deleted(Session session, UidSet sequences) {
        Selected selected = session.selected();
        MailboxView view = session.store().view(selected.mailboxId());
        UidSet.Builder deleted = new UidSet.Builder();
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                long uid = selected.uid(sequence);
                int at = view.indexOf(uid);
                if (at >= 0 && view.flags(at).has(Flags.DELETED)) {
                    deleted.add(uid);
                }
            }
        }
        return deleted.build();
    }
}
