package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.StoreException;

/// APPEND (RFC 3501 section 6.3.11) with APPENDUID (RFC 4315), of one message or several (MULTIAPPEND, RFC 3502): all
/// of them or none.
final class AppendCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        String said = in.saidMailbox();
        Action.Append append = new NewMessages(session, in, name, 0).readAll();
        Action.Appended appended = execute(session, append);
        ListLine.correct(session, "", name, said); // RFC 9051 section 6.3.12
        return new Completed("APPENDUID " + appended.uidValidity() + " " + appended.uids(), "APPEND completed");
    }

    /// A mailbox that went while the message came is one to create.
    static Action.Appended execute(Session session, Action<Action.Appended> action) {
        try {
            return session.execute(action);
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.NO_SUCH_MAILBOX) {
                throw new No("TRYCREATE", "No such mailbox");
            }
            throw e;
        }
    }
}
