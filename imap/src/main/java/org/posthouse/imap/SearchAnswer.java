package org.posthouse.imap;

import java.io.IOException;
import java.util.function.IntUnaryOperator;
import org.posthouse.imap.SearchReturn.Item;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.UidSet;

/// The answer to SEARCH, SORT or ESEARCH, in the old form or as ESEARCH (RFC 4731, RFC 5267 section 3, RFC 9394), and
/// what is saved of it (RFC 5182).
///
/// @param selected what was searched
/// @param plain name of the old form
/// @param byUid whether it tells UIDs
/// @param found sequence numbers, in the order of the answer
/// @param relevance of a sequence number, for RELEVANCY (RFC 6203)
/// @param withModSeq whether the highest mod-sequence of what is told is told too (RFC 7162 section 3.1.5)
record SearchAnswer(
        Selected selected, String plain, boolean byUid, int[] found, IntUnaryOperator relevance, boolean withModSeq) {

    /// Of the selected mailbox.
    SearchAnswer(
            Session session, String plain, boolean byUid, int[] found, IntUnaryOperator relevance, boolean withModSeq) {
        this(session.selected(), plain, byUid, found, relevance, withModSeq);
    }

    /// Writes it.
    void write(Session session, SearchReturn wanted) throws IOException {
        if (wanted.has(Item.SAVE)) {
            selected.save(saved(wanted));
        }
        Responses out = session.out();
        if (!wanted.extended()) {
            out.text("* ").text(plain);
            for (int sequence : found) {
                out.octet(' ').number(number(sequence));
            }
            if (withModSeq && found.length > 0) {
                out.text(" (MODSEQ ").number(highest(session, wanted)).octet(')');
            }
            out.endLine();
        } else if (wanted.tells()) {
            session.out().text("* ESEARCH (TAG ").string(session.tag()).octet(')');
            extended(session, wanted);
        }
    }

    /// Writes it with the mailbox' name (RFC 7377 section 2.1).
    ///
    /// @param mailbox Unicode
    void writeOf(String mailbox, Session session, SearchReturn wanted) throws IOException {
        if (wanted.has(Item.SAVE)) {
            selected.save(saved(wanted));
        }
        if (wanted.tells() && found.length > 0) {
            Responses out = session.out();
            out.text("* ESEARCH (TAG ").string(session.tag()).text(" MAILBOX ").mailbox(MailboxNames.encode(mailbox));
            out.text(" UIDVALIDITY ").number(selected.uidValidity()).octet(')');
            extended(session, wanted);
        }
    }

    private void extended(Session session, SearchReturn wanted) throws IOException {
        Responses out = session.out();
        out.text(byUid ? " UID" : "");
        if (found.length > 0 && wanted.has(Item.MIN)) {
            out.text(" MIN ").number(number(found[0]));
        }
        if (found.length > 0 && wanted.has(Item.MAX)) {
            out.text(" MAX ").number(number(found[found.length - 1]));
        }
        if (wanted.has(Item.COUNT)) {
            out.text(" COUNT ").number(found.length);
        }
        if (found.length > 0 && wanted.has(Item.ALL)) {
            numbers(0, found.length, out.text(" ALL "));
        }
        if (wanted.partial() != null) {
            int from = wanted.partial().from(found.length);
            int to = wanted.partial().to(found.length);
            out.text(" PARTIAL (").text(wanted.partial().text()).octet(' ');
            if (from < to) {
                numbers(from, to, out);
            } else {
                out.text("NIL");
            }
            out.octet(')');
        }
        if (found.length > 0 && wanted.has(Item.RELEVANCY)) {
            relevances(wanted, out);
        }
        if (withModSeq && found.length > 0) {
            out.text(" MODSEQ ").number(highest(session, wanted));
        }
        out.endLine();
    }

    /// In the order of the answer.
    private void relevances(SearchReturn wanted, Responses out) {
        int from = wanted.partial() == null ? 0 : wanted.partial().from(found.length);
        int to = wanted.partial() == null ? found.length : wanted.partial().to(found.length);
        for (int at = from; at < to; at++) {
            out.text(at == from ? " RELEVANCY (" : " ").number(relevance.applyAsInt(found[at]));
        }
        out.text(from < to ? ")" : "");
    }

    /// In the order of the answer; neighbours that ascend by one are a range.
    private void numbers(int from, int to, Responses out) {
        for (int at = from; at < to; ) {
            long first = number(found[at]);
            long last = first;
            int next = at + 1;
            while (next < to && number(found[next]) == last + 1) {
                last++;
                next++;
            }
            out.text(at == from ? "" : ",").number(first);
            if (last > first) {
                out.octet(':').number(last);
            }
            at = next;
        }
    }

    private long number(int sequence) {
        return byUid ? selected.uid(sequence) : sequence;
    }

    /// UIDs of what `$` will stand for (RFC 5182 section 2.1).
    private UidSet saved(SearchReturn wanted) {
        UidSet.Builder saved = new UidSet.Builder();
        told(wanted, sequence -> saved.add(selected.uid(sequence)));
        return saved.build();
    }

    /// The highest mod-sequence of what is told (RFC 7162 section 3.1.10).
    private long highest(Session session, SearchReturn wanted) {
        var view = session.store().view(selected.mailboxId());
        long[] highest = {0};
        told(wanted, sequence -> {
            int at = view.indexOf(selected.uid(sequence));
            highest[0] = Math.max(highest[0], at < 0 ? 0 : view.modSeq(at));
        });
        return highest[0];
    }

    private interface Each {
        void take(int sequence);
    }

    /// In ascending order, each once.
    private void told(SearchReturn wanted, Each each) {
        boolean[] chosen = new boolean[found.length];
        if (wanted.wantsAll()) {
            java.util.Arrays.fill(chosen, true);
        } else if (found.length > 0) {
            chosen[0] = wanted.has(Item.MIN);
            chosen[found.length - 1] |= wanted.has(Item.MAX);
            if (wanted.partial() != null) {
                int from = wanted.partial().from(found.length);
                int to = wanted.partial().to(found.length);
                java.util.Arrays.fill(chosen, from, Math.max(from, to), true);
            }
        }
        java.util.stream.IntStream.range(0, found.length)
                .filter(at -> chosen[at])
                .map(at -> found[at])
                .sorted()
                .forEach(each::take);
    }
}
