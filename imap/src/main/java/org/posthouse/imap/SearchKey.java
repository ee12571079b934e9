package org.posthouse.imap;

import java.util.List;

/// What SEARCH looks for (RFC 3501 section 6.4.4), as a tree. Texts are in Unicode.
sealed interface SearchKey {

    /// All of them. ALL is the empty one.
    record And(List<SearchKey> keys) implements SearchKey {}

    record Or(SearchKey left, SearchKey right) implements SearchKey {}

    record Not(SearchKey key) implements SearchKey {}

    /// Messages by sequence number.
    record Sequences(SequenceSet set) implements SearchKey {}

    record Uids(SequenceSet set) implements SearchKey {}

    /// All these system flags are set.
    record SystemFlag(int bit) implements SearchKey {}

    record Keyword(String name) implements SearchKey {}

    record Recent() implements SearchKey {}

    record Larger(long bytes) implements SearchKey {}

    record Smaller(long bytes) implements SearchKey {}

    /// How a date lies to the one given.
    enum Lies {
        BEFORE,
        ON,
        SINCE
    }

    /// INTERNALDATE, by day in its own zone.
    record Arrived(Lies lies, long epochDay) implements SearchKey {}

    /// The Date field, by day in its own zone.
    record Sent(Lies lies, long epochDay) implements SearchKey {}

    /// When it came into this mailbox, by day in UTC (RFC 8514 section 4.3).
    record Saved(Lies lies, long epochDay) implements SearchKey {}

    /// Mod-sequence of at least this (RFC 7162 section 3.1.5).
    record ModSeq(long atLeast) implements SearchKey {}

    /// YOUNGER or OLDER (RFC 5032): arrived within so many seconds, or before.
    record Within(boolean younger, long seconds) implements SearchKey {}

    /// A header field contains the text; an empty one means that the field is there.
    record Header(String field, TextSearch.Needle text) implements SearchKey {}

    /// EMAILID (RFC 8474 section 5.5).
    record Email(String id) implements SearchKey {}

    /// THREADID.
    record InThread(String id) implements SearchKey {}

    record Body(TextSearch.Needle text) implements SearchKey {}

    /// Header or body.
    record Text(TextSearch.Needle text) implements SearchKey {}

    /// What it costs to look: 0 the view, 1 the row, 2 the header, 3 the body.
    static int cost(SearchKey key) {
        return switch (key) {
            case And and -> and.keys().stream().mapToInt(SearchKey::cost).max().orElse(0);
            case Or or -> Math.max(cost(or.left()), cost(or.right()));
            case Not not -> cost(not.key());
            case Sequences _, Uids _, SystemFlag _, Keyword _, Recent _, ModSeq _ -> 0;
            case Larger _, Smaller _, Arrived _, Saved _, Within _, Email _ -> 1;
            case Sent _, Header _, InThread _ -> 2;
            case Body _, Text _ -> 3;
        };
    }
}
