package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.SearchKey.Lies;
import org.posthouse.mail.Flags;
import org.posthouse.mail.MailDate;

/// Reads the keys of SEARCH (RFC 3501 section 6.4.4). What stands side by side is put in order of cost.
final class SearchParser {
    private final Decoder in;
    private final ImapLimits limits;
    private int keysLeft;
    private int depth;
    private int fuzzyDepth;
    private boolean fuzzy;

    SearchParser(Decoder in, ImapLimits limits) {
        this.in = in;
        this.limits = limits;
        this.keysLeft = limits.searchKeysMax();
    }

    /// `[CHARSET name] key key ...`
    SearchKey read() throws IOException {
        List<SearchKey> keys = new ArrayList<>();
        do {
            if (keys.isEmpty() && keysLeft == limits.searchKeysMax() && in.takeWord("CHARSET")) {
                if (in.enabled().has(Enabled.Extension.UTF8_ACCEPT)) { // RFC 6855 section 3
                    throw new Bad("No CHARSET once UTF8=ACCEPT is enabled");
                }
                in.expectSp();
                charset(in.astring());
                in.expectSp();
            }
            keys.add(key());
        } while (in.take(' '));
        return all(keys);
    }

    /// Whether something is looked for fuzzily, so that relevance may be asked for (RFC 6203 section 4).
    boolean fuzzy() {
        return fuzzy;
    }

    /// `name SP key key ...`, as SORT and THREAD have it.
    SearchKey readBehindCharset() throws IOException {
        charset(in.astring());
        in.expectSp();
        List<SearchKey> keys = new ArrayList<>();
        do {
            keys.add(key());
        } while (in.take(' '));
        return all(keys);
    }

    private static void charset(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        if (!upper.equals("UTF-8") && !upper.equals("US-ASCII")) {
            throw new No("BADCHARSET (US-ASCII UTF-8)", "Charset not supported");
        }
    }

    private SearchKey key() throws IOException {
        if (--keysLeft < 0) {
            throw new Bad("More than " + limits.searchKeysMax() + " search keys");
        }
        if (in.atSequenceSet()) {
            return new SearchKey.Sequences(in.sequenceSet());
        }
        if (++depth > limits.depthMax()) {
            throw new Bad("Search keys nested deeper than " + limits.depthMax());
        }
        SearchKey key = in.take('(') ? group() : named(in.keyword());
        depth--;
        return key;
    }

    private SearchKey group() throws IOException {
        List<SearchKey> keys = new ArrayList<>();
        do {
            keys.add(key());
        } while (in.take(' '));
        in.expect(')');
        return all(keys);
    }

