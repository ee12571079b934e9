package org.posthouse.imap;

import java.util.function.Predicate;

/// Who shares mailboxes in a virtual server: only its own users may be given rights, and somebody has to make the first
/// shared mailbox.
///
/// @param knows whether an address, canonical, is that of a user of this virtual server
/// @param administers whether a user may do everything with the mailboxes under `Shared/`, and may make some at the top
public record Sharing(Predicate<String> knows, Predicate<String> administers) {
    /// Every user may be named; nobody administers.
    public static final Sharing UNCHECKED = new Sharing(_ -> true, _ -> false);
}
