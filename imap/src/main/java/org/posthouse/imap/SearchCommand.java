package org.posthouse.imap;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.posthouse.mail.Flags;
import org.posthouse.mail.MailDate;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.MailboxView;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.StoreException;

/// SEARCH and UID SEARCH (RFC 3501 section 6.4.4). What is cheap to know is looked at first; rows are read by the
/// batch and bodies only where nothing else decides.
final class SearchCommand implements Command {
    private static final int DAY_SECONDS = 86_400;
    private static final int ROWS_AT_ONCE = 512;

    private final boolean byUid;

    SearchCommand(boolean byUid) {
        this.byUid = byUid;
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        SearchKey key = new SearchParser(in, session.limits()).read();
        in.expectEnd();

        UidSet found = new Search(session).run(key);
        Responses out = session.out();
        out.text("* SEARCH");
        for (int range = 0; range < found.ranges(); range++) {
            for (long sequence = found.first(range); sequence <= found.last(range); sequence++) {
                out.octet(' ').number(byUid ? session.selected().uid(sequence) : sequence);
            }
        }
        out.endLine();
        return Completed.ok(byUid ? "UID SEARCH completed" : "SEARCH completed");
    }

    /// One run over the mailbox.
    private static final class Search {
        private final Session session;
        private final Selected selected;
        private final MailboxView view;
        private final Map<SequenceSet, UidSet> resolved = new HashMap<>();

        Search(Session session) {
            this.session = session;
            this.selected = session.selected();
            this.view = session.store().view(selected.mailboxId());
        }

        /// Sequence numbers of what fits.
        UidSet run(SearchKey key) throws IOException {
            resolve(key);
            boolean needsRow = SearchKey.cost(key) > 0;
            UidSet.Builder found = new UidSet.Builder();
            Map<Long, MessageRow> rows = Map.of();
            for (int sequence = 1; sequence <= selected.size(); sequence++) {
                session.checkTime();
                if (needsRow && sequence % ROWS_AT_ONCE == 1) {
                    rows = rows(sequence, Math.min(selected.size(), sequence + ROWS_AT_ONCE - 1));
                }
                long uid = selected.uid(sequence);
                int at = view.indexOf(uid);
                MessageRow row = rows.get(uid);
                if (at >= 0 && (row != null || !needsRow)) { // one expunged elsewhere matches nothing
                    try (Candidate candidate = new Candidate(sequence, uid, view.flags(at), row)) {
                        if (matches(key, candidate)) {
                            found.add(sequence);
                        }
                    }
                }
            }
            return found.build();
        }

        private Map<Long, MessageRow> rows(int first, int last) {
            Map<Long, MessageRow> rows = new HashMap<>();
            UidSet uids = selected.uids(UidSet.range(first, last));
            for (MessageRow row : session.store().messages(selected.mailboxId(), uids)) {
                rows.put(row.uid(), row);
            }
            return rows;
        }

        /// Sequence sets are checked, and resolved, once.
        private void resolve(SearchKey key) {
            switch (key) {
                case SearchKey.And and -> and.keys().forEach(this::resolve);
                case SearchKey.Or or -> {
                    resolve(or.left());
                    resolve(or.right());
                }
                case SearchKey.Not not -> resolve(not.key());
                case SearchKey.Sequences sequences ->
                    resolved.put(sequences.set(), selected.sequences(sequences.set(), false));
                case SearchKey.Uids uids -> resolved.put(uids.set(), selected.sequences(uids.set(), true));
                case SearchKey.SystemFlag _,
                        SearchKey.Keyword _,
                        SearchKey.Recent _,
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
                case SearchKey.Sequences sequences ->
                    resolved.get(sequences.set()).contains(message.sequence);
                case SearchKey.Uids uids -> resolved.get(uids.set()).contains(message.sequence);
                case SearchKey.SystemFlag flag -> message.flags.has(flag.bit());
                case SearchKey.Keyword keyword -> message.hasKeyword(keyword.name());
                case SearchKey.Recent _ -> selected.recent(message.uid);
                case SearchKey.Larger larger -> message.row.size() > larger.bytes();
                case SearchKey.Smaller smaller -> message.row.size() < smaller.bytes();
                case SearchKey.Arrived arrived -> lies(arrived.lies(), message.arrivalDay(), arrived.epochDay());
                case SearchKey.Saved saved ->
                    lies(saved.lies(), Math.floorDiv(message.row.savedSeconds(), DAY_SECONDS), saved.epochDay());
                case SearchKey.Sent sent -> {
                    var date = MailDate.ofHeader(message.open().headers().first("Date"));
                    yield date.isPresent() && lies(sent.lies(), date.get().epochDay(), sent.epochDay());
                }
                case SearchKey.Header header ->
                    TextSearch.inField(message.open().headers(), header.field(), header.text());
                case SearchKey.Email email ->
                    ObjectIds.email(message.row.bodyId()).equals(email.id());
                case SearchKey.InThread thread ->
                    thread.id().equals(ObjectIds.thread(message.open().headers()));
                case SearchKey.Body body -> TextSearch.inBody(message.open(), body.text());
                case SearchKey.Text text ->
                    TextSearch.inHeaders(message.open().headers(), text.text())
                            || TextSearch.inBody(message.open(), text.text());
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
            final MessageRow row;
            private OpenMessage open;

            Candidate(long sequence, long uid, Flags flags, MessageRow row) {
                this.sequence = sequence;
                this.uid = uid;
                this.flags = flags;
                this.row = row;
            }

            OpenMessage open() {
                if (open == null) {
                    open = new OpenMessage(session.store(), row.bodyId());
                }
                return open;
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
}