    private SearchKey named(String name) throws IOException {
        return switch (name) {
            case "ALL" -> new SearchKey.And(List.of());
            case "ANSWERED" -> new SearchKey.SystemFlag(Flags.ANSWERED);
            case "DELETED" -> new SearchKey.SystemFlag(Flags.DELETED);
            case "DRAFT" -> new SearchKey.SystemFlag(Flags.DRAFT);
            case "FLAGGED" -> new SearchKey.SystemFlag(Flags.FLAGGED);
            case "SEEN" -> new SearchKey.SystemFlag(Flags.SEEN);
            case "UNANSWERED" -> not(new SearchKey.SystemFlag(Flags.ANSWERED));
            case "UNDELETED" -> not(new SearchKey.SystemFlag(Flags.DELETED));
            case "UNDRAFT" -> not(new SearchKey.SystemFlag(Flags.DRAFT));
            case "UNFLAGGED" -> not(new SearchKey.SystemFlag(Flags.FLAGGED));
            case "UNSEEN" -> not(new SearchKey.SystemFlag(Flags.SEEN));
            case "RECENT" -> new SearchKey.Recent();
            case "OLD" -> not(new SearchKey.Recent());
            case "NEW" -> new SearchKey.And(List.of(new SearchKey.Recent(), not(new SearchKey.SystemFlag(Flags.SEEN))));
            case "KEYWORD" -> new SearchKey.Keyword(keyword());
            case "UNKEYWORD" -> not(new SearchKey.Keyword(keyword()));
            case "LARGER" -> new SearchKey.Larger(number64());
            case "SMALLER" -> new SearchKey.Smaller(number64());
            case "BEFORE" -> new SearchKey.Arrived(Lies.BEFORE, day());
            case "ON" -> new SearchKey.Arrived(Lies.ON, day());
            case "SINCE" -> new SearchKey.Arrived(Lies.SINCE, day());
            case "SAVEDBEFORE" -> new SearchKey.Saved(Lies.BEFORE, day());
            case "SAVEDON" -> new SearchKey.Saved(Lies.ON, day());
            case "SAVEDSINCE" -> new SearchKey.Saved(Lies.SINCE, day());
            case "SAVEDATESUPPORTED" -> new SearchKey.And(List.of()); // every message has one here
            case "SENTBEFORE" -> new SearchKey.Sent(Lies.BEFORE, day());
            case "SENTON" -> new SearchKey.Sent(Lies.ON, day());
            case "SENTSINCE" -> new SearchKey.Sent(Lies.SINCE, day());
            case "BCC", "CC", "FROM", "SUBJECT", "TO" -> new SearchKey.Header(name, text());
            case "HEADER" -> {
                in.expectSp();
                String field = in.astring();
                yield new SearchKey.Header(field, text());
            }
            case "EMAILID" -> new SearchKey.Email(objectId());
            case "THREADID" -> new SearchKey.InThread(objectId());
            case "BODY" -> new SearchKey.Body(text());
            case "TEXT" -> new SearchKey.Text(text());
            case "UID" -> {
                in.expectSp();
                yield new SearchKey.Uids(in.sequenceSet());
            }
            case "UIDAFTER" -> uids(number() + 1, SequenceSet.NUMBER_MAX + 1); // RFC 9738 section 3.2
            case "UIDBEFORE" -> uids(0, Math.max(0, number() - 1));
            case "YOUNGER" -> new SearchKey.Within(true, interval());
            case "OLDER" -> new SearchKey.Within(false, interval());
            case "MODSEQ" -> modSeq();
            case "NOT" -> {
                in.expectSp();
                yield not(key());
            }
            case "OR" -> {
                in.expectSp();
                SearchKey left = key();
                in.expectSp();
                yield new SearchKey.Or(left, key());
            }
            case "FUZZY" -> { // texts are looked for fuzzily, all else as ever (RFC 6203 sections 3 and 5)
                in.expectSp();
                fuzzy = true;
                fuzzyDepth++;
                SearchKey key = key();
                fuzzyDepth--;
                yield key;
            }
            default -> throw new Bad("No such search key");
        };
    }

    private static SearchKey uids(long first, long last) {
        return new SearchKey.Uids(new SequenceSet(List.of(new long[] {first, last})));
    }

    private static SearchKey not(SearchKey key) {
        return new SearchKey.Not(key);
    }

    private static SearchKey all(List<SearchKey> keys) {
        if (keys.size() == 1) {
            return keys.getFirst();
        }
        keys.sort(Comparator.comparingInt(SearchKey::cost));
        return new SearchKey.And(List.copyOf(keys));
    }

    private String objectId() {
        in.expectSp();
        return in.atom();
    }

    private String keyword() {
        in.expectSp();
        return in.atom();
    }

    private long interval() {
        long seconds = number();
        if (seconds == 0) {
            throw new Bad("An interval is 1 s or more");
        }
        return seconds;
    }

    /// `MODSEQ ["/flags/name" all] n`: there is one mod-sequence for all flags of a message (RFC 7162 section 3.1.5).
    private SearchKey modSeq() throws IOException {
        in.expectSp();
        if (in.peek() == '"') {
            if (!in.string().toLowerCase(Locale.ROOT).startsWith("/flags/")) {
                throw new Bad("No such metadata item");
            }
            in.expectSp();
            String type = in.keyword();
            if (!type.equals("ALL") && !type.equals("PRIV") && !type.equals("SHARED")) {
                throw new Bad("Expected all, priv or shared");
            }
            in.expectSp();
        }
        return new SearchKey.ModSeq(in.modSeqOrZero());
    }

    private long number() {
        in.expectSp();
        return in.number();
    }

    private long number64() {
        in.expectSp();
        return in.number64();
    }

    private TextSearch.Needle text() throws IOException {
        in.expectSp();
        return new TextSearch.Needle(Decoder.utf8(in.astring()), fuzzyDepth > 0);
    }

    private long day() throws IOException {
        in.expectSp();
        try {
            return MailDate.dayOfImap(in.astring());
        } catch (IllegalArgumentException e) {
            throw new Bad("Invalid date");
        }
    }
}
