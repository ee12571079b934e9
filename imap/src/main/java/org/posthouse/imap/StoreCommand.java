package org.posthouse.imap;

import java.io.IOException;
import java.util.OptionalLong;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mail.Flags;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailboxView;

/// STORE and UID STORE (RFC 3501 section 6.4.6).
final class StoreCommand implements Command {
    private static final String SILENT = ".SILENT";

    private final boolean byUid;

    StoreCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SequenceSet set = in.sequenceSet();
        in.expectSp();
        Action.Change change =
                in.take('+') ? Action.Change.ADD : in.take('-') ? Action.Change.REMOVE : Action.Change.REPLACE;
        String item = in.keyword();
        boolean silent = item.endsWith(SILENT);
        if (!item.equals("FLAGS") && !item.equals("FLAGS" + SILENT)) {
            throw new Bad("Only FLAGS can be stored");
        }
        in.expectSp();
        Flags flags = in.flagListOrFlags();
        in.expectEnd();
        ExpungeCommand.checkWritable(session);

        Selected selected = session.selected();
        UidSet sequences = selected.sequences(set, byUid);
        UidSet uids = selected.uids(sequences);
        if (uids.isEmpty()) {
            return Completed.ok("No messages matched");
        }
        session.tell(Telling.NO_EXPUNGES);
        Action.Stored stored =
                session.execute(new Action.StoreFlags(selected.mailboxId(), uids, change, flags, OptionalLong.empty()));
        if (!silent || selected.nothingBetween(stored.modSeq())) {
            selected.madeOwnChange(stored.modSeq());
        }
        selected.tellKeywords(change == Action.Change.REMOVE ? Flags.NONE : flags, session.out());
        boolean gone = show(session, sequences, !silent);
        if (gone) {
            throw new No("EXPUNGEISSUED", "Some of the messages are gone");
        }
        return Completed.ok("STORE completed");
    }

    /// @return whether some are not there any more
    private boolean show(Session session, UidSet sequences, boolean flags) throws IOException {
        Selected selected = session.selected();
        Responses out = session.out();
        MailboxView view = session.store().view(selected.mailboxId());
        boolean gone = false;
        for (int range = 0; range < sequences.ranges(); range++) {
            for (long sequence = sequences.first(range); sequence <= sequences.last(range); sequence++) {
                long uid = selected.uid(sequence);
                int at = view.indexOf(uid);
                gone |= at < 0;
                if (flags && at >= 0) {
                    out.text("* ").number(sequence).text(" FETCH (");
                    if (byUid) {
                        out.text("UID ").number(uid).octet(' ');
                    }
                    out.text("FLAGS ")
                            .flags(view.flags(at), selected.recent(uid))
                            .text(")");
                    out.endLine();
                }
            }
        }
        return gone;
    }
}
