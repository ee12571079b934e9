package org.posthouse.imap;

import java.util.ArrayList;
import java.util.List;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.mail.UidSet;

/// A sequence-set as the client wrote it (RFC 3501 section 9): `2,4:7,9,12:*`. What `*` means depends on the
/// mailbox, so it is kept as [#STAR].
///
/// @param ranges two bounds each, in any order
record SequenceSet(List<long[]> ranges) {
    static final long STAR = Long.MAX_VALUE;
    private static final int RANGES_MAX = 20_000;
    static final long NUMBER_MAX = 0xffff_ffffL;

    /// `$`: what the last SEARCH with SAVE has found (RFC 5182).
    static final SequenceSet SAVED = new SequenceSet(List.of());

    /// Whether this is [#SAVED].
    boolean saved() {
        return ranges.isEmpty();
    }

    static SequenceSet parse(String text) {
        List<long[]> ranges = new ArrayList<>();
        int at = 0;
        while (true) {
            int comma = text.indexOf(',', at);
            String part = text.substring(at, comma < 0 ? text.length() : comma);
            int colon = part.indexOf(':');
            long first = bound(colon < 0 ? part : part.substring(0, colon));
            ranges.add(new long[] {first, colon < 0 ? first : bound(part.substring(colon + 1))});
            if (ranges.size() > RANGES_MAX) {
                throw new Bad("More than " + RANGES_MAX + " ranges");
            }
            if (comma < 0) {
                return new SequenceSet(ranges);
            }
            at = comma + 1;
        }
    }

    /// The numbers, `*` being `star`. What lies above `star` stays in.
    UidSet numbers(long star) {
        List<long[]> resolved = new ArrayList<>(ranges.size());
        for (long[] range : ranges) {
            resolved.add(new long[] {range[0] == STAR ? star : range[0], range[1] == STAR ? star : range[1]});
        }
        return UidSet.ofRanges(resolved);
    }

    /// The numbers of a set in which no `*` may stand.
    UidSet withoutStar() {
        if (saved()) {
            throw new Bad("'$' is not allowed here");
        }
        for (long[] range : ranges) {
            if (range[0] == STAR || range[1] == STAR) {
                throw new Bad("'*' is not allowed here");
            }
        }
        return UidSet.ofRanges(ranges);
    }

    private static long bound(String text) {
        if (text.equals("*")) {
            return STAR;
        }
        if (text.isEmpty() || text.length() > 10 || text.charAt(0) == '0') {
            throw new Bad("Invalid message set");
        }
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new Bad("Invalid message set");
            }
            number = number * 10 + digit;
        }
        if (number > NUMBER_MAX) {
            throw new Bad("Invalid message set");
        }
        return number;
    }
}
