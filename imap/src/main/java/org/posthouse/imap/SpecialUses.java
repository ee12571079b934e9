package org.posthouse.imap;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.posthouse.imap.ImapException.No;

/// The special uses that a mailbox can have here (RFC 6154 section 2). `\All` and `\Flagged` are not among them: they
/// are for mailboxes that show what lies in others.
final class SpecialUses {
    private static final List<String> USES = List.of("\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash");

    private SpecialUses() {}

    /// The names in their proper spelling, in order, each once, with spaces between.
    ///
    /// @throws No `USEATTR` for one that is not served
    static String known(List<String> names) {
        SortedSet<String> known = new TreeSet<>();
        for (String name : names) {
            known.add(USES.stream()
                    .filter(name::equalsIgnoreCase)
                    .findFirst()
                    .orElseThrow(() -> new No("USEATTR", "No such special use here")));
        }
        return String.join(" ", known);
    }
}
