package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.imap.ImapException.Bad;

/// ID (RFC 2971): says who this is, without a version that would tell an attacker what to try.
final class IdCommand implements Command {
    private static final int FIELDS_MAX = 30; // these three: RFC 2971 section 3.3
    private static final int FIELD_BYTES_MAX = 30;
    private static final int VALUE_BYTES_MAX = 1_024;

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
            String field = in.string();
            in.expectSp();
            String value = in.nstring();
            if (++fields > FIELDS_MAX) {
                throw new Bad("More than " + FIELDS_MAX + " fields");
            }
            if (field.length() > FIELD_BYTES_MAX || (value != null && value.length() > VALUE_BYTES_MAX)) {
                throw new Bad("A field has " + FIELD_BYTES_MAX + " bytes at most, a value " + VALUE_BYTES_MAX);
            }
        } while (in.take(' '));
        in.expect(')');
    }
}
