package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MessageRow;

/// REPLACE and UID REPLACE (RFC 8508): a new message comes and an old one goes, in one change.
final class ReplaceCommand implements Command {
    private final boolean byUid;

    ReplaceCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SequenceSet set = in.sequenceSet();
        in.expectSp();
        String name = in.mailbox();

        Selected selected = session.selected();
        ExpungeCommand.checkWritable(session);
        session.require(Rights.EXPUNGE); // RFC 8508 section 6: as for a MOVE, by another name
        session.require(Rights.DELETE_MESSAGES);
        MessageRow old = one(session, selected.uids(selected.sequences(set, byUid)));
        Action.Append with = new NewMessages(session, in, name, freed(session, name, old)).readOnlyOne();
        Action.Appended appended =
                AppendCommand.execute(session, new Action.Replace(selected.mailboxId(), old.uid(), with));
        // Before the news, so that the client knows which message is the new one (RFC 8508 section 3.1).
        session.out().untagged("OK [APPENDUID " + appended.uidValidity() + " " + appended.uids() + "] Replaced");
        session.tellAnyway(Selected.Telling.ALL); // the EXPUNGE is the command's own
        return Completed.ok(byUid ? "UID REPLACE completed" : "REPLACE completed");
    }

    /// What goes counts for the quota only where what comes has the same owner.
    private static long freed(Session session, String name, MessageRow old) {
        String owner = session.mailboxes()
                .get(name, "TRYCREATE", Rights.INSERT)
                .mailbox()
                .user();
        boolean same = session.store()
                .mailbox(session.selected().mailboxId())
                .map(mailbox -> mailbox.user().equals(owner))
                .orElse(false);
        return same ? old.size() : 0;
    }

    private static MessageRow one(Session session, UidSet uids) {
        if (uids.count() > 1) {
            throw new Bad("One message is replaced at a time");
        }
        MessageRow row = uids.isEmpty()
                ? null
                : session.store()
                        .message(session.selected().mailboxId(), uids.first(0))
                        .orElse(null);
        if (row == null || row.expungedModSeq() != 0) {
            throw new No("NONEXISTENT", "No such message");
        }
        return row;
    }
}
