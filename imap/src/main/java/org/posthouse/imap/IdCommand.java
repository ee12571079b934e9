package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;

/// ID (RFC 2971): says who this is, without a version that would tell an attacker what to try.
final class IdCommand implements Command {
    private static final int FIELDS_MAX = 30;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        if (in.take('(')) {
            fields(in);
        } else if (!in.keyword().equals("NIL")) {
            throw new Bad("Expected a list or NIL");
        }
        in.expectEnd();

        session.out().untagged("ID (\"name\" \"Posthouse\")");
        return Completed.ok("ID completed");
    }

    private static void fields(Decoder in) throws IOException {
        if (in.take(')')) {
            return;
        }
        int fields = 0;
        do {
            in.string();
            in.expectSp();
            in.nstring();
            if (++fields > FIELDS_MAX) {
                throw new Bad("More than " + FIELDS_MAX + " fields");
            }
        } while (in.take(' '));
        in.expect(')');
    }
}
