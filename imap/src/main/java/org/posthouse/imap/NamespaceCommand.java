package org.posthouse.imap;

import java.io.IOException;

/// NAMESPACE (RFC 2342): one's own mailboxes, nobody else's.
final class NamespaceCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        session.out().untagged("NAMESPACE ((\"\" \"/\")) NIL NIL");
        return Completed.ok("NAMESPACE completed");
    }
}
