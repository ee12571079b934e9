package org.posthouse.imap;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mailstore.Action;

/// CREATE (RFC 3501 section 6.3.3), also `(USE (\Sent))` (RFC 6154 section 3).
final class CreateCommand implements Command {
    private static final List<String> USES =
            List.of("\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash");

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        String name = in.mailbox();
        String use = in.take(' ') ? use(in) : "";
        in.expectEnd();

        // A client says with a trailing separator that it will create names below (RFC 3501 section 6.3.3).
        if (name.length() > 1 && name.charAt(name.length() - 1) == MailboxNames.SEPARATOR) {
            name = name.substring(0, name.length() - 1);
        }
        session.execute(new Action.Create(session.user(), name, use));
        return Completed.ok("CREATE completed");
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
        in.expect('\\');
        String wanted = "\\" + in.atom();
        if (in.peek() == ' ') {
            throw new No("USEATTR", "A mailbox has one special use at most");
        }
        in.expect(')');
        in.expect(')');
        Optional<String> known = USES.stream()
                .filter(use -> use.toLowerCase(Locale.ROOT).equals(wanted.toLowerCase(Locale.ROOT)))
                .findFirst();
        return known.orElseThrow(() -> new No("USEATTR", "No such special use here"));
    }
}
