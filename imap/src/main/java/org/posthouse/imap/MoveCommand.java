package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.StoreException;

/// MOVE and UID MOVE (RFC 6851): COPYUID first, then the EXPUNGEs, then OK.
final class MoveCommand implements Command {
    private final boolean byUid;

    MoveCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SequenceSet set = in.sequenceSet();
        in.expectSp();
        String name = in.mailbox();
        in.expectEnd();
        ExpungeCommand.checkWritable(session);
        session.require(Rights.EXPUNGE);
        session.require(
                Rights.DELETE_MESSAGES); // it is a copy, a \Deleted and an expunge in one (RFC 6851 section 3.3)

        Selected selected = session.selected();
        Limited limited = Limited.of(session, selected.sequences(set, byUid));
        UidSet uids = selected.uids(limited.sequences());
        Visible target = session.mailboxes().get(name, "TRYCREATE", Rights.INSERT);
        if (uids.isEmpty()) {
            return Completed.ok("No messages moved");
        }
        checkQuota(session, uids, target.mailbox());
        try {
            Action.Copied moved = session.execute(
                    new Action.Move(selected.mailboxId(), uids, target.mailbox().id(), target.rights()));
            if (!moved.from().isEmpty()) {
                session.out().untagged("OK [" + CopyCommand.copyUid(moved) + "] Moved");
            }
        } catch (StoreException e) {
            throw CopyCommand.missingTarget(e);
        }
        return ExpungeCommand.completed(session, true, limited, "MOVE completed");
    }

    /// Between two mailboxes of one owner nothing is added.
    private static void checkQuota(Session session, UidSet uids, Mailbox target) {
        long from = session.selected().mailboxId();
        boolean another = session.store()
                .mailbox(from)
                .map(mailbox -> !mailbox.user().equals(target.user()))
                .orElse(false);
        if (another) {
            long bytes = 0;
            for (MessageRow row : session.store().messages(from, uids)) {
                bytes += row.size();
            }
            session.checkQuota(target.user(), bytes);
        }
    }
}
