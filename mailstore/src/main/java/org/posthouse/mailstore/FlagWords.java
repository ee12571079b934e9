package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;

/// Flags as one 64-bit word: five system flags, then a bit for each keyword of the mailbox's table, in order of
/// first use.
final class FlagWords {
    private static final int SYSTEM_BITS = 5;
    private static final long SYSTEM_MASK = (1 << SYSTEM_BITS) - 1;
    private static final Flags[] SYSTEM_ONLY = new Flags[1 << SYSTEM_BITS];

    static {
        for (int bits = 0; bits < SYSTEM_ONLY.length; bits++) {
            SYSTEM_ONLY[bits] = Flags.of(bits);
        }
    }

    private FlagWords() {}

    static Flags flags(long word, List<String> keywords) {
        int bits = (int) (word & SYSTEM_MASK);
        long rest = word >>> SYSTEM_BITS;
        if (rest == 0) {
            return SYSTEM_ONLY[bits];
        }
        List<String> names = new ArrayList<>(Long.bitCount(rest));
        for (; rest != 0; rest &= rest - 1) {
            names.add(keywords.get(Long.numberOfTrailingZeros(rest)));
        }
        return new Flags(bits, names);
    }

    /// The word of those flags that the table knows.
    static long known(Flags flags, List<String> keywords) {
        long word = flags.bits() & SYSTEM_MASK;
        for (String keyword : flags.keywords()) {
            int at = indexOf(keyword, keywords);
            if (at >= 0) {
                word |= 1L << (SYSTEM_BITS + at);
            }
        }
        return word;
    }

    /// The word, adding to the table what it lacks.
    ///
    /// @throws StoreException `LIMIT` if the table is full
    static long learn(Flags flags, MailboxRow mailbox) {
        for (String keyword : flags.keywords()) {
            if (indexOf(keyword, mailbox.keywords) < 0) {
                if (mailbox.keywords.size() >= Limits.KEYWORDS_MAX) {
                    throw new StoreException(
                            StoreException.Kind.LIMIT,
                            "a mailbox takes " + Limits.KEYWORDS_MAX + " different keywords at most");
                }
                if (keyword.length() > Limits.KEYWORD_BYTES_MAX) {
                    throw new StoreException(StoreException.Kind.LIMIT, "a keyword is too long");
                }
                List<String> more = new ArrayList<>(mailbox.keywords);
                more.add(keyword);
                mailbox.keywords = List.copyOf(more);
            }
        }
        return known(flags, mailbox.keywords);
    }

    /// The bits of a word that somebody with these rights may change (RFC 4314 section 4).
    static long changeable(Rights rights) {
        long word = rights.has(Rights.WRITE) ? ~(long) (Flags.SEEN | Flags.DELETED) : 0;
        word |= rights.has(Rights.SEEN) ? Flags.SEEN : 0;
        return word | (rights.has(Rights.DELETE_MESSAGES) ? Flags.DELETED : 0);
    }

    /// A word moved from one mailbox's table to another's.
    static long translate(long word, MailboxRow from, MailboxRow to) {
        return word >>> SYSTEM_BITS == 0 ? word : learn(flags(word, from.keywords), to);
    }

    private static int indexOf(String keyword, List<String> keywords) {
        for (int i = 0; i < keywords.size(); i++) {
            if (keywords.get(i).equalsIgnoreCase(keyword)) {
                return i;
            }
        }
        return -1;
    }
}
