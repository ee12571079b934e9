package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;

/// CLOSE (RFC 3501 section 6.4.2): expunges silently, unless the mailbox was EXAMINEd.
final class CloseCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        Selected selected = session.selected();
        if (!selected.readOnly() && selected.size() > 0 && session.rights().has(Rights.EXPUNGE)) {
            UidSet deleted = ExpungeCommand.deleted(session, UidSet.range(1, selected.size()));
            if (!deleted.isEmpty()) {
                session.execute(new Action.Expunge(selected.mailboxId(), deleted));
            }
        }
        session.select(null);
        return Completed.ok("CLOSE completed");
    }
}
