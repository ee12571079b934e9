package org.posthouse.imap;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.imap.ImapException.Bad;

/// ENABLE (RFC 5161 section 3.1). What this server does not know, or what needs no enabling, is passed over. A
/// mailbox may be selected already, which clients should avoid.
final class EnableCommand implements Command {
    private static final int NAMES_MAX = 100;

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        Set<Extension> wanted = EnumSet.noneOf(Extension.class);
        int names = 0;
        do {
            in.expectSp();
            Extension extension = Extension.named(in.atom());
            if (extension != null) {
                wanted.add(extension);
            }
            if (++names > NAMES_MAX) {
                throw new Bad("More than " + NAMES_MAX + " capabilities");
            }
        } while (!in.atEnd());
        in.expectEnd();

        StringBuilder enabled = new StringBuilder("ENABLED");
        for (Extension extension : wanted) {
            enabled.append(' ').append(extension.capability());
        }
        session.out().untagged(enabled.toString());
        for (Extension extension : wanted) {
            session.enable(extension);
        }
        return Completed.ok("ENABLE completed");
    }
}
