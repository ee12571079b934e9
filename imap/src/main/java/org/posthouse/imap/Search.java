package org.posthouse.imap;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.posthouse.fulltext.TextIndex.Where;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Headers;
import org.posthouse.mail.MailDate;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.MailboxView;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.StoreException;

/// One run over a mailbox, most often the selected one. What is cheap to know is looked at first; rows are read by
/// the batch, headers from summaries where these have the field, and bodies only where nothing else decides.
final class Search {
    private static final int DAY_SECONDS = 86_400;

    private final Session session;
    private final Selected selected;
    private final MailboxView view;
    private final SearchKey key;
    private final long nowSeconds = System.currentTimeMillis() / 1_000;
    private final Map<SequenceSet, UidSet> resolved = new HashMap<>();
    private final IndexedText texts;
    private final Map<Integer, Integer> relevances = new HashMap<>(); // by sequence number, where below 100
    private boolean byModSeq;

    /// In the selected mailbox.
    Search(Session session, SearchKey key) {
        this(session, session.selected(), key);
    }

    /// @param selected the mailbox, as the client knows it or as if it had just selected it
    Search(Session session, Selected selected, SearchKey key) {
        this.session = session;
        this.selected = selected;
        this.view = session.store().view(selected.mailboxId());
        this.key = key;
        this.texts = new IndexedText(session.settings().fullText(), selected.size(), session::checkTime);
        resolve(key);
    }

    /// Whether mod-sequences were searched for, so that they are told.
    boolean byModSeq() {
        return byModSeq;
    }

    /// Sequence numbers of what fits.
    UidSet run() throws IOException {
        boolean needsRow = SearchKey.cost(key) > 0;
        UidSet.Builder found = new UidSet.Builder();
        RowBatch rows = null;
        for (int sequence = 1; sequence <= selected.size(); sequence++) {
            session.progress().step(1);
            if (needsRow && sequence % RowBatch.SIZE == 1) {
                done(rows);
                int last = Math.min(selected.size(), sequence + RowBatch.SIZE - 1);
                rows = new RowBatch(session, selected, UidSet.range(sequence, last));
            }
            long uid = selected.uid(sequence);
            int at = view.indexOf(uid);
            MessageRow row = rows == null ? null : rows.row(uid);
            if (at >= 0 && (row != null || !needsRow)) { // one expunged elsewhere matches nothing
                try (Candidate candidate = new Candidate(sequence, at, rows, row)) {
                    if (matches(key, candidate)) {
                        found.add(sequence);
                        candidate.keepRelevance();
                    }
                }
            }
        }
        done(rows);
        return found.build();
    }

    /// The same, one by one.
    int[] sequences() throws IOException {
        UidSet found = run();
        int[] sequences = new int[(int) found.count()];
        int at = 0;
        for (int range = 0; range < found.ranges(); range++) {
            for (long sequence = found.first(range); sequence <= found.last(range); sequence++) {
                sequences[at++] = (int) sequence;
            }
        }
        return sequences;
    }

    /// How well a message that was found fits what was looked for fuzzily, 1 to 100 (RFC 6203 section 4).
    int relevance(int sequence) {
        return relevances.getOrDefault(sequence, 100);
    }

    private static void done(RowBatch rows) {
        if (rows != null) {
            rows.done();
        }
    }

    /// Sequence sets are resolved once. Numbers of messages that are not there match nothing, and are no mistake (RFC
    /// 7377 section 2).
    private void resolve(SearchKey key) {
        switch (key) {
            case SearchKey.And and -> and.keys().forEach(this::resolve);
            case SearchKey.Or or -> {
                resolve(or.left());
                resolve(or.right());
            }
            case SearchKey.Not not -> resolve(not.key());
            case SearchKey.Sequences sequences -> resolved.put(sequences.set(), selected.sought(sequences.set()));
            case SearchKey.Uids uids -> resolved.put(uids.set(), selected.sequences(uids.set(), true));
            case SearchKey.ModSeq _ -> byModSeq = true;
            case SearchKey.SystemFlag _,
                    SearchKey.Keyword _,
                    SearchKey.Recent _,
                    SearchKey.Within _,
                    SearchKey.Larger _,
                    SearchKey.Smaller _,
                    SearchKey.Arrived _,
                    SearchKey.Saved _,
                    SearchKey.Sent _,
                    SearchKey.Header _,
                    SearchKey.Email _,
                    SearchKey.InThread _,
                    SearchKey.Body _,
                    SearchKey.Text _ -> {}
        }
    }

