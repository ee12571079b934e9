package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;

/// NOTIFY (RFC 5465 section 3.1).
final class NotifyCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String form = in.keyword();
        switch (form) {
            case "NONE" -> {
                in.expectEnd();
                session.notifications().none();
            }
            case "SET" -> {
                in.expectSp();
                boolean status = in.takeWord("STATUS");
                if (status) {
                    in.expectSp();
                }
                NotifyFilter filter = NotifyFilter.read(in);
                in.expectEnd();
                session.notifications().set(filter, status);
            }
            default -> throw new Bad("NOTIFY goes with SET or NONE");
        }
        return Completed.ok("NOTIFY completed");
    }
}
