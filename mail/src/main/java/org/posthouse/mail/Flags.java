package org.posthouse.mail;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/// The flags of one message: system flags as bits, keywords as text (RFC 3501 section 2.3.2). Keywords compare
/// without regard to case and keep the spelling first seen. Immutable; keywords in alphabetical order.
///
/// @param bits a union of [#SEEN], [#ANSWERED], [#FLAGGED], [#DELETED], [#DRAFT]
/// @param keywords sorted, no two alike but for case
public record Flags(int bits, List<String> keywords) {
    /// `\Seen`
    public static final int SEEN = 1;
    /// `\Answered`
    public static final int ANSWERED = 2;
    /// `\Flagged`
    public static final int FLAGGED = 4;
    /// `\Deleted`
    public static final int DELETED = 8;
    /// `\Draft`
    public static final int DRAFT = 16;
    /// No flag at all.
    public static final Flags NONE = new Flags(0, List.of());

    private static final String[] SYSTEM = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"};

    /// Copies and sorts the keywords.
    public Flags {
        keywords = sorted(keywords);
    }

    /// Only system flags.
    public static Flags of(int bits) {
        return new Flags(bits, List.of());
    }

    /// From names as IMAP writes them. `\Recent` is no flag that anybody can set and is left out.
    ///
    /// @throws IllegalArgumentException for a name with a backslash that is no system flag
    public static Flags ofNames(Collection<String> names) {
        int bits = 0;
        List<String> keywords = new ArrayList<>();
        for (String name : names) {
            int bit = systemBit(name);
            if (bit != 0) {
                bits |= bit;
            } else if (!name.startsWith("\\")) {
                keywords.add(name);
            } else if (!name.equalsIgnoreCase("\\Recent")) {
                throw new IllegalArgumentException("no such system flag: " + name);
            }
        }
        return new Flags(bits, keywords);
    }

    /// Names as IMAP writes them, system flags first.
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < SYSTEM.length; i++) {
            if ((bits & 1 << i) != 0) {
                names.add(SYSTEM[i]);
            }
        }
        names.addAll(keywords);
        return names;
    }

    /// Whether all of the given system flags are set.
    public boolean has(int systemBits) {
        return (bits & systemBits) == systemBits;
    }

    /// These and those.
    public Flags plus(Flags other) {
        if (other.keywords.isEmpty()) {
            return (bits | other.bits) == bits ? this : new Flags(bits | other.bits, keywords);
        }
        List<String> union = new ArrayList<>(keywords);
        union.addAll(other.keywords);
        return new Flags(bits | other.bits, union);
    }

    /// These without those.
    public Flags minus(Flags other) {
        List<String> rest = new ArrayList<>(keywords);
        for (String keyword : other.keywords) {
            rest.removeIf(keyword::equalsIgnoreCase);
        }
        return new Flags(bits & ~other.bits, rest);
    }

    private static int systemBit(String name) {
        for (int i = 0; i < SYSTEM.length; i++) {
            if (SYSTEM[i].equalsIgnoreCase(name)) {
                return 1 << i;
            }
        }
        return 0;
    }

    private static List<String> sorted(List<String> keywords) {
        if (keywords.isEmpty()) {
            return List.of();
        }
        SortedMap<String, String> byName = new TreeMap<>();
        for (String keyword : keywords) {
            byName.putIfAbsent(keyword.toLowerCase(Locale.ROOT), keyword);
        }
        return List.copyOf(byName.values());
    }
}
