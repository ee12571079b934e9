package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.mail.Address;
import org.posthouse.mail.BaseSubject;
import org.posthouse.mail.EncodedWords;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MailDate;
import org.posthouse.mail.UidSet;
import org.posthouse.mail.UnicodeCasemap;
import org.posthouse.mailstore.MessageRow;

/// By what SORT puts messages in order (RFC 5256 section 3, RFC 5957); those that are alike in all of it stay in
/// mailbox order.
record SortOrder(List<Criterion> criteria) {
    private static final int CRITERIA_MAX = 20;
    private static final int MESSAGES_MAX = 1_000_000;

    /// What is compared.
    enum Key {
        ARRIVAL,
        CC,
        DATE,
        DISPLAYFROM,
        DISPLAYTO,
        FROM,
        /// What was looked for fuzzily, best first (RFC 6203 section 6).
        RELEVANCY,
        SIZE,
        SUBJECT,
        TO
    }

    /// @param reverse whether the greatest comes first
    record Criterion(Key key, boolean reverse) {}

    /// A message with what it is compared by, in the order of the criteria.
    @SuppressWarnings("ArrayRecordComponent") // seen by this class only
    private record Sortable(int sequence, Comparable<?>[] values) {}

    /// Reads `(REVERSE DATE SUBJECT)`.
    static SortOrder read(Decoder in) {
        List<Criterion> criteria = new ArrayList<>();
        in.expect('(');
        do {
            String name = in.keyword();
            boolean reverse = name.equals("REVERSE");
            if (reverse) {
                in.expectSp();
                name = in.keyword();
            }
            criteria.add(new Criterion(key(name), reverse));
            if (criteria.size() > CRITERIA_MAX) {
                throw new Bad("More than " + CRITERIA_MAX + " sort criteria");
            }
        } while (in.take(' '));
        in.expect(')');
        return new SortOrder(criteria);
    }

    private static Key key(String name) {
        for (Key key : Key.values()) {
            if (key.name().equals(name)) {
                return key;
            }
        }
        throw new Bad("No such sort criterion");
    }

    /// Refuses an order by relevance where nothing is looked for fuzzily (RFC 6203 section 6).
    void requireFuzzy(boolean fuzzy) {
        if (!fuzzy && criteria.stream().anyMatch(each -> each.key == Key.RELEVANCY)) {
            throw new Bad("RELEVANCY needs a FUZZY key");
        }
    }

    /// Sequence numbers in this order. A message that was expunged elsewhere is left out.
    ///
    /// @param relevance of a sequence number
    int[] sorted(Session session, UidSet found, IntUnaryOperator relevance) throws IOException {
        if (found.count() > MESSAGES_MAX) {
            throw new No("LIMIT", "More than " + MESSAGES_MAX + " messages cannot be sorted");
        }
        List<Sortable> messages = new ArrayList<>();
        List<Integer> batch = new ArrayList<>();
        for (int range = 0; range < found.ranges(); range++) {
            for (long sequence = found.first(range); sequence <= found.last(range); sequence++) {
                batch.add((int) sequence);
                if (batch.size() == RowBatch.SIZE) {
                    read(session, batch, relevance, messages);
                }
            }
        }
        read(session, batch, relevance, messages);
        messages.sort(comparator());
        return messages.stream().mapToInt(Sortable::sequence).toArray();
    }

    private void read(Session session, List<Integer> sequences, IntUnaryOperator relevance, List<Sortable> into)
            throws IOException {
        if (sequences.isEmpty()) {
            return;
        }
        session.progress().step(sequences.size());
        UidSet.Builder set = new UidSet.Builder();
        sequences.forEach(set::add);
        RowBatch rows = new RowBatch(session, set.build());
        for (int sequence : sequences) {
            MessageRow row = rows.row(session.selected().uid(sequence));
            if (row != null) {
                Headers headers = needsHeader() ? rows.headers(row) : Headers.NONE;
                into.add(new Sortable(sequence, values(row, headers, relevance.applyAsInt(sequence))));
            }
        }
        rows.done();
        sequences.clear();
    }

    private boolean needsHeader() {
        return criteria.stream()
                .anyMatch(each -> each.key != Key.ARRIVAL && each.key != Key.SIZE && each.key != Key.RELEVANCY);
    }

    private Comparable<?>[] values(MessageRow row, Headers headers, int relevance) {
        Comparable<?>[] values = new Comparable<?>[criteria.size()];
        for (int i = 0; i < values.length; i++) {
            Key key = criteria.get(i).key;
            values[i] = key == Key.RELEVANCY ? Integer.valueOf(-relevance) : value(key, row, headers);
        }
        return values;
    }

    private static Comparable<?> value(Key key, MessageRow row, Headers headers) {
        return switch (key) {
            case ARRIVAL -> row.internalDateSeconds();
            case SIZE -> row.size();
            case RELEVANCY -> throw new IllegalArgumentException("relevance is the search's");
            case DATE -> sentSeconds(row, headers);
            case SUBJECT ->
                UnicodeCasemap.key(BaseSubject.of(headers.first("Subject")).text());
            case CC -> mailbox(headers.first("Cc"));
            case FROM -> mailbox(headers.first("From"));
            case TO -> mailbox(headers.first("To"));
            case DISPLAYFROM -> display(headers.first("From"));
            case DISPLAYTO -> display(headers.first("To"));
        };
    }

    /// Of the Date field; of the arrival where that says nothing (RFC 5256 section 2.2).
    static long sentSeconds(MessageRow row, Headers headers) {
        return MailDate.ofHeader(headers.first("Date")).map(MailDate::seconds).orElse(row.internalDateSeconds());
    }

    /// The local part of the first address.
    private static String mailbox(String field) {
        Address first = first(field);
        return first == null || first.mailbox() == null ? "" : UnicodeCasemap.key(EncodedWords.decode(first.mailbox()));
    }

    /// The first address' name, else the address (RFC 5957 section 3).
    private static String display(String field) {
        Address first = first(field);
        if (first == null) {
            return "";
        }
        if (first.name() != null && !first.name().isEmpty()) {
            return UnicodeCasemap.key(EncodedWords.decode(first.name()));
        }
        String mailbox = first.mailbox() == null ? "" : first.mailbox();
        return UnicodeCasemap.key(first.host() == null ? mailbox : mailbox + "@" + first.host());
    }

    private static Address first(String field) {
        List<Address> addresses = field == null ? List.of() : Address.list(field);
        return addresses.isEmpty() ? null : addresses.getFirst();
    }

    private Comparator<Sortable> comparator() {
        Comparator<Sortable> order = (_, _) -> 0;
        for (int i = 0; i < criteria.size(); i++) {
            Comparator<Sortable> next = by(i);
            order = order.thenComparing(criteria.get(i).reverse ? next.reversed() : next);
        }
        return order.thenComparingInt(Sortable::sequence);
    }

    private static Comparator<Sortable> by(int criterion) {
        return (one, other) -> compare(one.values[criterion], other.values[criterion]);
    }

    @SuppressWarnings("unchecked") // one criterion's values are of one type
    private static int compare(Comparable<?> one, Comparable<?> other) {
        return one instanceof String text
                ? UnicodeCasemap.compare(text, (String) other)
                : ((Comparable<Object>) one).compareTo(other);
    }

    @Override
    public String toString() {
        return Arrays.toString(criteria.toArray());
    }
}
