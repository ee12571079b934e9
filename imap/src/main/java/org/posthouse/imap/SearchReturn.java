package org.posthouse.imap;

import java.util.EnumSet;
import java.util.Set;
import org.posthouse.imap.ImapException.Bad;

/// What SEARCH or SORT is to answer (RFC 4731 section 3.1, RFC 5182, RFC 9394): `RETURN (MIN COUNT)`.
///
/// @param extended whether the answer is ESEARCH
/// @param partial which of the results are wanted, or null
record SearchReturn(boolean extended, Set<Item> items, Partial partial) {
    private static final SearchReturn PLAIN = new SearchReturn(false, EnumSet.noneOf(Item.class), null);

    /// One thing to be told, or done.
    enum Item {
        MIN,
        MAX,
        COUNT,
        ALL,
        SAVE,
        /// How well each fits (RFC 6203 section 4).
        RELEVANCY
    }

    /// Results from one place to another, counted from 1; from the end if `fromEnd`.
    ///
    /// @param text as it stands in the answer
    record Partial(long first, long last, boolean fromEnd, String text) {
        /// Reads `1:500` or `-1:-100`, in either order.
        static Partial read(Decoder in) {
            boolean fromEnd = in.take('-');
            long one = in.number();
            in.expect(':');
            if (in.take('-') != fromEnd) {
                throw new Bad("Both ends of a range count from the same side");
            }
            long other = in.number();
            if (one == 0 || other == 0) {
                throw new Bad("Results are counted from 1");
            }
            String sign = fromEnd ? "-" : "";
            return new Partial(Math.min(one, other), Math.max(one, other), fromEnd, sign + one + ":" + sign + other);
        }

        /// Index of the first of these among so many.
        int from(int count) {
            return (int) (fromEnd ? Math.max(0, count - last) : Math.min(count, first - 1));
        }

        /// Behind the last.
        int to(int count) {
            return (int) (fromEnd ? Math.max(0, count - first + 1) : Math.min(count, last));
        }
    }

    /// Reads the options if they stand here, and the space behind them.
    ///
    /// @param rev2 whether the client speaks IMAP4rev2, in which every answer is ESEARCH
    static SearchReturn read(Decoder in, boolean rev2) {
        if (!in.takeWord("RETURN")) {
            return rev2 ? new SearchReturn(true, EnumSet.of(Item.ALL), null) : PLAIN;
        }
        in.expectSp();
        in.expect('(');
        Set<Item> items = EnumSet.noneOf(Item.class);
        Partial partial = null;
        if (!in.take(')')) {
            do {
                String name = in.keyword();
                if (name.equals("PARTIAL")) {
                    if (partial != null) {
                        throw new Bad("PARTIAL may stand once");
                    }
                    in.expectSp();
                    partial = Partial.read(in);
                } else if (!items.add(item(name))) {
                    throw new Bad(name + " may stand once");
                }
            } while (in.take(' '));
            in.expect(')');
        }
        in.expectSp();
        if (partial != null && items.contains(Item.ALL)) { // RFC 9394 section 3.1
            throw new Bad("Either ALL or PARTIAL");
        }
        if (items.isEmpty() && partial == null) {
            items.add(Item.ALL);
        }
        return new SearchReturn(true, items, partial);
    }

    boolean has(Item item) {
        return items.contains(item);
    }

    /// Whether everything found is told or counted, so that it is what `$` stands for, and what MODSEQ is about.
    boolean wantsAll() {
        return has(Item.ALL) || has(Item.COUNT) || (partial == null && !has(Item.MIN) && !has(Item.MAX));
    }

    /// Refuses what asks for relevance where nothing is looked for fuzzily (RFC 6203 section 4).
    void requireFuzzy(boolean fuzzy) {
        if (has(Item.RELEVANCY) && !fuzzy) {
            throw new Bad("RELEVANCY needs a FUZZY key");
        }
    }

    /// Whether there is anything to be told.
    boolean tells() {
        return partial != null || !items.equals(EnumSet.of(Item.SAVE));
    }

    private static Item item(String name) {
        for (Item item : Item.values()) {
            if (item.name().equals(name)) {
                return item;
            }
        }
        throw new Bad("No such return option");
    }
}
