package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.mailstore.Action;

/// RENAME (RFC 3501 section 6.3.5), children included. A session that has it selected goes on with it.
final class RenameCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String from = in.mailbox();
        in.expectSp();
        String to = in.mailbox();
        in.expectEnd();

        session.execute(new Action.Rename(session.user(), from, to));
        return Completed.ok("RENAME completed");
    }
}
