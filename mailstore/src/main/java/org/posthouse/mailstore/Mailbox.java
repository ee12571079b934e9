package org.posthouse.mailstore;

/// A mailbox.
///
/// @param id never reused in its virtual server; survives a rename
/// @param user owner, a canonical address, or [#SHARED]
/// @param name as IMAP shows it without prefix, `/` between levels, Unicode
/// @param uidValidity RFC 3501 section 2.3.1.1
/// @param specialUse `\Sent` and so on (RFC 6154), or `""`
/// @param hasChildren whether mailboxes lie below
/// @param subscribed whether the owner subscribed to the name
/// @param acl who may do what
public record Mailbox(
        long id,
        String user,
        String name,
        long uidValidity,
        String specialUse,
        boolean hasChildren,
        boolean subscribed,
        Acl acl) {

    /// The owner of the virtual server's shared mailboxes. No user has this name: it is no address.
    public static final String SHARED = "shared";
}
