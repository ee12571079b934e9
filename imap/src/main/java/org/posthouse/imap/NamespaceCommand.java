package org.posthouse.imap;

import java.io.IOException;

/// NAMESPACE (RFC 2342): one's own mailboxes, other users', and those of the virtual server.
final class NamespaceCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        session.out()
                .untagged("NAMESPACE ((\"\" \"/\")) ((\"" + Namespaces.OTHER_USERS + "\" \"/\")) ((\""
                        + Namespaces.SHARED + "\" \"/\"))");
        return Completed.ok("NAMESPACE completed");
    }
}
