package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mailstore.Action;

/// CREATE (RFC 3501 section 6.3.3), also `(USE (\Sent))` (RFC 6154 section 3).
final class CreateCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        String use = in.take(' ') ? use(in) : "";
        in.expectEnd();

        Namespaces.Place place = session.mailboxes().forNew(name);
        if (!use.isEmpty() && !place.owner().equals(session.user())) {
            throw new No("USEATTR", "Only mailboxes of one's own have special uses");
        }
        Action.Created created = session.execute(new Action.Create(place.owner(), place.name(), use));
        String said = in.saidMailbox();
        if (!said.endsWith("/")) {
            ListLine.correct(session, "", name, said); // RFC 9051 section 6.3.4
        }
        return new Completed("MAILBOXID (" + ObjectIds.mailbox(created.mailboxId()) + ")", "CREATE completed");
    }

    private static String use(Decoder in) {
        in.expect('(');
        if (!in.keyword().equals("USE")) {
            throw new Bad("Only the parameter USE is known");
        }
        in.expectSp();
        in.expect('(');
        if (in.take(')')) {
            in.expect(')');
            return "";
        }
        List<String> wanted = new ArrayList<>();
        do {
            in.expect('\\');
            wanted.add("\\" + in.atom());
        } while (in.take(' '));
        in.expect(')');
        in.expect(')');
        return SpecialUses.known(wanted);
    }
}
