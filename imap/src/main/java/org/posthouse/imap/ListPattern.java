package org.posthouse.imap;

import org.posthouse.mail.MailboxNames;

/// A reference and a pattern of LIST, joined, made ready for thousands of names.
final class ListPattern {
    private final String pattern;
    private final String start; // what a name must begin with
    private final boolean all;

    ListPattern(String joined) {
        pattern = MailboxNames.canonical(joined);
        all = pattern.equals("*");
        int wildcard = 0;
        while (wildcard < pattern.length() && "*%".indexOf(pattern.charAt(wildcard)) < 0) {
            wildcard++;
        }
        start = pattern.substring(0, wildcard);
    }

    boolean matches(String name) {
        if (all) {
            return true;
        }
        if (!name.startsWith(start) && !name.startsWith(MailboxNames.INBOX)) { // INBOX has no case
            return false;
        }
        if (pattern.length() == start.length() + 1 && pattern.charAt(start.length()) == '%') {
            return name.startsWith(start)
                    ? name.indexOf(MailboxNames.SEPARATOR, start.length()) < 0
                    : MailboxNames.matches(pattern, name);
        }
        return MailboxNames.matches(pattern, name);
    }

    /// Whether it asks for one level, so that a level that is no mailbox is shown if something lies below (RFC 3501
    /// section 6.3.8).
    boolean showsLevels() {
        return pattern.endsWith("%");
    }
}
