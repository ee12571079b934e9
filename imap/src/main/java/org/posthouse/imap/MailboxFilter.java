package org.posthouse.imap;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.MailboxNames;

/// Some of the mailboxes that a user can see, as NOTIFY (RFC 5465 section 6) and ESEARCH (RFC 7377 section 2.2) name
/// them; never the selected one for being selected.
///
/// @param names of SUBTREE, SUBTREE-ONE and MAILBOXES; else empty
record MailboxFilter(Which which, Set<String> names) {
    private static final int NAMES_MAX = 1_000;

    /// Which mailboxes. Mail may come into any of one's own (`inboxes`), so that is the same as `personal`.
    enum Which {
        INBOXES,
        PERSONAL,
        SUBSCRIBED,
        SUBTREE,
        SUBTREE_ONE,
        MAILBOXES
    }

    /// Reads the names behind a filter's word.
    ///
    /// @param word in upper case
    /// @param overflow the response code for more names than are taken
    static MailboxFilter read(Decoder in, String word, String overflow) throws IOException {
        Which which =
                switch (word) {
                    case "INBOXES" -> Which.INBOXES;
                    case "PERSONAL" -> Which.PERSONAL;
                    case "SUBSCRIBED" -> Which.SUBSCRIBED;
                    case "SUBTREE" -> Which.SUBTREE;
                    case "SUBTREE-ONE" -> Which.SUBTREE_ONE;
                    case "MAILBOXES" -> Which.MAILBOXES;
                    default -> throw new Bad("No such set of mailboxes");
                };
        boolean named = which == Which.SUBTREE || which == Which.SUBTREE_ONE || which == Which.MAILBOXES;
        return new MailboxFilter(which, named ? names(in, overflow) : Set.of());
    }

    /// Whether a mailbox is one of these.
    ///
    /// @param name with the prefix of its namespace
    boolean covers(String name, boolean own, boolean subscribed) {
        return switch (which) {
            case INBOXES, PERSONAL -> own;
            case SUBSCRIBED -> subscribed;
            case MAILBOXES -> names.contains(name);
            case SUBTREE -> coversOneAbove(name);
            case SUBTREE_ONE -> names.contains(name) || names.contains(above(name));
        };
    }

    /// Whether others' mailboxes may be among these.
    boolean mayCoverOthers() {
        return which != Which.INBOXES && which != Which.PERSONAL;
    }

    private boolean coversOneAbove(String name) {
        int end = name.length();
        while (end > 0 && !names.contains(name.substring(0, end))) {
            end = name.lastIndexOf(MailboxNames.SEPARATOR, end - 1);
        }
        return end > 0;
    }

    private static String above(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf(MailboxNames.SEPARATOR)));
    }

    private static Set<String> names(Decoder in, String overflow) throws IOException {
        in.expectSp();
        Set<String> names = new HashSet<>();
        if (!in.take('(')) {
            names.add(in.mailbox());
            return names;
        }
        do {
            names.add(in.mailbox());
            if (names.size() > NAMES_MAX) {
                throw new No(overflow, "More than " + NAMES_MAX + " names");
            }
        } while (in.take(' '));
        in.expect(')');
        return names;
    }
}
