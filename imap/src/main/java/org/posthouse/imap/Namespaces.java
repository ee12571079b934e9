package org.posthouse.imap;

import org.posthouse.mail.MailboxNames;
import org.posthouse.mailstore.Mailbox;

/// The namespaces that a user sees (RFC 2342): the user's own mailboxes without a prefix, those of others under
/// `Other Users/` and their address, those of the virtual server under `Shared/`. All are in one storage group.
final class Namespaces {
    static final String OTHER_USERS = "Other Users/";
    static final String SHARED = "Shared/";

    private Namespaces() {}

    /// Where a name leads.
    ///
    /// @param owner as in [Mailbox#user]
    /// @param name as in [Mailbox#name]
    record Place(String owner, String name) {}

    /// Where a name leads that a user has said; null if it can be nobody's mailbox: a prefix alone, or one's own under
    /// the prefix of others (each mailbox has one name).
    static Place place(String user, String name) {
        if (name.startsWith(SHARED)) {
            String below = name.substring(SHARED.length());
            return below.isEmpty() ? null : new Place(Mailbox.SHARED, below);
        }
        if (name.startsWith(OTHER_USERS)) {
            int slash = name.indexOf(MailboxNames.SEPARATOR, OTHER_USERS.length());
            if (slash < 0 || slash + 1 == name.length()) {
                return null;
            }
            String owner = name.substring(OTHER_USERS.length(), slash);
            // No address: nobody, least of all the owner of what is shared.
            boolean other = owner.indexOf('@') > 0 && !owner.equals(user);
            return other ? new Place(owner, MailboxNames.canonical(name.substring(slash + 1))) : null;
        }
        boolean prefix =
                (name + MailboxNames.SEPARATOR).equals(SHARED) || (name + MailboxNames.SEPARATOR).equals(OTHER_USERS);
        return prefix || name.isEmpty() ? null : new Place(user, name);
    }

    /// What a user calls a mailbox.
    static String name(String user, Mailbox mailbox) {
        return name(user, mailbox.user(), mailbox.name());
    }

    /// The same of one that need not be there.
    static String name(String user, String owner, String name) {
        if (owner.equals(user)) {
            return name;
        }
        return owner.equals(Mailbox.SHARED) ? SHARED + name : OTHER_USERS + owner + MailboxNames.SEPARATOR + name;
    }
}