    private boolean matches(SearchKey key, Candidate message) throws IOException {
        return switch (key) {
            case SearchKey.And and -> {
                for (SearchKey each : and.keys()) {
                    if (!matches(each, message)) {
                        yield false;
                    }
                }
                yield true;
            }
            case SearchKey.Or or -> matches(or.left(), message) || matches(or.right(), message);
            case SearchKey.Not not -> !matches(not.key(), message);
            case SearchKey.Sequences sequences -> resolved.get(sequences.set()).contains(message.sequence);
            case SearchKey.Uids uids -> resolved.get(uids.set()).contains(message.sequence);
            case SearchKey.SystemFlag flag -> message.flags.has(flag.bit());
            case SearchKey.Keyword keyword -> message.hasKeyword(keyword.name());
            case SearchKey.Recent _ -> selected.recent(message.uid);
            case SearchKey.ModSeq modSeq -> message.modSeq >= modSeq.atLeast();
            case SearchKey.Within within -> {
                boolean younger = message.row.internalDateSeconds() >= nowSeconds - within.seconds();
                yield younger == within.younger();
            }
            case SearchKey.Larger larger -> message.row.size() > larger.bytes();
            case SearchKey.Smaller smaller -> message.row.size() < smaller.bytes();
            case SearchKey.Arrived arrived -> lies(arrived.lies(), message.arrivalDay(), arrived.epochDay());
            case SearchKey.Saved saved ->
                lies(saved.lies(), Math.floorDiv(message.row.savedSeconds(), DAY_SECONDS), saved.epochDay());
            case SearchKey.Sent sent -> {
                var date = MailDate.ofHeader(message.headers("Date").first("Date"));
                yield date.isPresent() && lies(sent.lies(), date.get().epochDay(), sent.epochDay());
            }
            case SearchKey.Header header ->
                message.fits(TextSearch.inField(message.headers(header.field()), header.field(), header.text()));
            case SearchKey.Email email -> ObjectIds.email(message.row.bodyId()).equals(email.id());
            case SearchKey.InThread thread -> thread.id().equals(ObjectIds.thread(message.headers()));
            case SearchKey.Body body ->
                message.fits(texts.relevance(body.text(), Where.BODY, message.row.bodyId(), message::openAgain));
            case SearchKey.Text text ->
                message.fits(texts.relevance(text.text(), Where.TEXT, message.row.bodyId(), message::openAgain));
        };
    }

    private static boolean lies(SearchKey.Lies lies, long day, long given) {
        return switch (lies) {
            case BEFORE -> day < given;
            case ON -> day == given;
            case SINCE -> day >= given;
        };
    }

    /// A message being looked at.
    private final class Candidate implements AutoCloseable {
        final long sequence;
        final long uid;
        final Flags flags;
        final long modSeq;
        final MessageRow row;
        private final RowBatch rows;
        private Summary summary;
        private OpenMessage open;
        private boolean lookedThrough;
        private int relevance = 100;

        /// @param at place in the view
        /// @param rows null where none are needed
        Candidate(long sequence, int at, RowBatch rows, MessageRow row) {
            this.sequence = sequence;
            this.uid = view.uid(at);
            this.flags = view.flags(at);
            this.modSeq = view.modSeq(at);
            this.rows = rows;
            this.row = row;
        }

        /// A header in which this field is, if the message has it.
        Headers headers(String field) throws IOException {
            return summary().keeps(field) ? summary.headers(field) : open().headers();
        }

        /// A header in which all fields are that summaries keep.
        Headers headers() throws IOException {
            return summary().hasFields() ? summary.headers() : open().headers();
        }

        private Summary summary() throws IOException {
            if (summary == null) {
                summary = rows.summary(row, open());
            }
            return summary;
        }

        /// To be looked through once more. That may take long, and there may be a thousand keys that do so: whether
        /// there is time left, and the client, is asked again for each.
        OpenMessage openAgain() throws IOException {
            if (lookedThrough) {
                session.progress().again();
            }
            lookedThrough = true;
            return open();
        }

        OpenMessage open() {
            if (open == null) {
                open = new OpenMessage(session.store(), row.bodyId());
            }
            return open;
        }

        /// Whether a text fits; all that do make it as relevant as the least of them.
        boolean fits(int relevanceOfText) {
            if (relevanceOfText > 0) {
                relevance = Math.min(relevance, relevanceOfText);
            }
            return relevanceOfText > 0;
        }

        void keepRelevance() {
            if (relevance < 100) {
                relevances.put((int) sequence, relevance);
            }
        }

        long arrivalDay() {
            return new MailDate(row.internalDateSeconds(), row.zoneMinutes()).epochDay();
        }

        boolean hasKeyword(String name) {
            for (String keyword : flags.keywords()) {
                if (keyword.equalsIgnoreCase(name)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void close() throws StoreException {
            if (open != null) {
                open.close();
            }
        }
    }
}
