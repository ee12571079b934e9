package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Mailbox;
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

        Selected selected = session.selected();
        Limited limited = Limited.of(session, selected.sequences(set, byUid));
        UidSet uids = selected.uids(limited.sequences());
        Mailbox target = session.mailbox(name, "TRYCREATE");
        if (uids.isEmpty()) {
            return Completed.ok("No messages moved");
        }
        try {
            Action.Copied moved = session.execute(new Action.Move(selected.mailboxId(), uids, target.id()));
            if (!moved.from().isEmpty()) {
                session.out().untagged("OK [" + CopyCommand.copyUid(moved) + "] Moved");
            }
        } catch (StoreException e) {
            throw CopyCommand.missingTarget(e);
        }
        return ExpungeCommand.completed(session, true, limited, "MOVE completed");
    }
}
