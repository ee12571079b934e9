package org.posthouse.imap;

import java.io.IOException;

/// What the commands of RFC 9208 share. There is a quota root for each owner of mailboxes, named as the owner;
/// it limits STORAGE, in units of 1,024 bytes, if the directory says so, and nothing else.
final class QuotaLines {
    private QuotaLines() {}

    static void quota(Session session, String owner) throws IOException {
        long bytesMax = session.settings().quota().applyAsLong(owner);
        Responses out = session.out();
        out.text("* QUOTA ");
        AclIdentifier.write(out, owner);
        out.text(" (");
        if (bytesMax > 0) {
            out.text("STORAGE ").number(units(session.store().usage(owner).bytes()));
            out.octet(' ').number(units(bytesMax));
        }
        out.text(")").endLine();
    }

    private static long units(long bytes) {
        return (bytes + 1_023) >> 10;
    }
}
