package org.posthouse.imap;

import java.io.IOException;
import org.posthouse.directory.Addresses;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Octets;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Acl;

/// Identifiers and rights as the commands of RFC 4314 have them. There are no groups.
final class AclIdentifier {
    private AclIdentifier() {}

    /// Reads an identifier: `anyone` or an address, with `-` for rights that are withheld.
    ///
    /// @throws No if it is nobody here: an entry that is for nobody would only seem to share something
    static String read(Session session, Decoder in) throws IOException {
        String text = Decoder.utf8(in.astring());
        boolean negative = text.startsWith("-");
        String name = negative ? text.substring(1) : text;
        if (name.equals(Acl.ANYONE)) {
            return text;
        }
        String address = Addresses.canonical(name)
                .filter(canonical ->
                        canonical.equals(session.user()) || session.mailboxes().knows(canonical))
                .orElseThrow(() -> new No("CANNOT", "No such user here; an identifier is 'anyone' or an address"));
        return (negative ? "-" : "") + address;
    }

    /// Rights as a client writes them.
    ///
    /// @throws Bad for a letter that is none (RFC 4314 section 3.1)
    static Rights rights(String letters) {
        try {
            return Rights.of(letters);
        } catch (IllegalArgumentException e) {
            throw new Bad("No such right");
        }
    }

    /// Writes an identifier.
    static void write(Responses out, String identifier) {
        out.astring(octets(identifier));
    }

    private static String octets(String text) {
        byte[] utf8 = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return Octets.of(utf8, 0, utf8.length);
    }
}
