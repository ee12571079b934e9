package org.posthouse.imap;

import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Mailbox;

/// A mailbox as one user sees it.
///
/// @param name with the prefix of its namespace, Unicode
/// @param own whether it is the user's own
/// @param rights the user's
record Visible(Mailbox mailbox, String name, boolean own, Rights rights) {
    /// The special use, which is the owner's alone (RFC 6154 section 4: the entry is private).
    String specialUse() {
        return own ? mailbox.specialUse() : "";
    }
}
