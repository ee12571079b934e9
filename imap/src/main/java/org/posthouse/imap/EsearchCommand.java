package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.SearchReturn.Item;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.StoreException;

/// ESEARCH (MULTISEARCH, RFC 7377): a search of several mailboxes, without selecting them. One line for each in which
/// something was found; of those that the user may not read nothing is told.
final class EsearchCommand implements Command {
    private static final int FILTERS_MAX = 100;

    /// Where to look.
    private record Sources(boolean selected, List<MailboxFilter> filters) {
        private static final Sources DEFAULT = new Sources(true, List.of());

        /// Reads `IN (selected subtree (a b))` and the space behind it, if it stands here.
        static Sources read(Decoder in) throws IOException {
            if (!in.takeWord("IN")) {
                return DEFAULT;
            }
            in.expectSp();
            in.expect('(');
            boolean selected = false;
            List<MailboxFilter> filters = new ArrayList<>();
            do {
                if (in.peek() == '(') {
                    throw new Bad("There are no scope options");
                }
                String word = in.keyword();
                if (word.equals("SELECTED")) {
                    selected = true;
                } else {
                    filters.add(MailboxFilter.read(in, word, "LIMIT"));
                }
                if (filters.size() > FILTERS_MAX) {
                    throw new No("LIMIT", "More than " + FILTERS_MAX + " sets of mailboxes");
                }
            } while (in.take(' '));
            in.expect(')');
            in.expectSp();
            return new Sources(selected, filters);
        }
    }

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectSp();
        Sources sources = Sources.read(in);
        SearchReturn wanted = SearchReturn.read(in, true);
        SearchParser parser = new SearchParser(in, session.limits());
        SearchKey key = parser.read();
        in.expectEnd();
        wanted.requireFuzzy(parser.fuzzy());
        if (sources.selected && session.selected() == null) {
            throw new Bad("No mailbox is selected");
        }
        if (wanted.has(Item.SAVE) && !sources.filters.isEmpty()) { // section 2.2
            throw new Bad("SAVE is for the selected mailbox only");
        }
        if (wanted.has(Item.SAVE)) {
            session.selected().save(UidSet.EMPTY);
        }
        Map<Long, String> mailboxes = mailboxes(session, sources);
        session.progress().begin(messages(session, mailboxes.keySet()));
        for (Map.Entry<Long, String> mailbox : mailboxes.entrySet()) {
            try {
                search(session, mailbox.getKey(), mailbox.getValue(), key, wanted);
            } catch (StoreException e) {
                if (e.kind() != StoreException.Kind.NO_SUCH_MAILBOX) {
                    throw e;
                } // deleted since it was listed
            }
        }
        return Completed.ok("ESEARCH completed");
    }

    /// About how many there are in all.
    private static long messages(Session session, Set<Long> mailboxIds) {
        long messages = 0;
        for (long id : mailboxIds) {
            try {
                messages += session.store().status(id).messages();
            } catch (StoreException e) {
                if (e.kind() != StoreException.Kind.NO_SUCH_MAILBOX) {
                    throw e;
                } // the search will find that out too
            }
        }
        return messages;
    }

    private static void search(Session session, long mailboxId, String name, SearchKey key, SearchReturn wanted)
            throws IOException {
        Selected selected = view(session, mailboxId);
        if (selected == null) {
            return;
        }
        Search search = new Search(session, selected, key);
        if (search.byModSeq()) {
            session.enable(Enabled.Extension.CONDSTORE);
        }
        new SearchAnswer(selected, "", true, search.sequences(), search::relevance, search.byModSeq())
                .writeOf(name, session, wanted);
    }

    /// The selected mailbox as the client knows it, another as it is; null for one that is not there any more.
    private static Selected view(Session session, long mailboxId) {
        if (session.selected() != null && session.selected().mailboxId() == mailboxId) {
            return session.selected();
        }
        Mailbox mailbox = session.store().mailbox(mailboxId).orElse(null);
        if (mailbox == null) {
            return null;
        }
        long firstRecent = session.store().status(mailboxId).firstRecent();
        return new Selected(mailbox, true, firstRecent, session.store().view(mailboxId), session.enabled());
    }

    /// Names by id, each mailbox once: the selected one, then in the order of LIST, then what is named though LIST does
    /// not show it.
    private static Map<Long, String> mailboxes(Session session, Sources sources) {
        Map<Long, String> mailboxes = new LinkedHashMap<>();
        if (sources.selected) {
            Rights _ = session.rights();
            session.store()
                    .mailbox(session.selected().mailboxId())
                    .ifPresent(mailbox -> mailboxes.put(mailbox.id(), Namespaces.name(session.user(), mailbox)));
        }
        if (!sources.filters.isEmpty()) {
            Set<String> subscribed = new HashSet<>(session.store().subscriptions(session.user()));
            for (Visible visible : session.mailboxes().all()) {
                boolean covered = sources.filters.stream()
                        .anyMatch(filter ->
                                filter.covers(visible.name(), visible.own(), subscribed.contains(visible.name())));
                if (covered && visible.rights().has(Rights.READ)) {
                    mailboxes.putIfAbsent(visible.mailbox().id(), visible.name());
                }
            }
            for (MailboxFilter filter : sources.filters) { // the right to look up is not needed for these (section 2.2)
                for (String name : filter.names()) {
                    Visible named = session.mailboxes().readable(name);
                    if (named != null) {
                        mailboxes.putIfAbsent(named.mailbox().id(), named.name());
                    }
                }
            }
        }
        if (mailboxes.size() > session.limits().searchMailboxesMax()) { // section 2.4
            throw new No(
                    "LIMIT", "More than " + session.limits().searchMailboxesMax() + " mailboxes cannot be searched");
        }
        return mailboxes;
    }
}
