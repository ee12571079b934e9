package org.posthouse.mailstore;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.posthouse.mailstore.StoreException.Kind;

/// The form of mailbox names: levels between slashes, none empty; `INBOX` at the top in any case is `INBOX`.
final class MailboxNames {
    static final String INBOX = "INBOX";

    private MailboxNames() {}

    /// One spelling for each mailbox.
    static String canonical(String name) {
        int slash = name.indexOf('/');
        String top = slash < 0 ? name : name.substring(0, slash);
        return top.length() == INBOX.length() && top.toUpperCase(Locale.ROOT).equals(INBOX)
                ? INBOX + (slash < 0 ? "" : name.substring(slash))
                : name;
    }

    /// The canonical name of a mailbox about to be made. A slash at its end only announces children
    /// (RFC 3501 section 6.3.3) and is dropped.
    ///
    /// @throws StoreException `REFUSED` if it is not allowed
    static String forNew(String name) {
        String canonical = canonical(name.endsWith("/") ? name.substring(0, name.length() - 1) : name);
        if (canonical.isEmpty()) {
            throw refused("a mailbox name must not be empty");
        }
        if (canonical.getBytes(StandardCharsets.UTF_8).length > Limits.NAME_BYTES_MAX) {
            throw refused("a mailbox name has " + Limits.NAME_BYTES_MAX + " bytes at most");
        }
        String[] levels = canonical.split("/", -1);
        if (levels.length > Limits.NAME_LEVELS_MAX) {
            throw refused("a mailbox name has " + Limits.NAME_LEVELS_MAX + " levels at most");
        }
        for (String level : levels) {
            if (level.isEmpty()) {
                throw refused("a level of a mailbox name must not be empty");
            }
        }
        if (canonical.chars().anyMatch(MailboxNames::control)) {
            throw refused("a mailbox name must not hold control characters");
        }
        if (canonical.indexOf('%') >= 0 || canonical.indexOf('*') >= 0) {
            throw refused("a mailbox name must not hold the wildcards % and *");
        }
        return canonical;
    }

    /// Also the two line ends of Unicode (RFC 9051 section 5.1, RFC 5198 section 2).
    private static boolean control(int c) {
        return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
    }

    private static StoreException refused(String why) {
        return new StoreException(Kind.REFUSED, why);
    }
}
