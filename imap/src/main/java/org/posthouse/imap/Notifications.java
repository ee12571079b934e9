package org.posthouse.imap;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.imap.FetchPlan.Attribute;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.NotifyFilter.Event;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxStatus;
import org.posthouse.mailstore.StoreException;

/// What a session tells unasked (RFC 5465). Until the first NOTIFY that is everything about the selected mailbox, when
/// a command allows it. After it the store wakes this whenever anything of the user's has changed; what was known is
/// compared with what is there, so that a burst of events costs the client one line a mailbox. Guarded by the
/// session's lock.
final class Notifications {
    private final Session session;
    private NotifyFilter filter; // null before the first NOTIFY
    private MailStore.Watch watch = () -> {};
    private MailStore.Watch selectedWatch = () -> {}; // it may be another user's
    private Teller teller;
    private Map<Long, Known> known = new LinkedHashMap<>(); // by mailbox id
    private Set<String> subscribed = Set.of();
    private final Set<String> ownNames = new HashSet<>(); // changed by this session since they were looked at
    private UidSet ownMessages = UidSet.EMPTY; // put into the selected mailbox by this session

    /// @param status null if its messages are not watched
    private record Known(Mailbox mailbox, MailboxStatus status) {}

    Notifications(Session session) {
        this.session = session;
    }

    // ---- what is wanted ----

    void none() {
        stop();
        filter = NotifyFilter.NONE;
    }

    /// @param withStatus whether to tell how the mailboxes are now
    void set(NotifyFilter wanted, boolean withStatus) throws IOException {
        List<Mailbox> mailboxes = wanted.groups().isEmpty() ? List.of() : mailboxes();
        if (mailboxes.size() > session.limits().notifyMailboxesMax()) {
            throw new No("NOTIFICATIONOVERFLOW", "There are too many mailboxes to watch");
        }
        stop();
        filter = null;
        session.tell(Telling.ALL); // section 3.1: an implicit NOOP
        filter = wanted;
        FetchPlan fetch = wanted.selection().fetch();
        if (fetch != null && fetch.has(Attribute.MODSEQ)) {
            session.enable(Extension.CONDSTORE);
        }
        teller = new Teller(session, this::tell);
        watch = session.store().watch(session.user(), teller::wake);
        selectedAnother();
        known = look(mailboxes);
        subscribed = wanted.groups().isEmpty() ? Set.of() : subscriptions();
        if (withStatus) {
            for (Known each : known.values()) {
                if (each.status != null && !selected(each.mailbox.id())) {
                    boolean modSeq = events(each.mailbox).contains(Event.FLAG_CHANGE) || session.condstoreAware();
                    status(each, modSeq, true);
                }
            }
        }
        teller.wake(); // for what happened before the watch stood
    }

    /// Another mailbox is selected, or none.
    void selectedAnother() {
        selectedWatch.close();
        Selected selected = session.selected();
        selectedWatch = teller == null || selected == null
                ? () -> {}
                : session.store().watch(selected.mailboxId(), teller::wake);
    }

    /// The session ends, or wants something else.
    void stop() {
        watch.close();
        watch = () -> {};
        selectedWatch.close();
        selectedWatch = () -> {};
        if (teller != null) {
            teller.stop();
            teller = null;
        }
        known = new LinkedHashMap<>();
        subscribed = Set.of();
        ownNames.clear();
        ownMessages = UidSet.EMPTY;
    }

    /// Whether the selected mailbox' news are to be told at all.
    boolean ofSelected() {
        return filter == null || !filter.selection().events().isEmpty();
    }

    /// Whether changes of flags are among them.
    boolean ofFlags() {
        return filter == null || filter.selection().events().contains(Event.FLAG_CHANGE);
    }

    /// This session has changed something itself: it need not be told (section 5).
    void made(Action<?> action, Object result) {
        if (teller == null) {
            return;
        }
        switch (action) {
            case Action.Create create -> ownName(create.user(), create.name());
            case Action.Delete delete -> ownName(delete.user(), delete.name());
            case Action.Rename rename -> {
                ownName(rename.user(), rename.from());
                ownName(rename.user(), rename.to());
            }
            case Action.Subscribe subscribe -> ownName(subscribe.user(), subscribe.name());
            case Action.Append _, Action.Replace _ -> {
                Action.Appended appended = (Action.Appended) result;
                ownMessages = selected(appended.mailboxId()) ? appended.uids() : UidSet.EMPTY;
            }
            case Action.Copy copy -> ownCopies(copy.toMailboxId(), (Action.Copied) result);
            case Action.Move move -> ownCopies(move.toMailboxId(), (Action.Copied) result);
            default -> {}
        }
    }

    private void ownName(String owner, String name) {
        if (owner.equals(session.user())) { // others' mailboxes are not watched
            ownNames.add(name);
        }
    }

    private void ownCopies(long mailboxId, Action.Copied copied) {
        ownMessages = selected(mailboxId) ? set(copied.to()) : UidSet.EMPTY;
    }

    // ---- the selected mailbox ----

    /// Shows what the client wants to see of new messages (section 5.2).
    ///
    /// @param fromUid the first that is new
    void showNew(long fromUid) throws IOException {
        FetchPlan plan = filter == null ? null : filter.selection().fetch();
        if (plan == null) {
            return;
        }
        Selected selected = session.selected();
        UidSet news = selected.uids(selected.sequencesFrom(fromUid)).minus(ownMessages);
        ownMessages = UidSet.EMPTY;
        UidSet.Builder sequences = new UidSet.Builder();
        news.forEach(uid -> sequences.add(selected.sequence(uid)));
        FetchCommand.show(session, plan, sequences.build());
    }

    // ---- the others ----

    private void tell() throws IOException {
        if (filter.selection().delayed()) {
            session.tell(Telling.NO_EXPUNGES);
        } else {
            session.tell(Telling.ALL);
        }
        if (filter.groups().isEmpty()) {
            ownNames.clear();
            return;
        }
        List<Mailbox> mailboxes = mailboxes();
        if (mailboxes.size() > session.limits().notifyMailboxesMax()) {
            session.out().untagged("OK [NOTIFICATIONOVERFLOW] There are too many mailboxes to watch");
            none();
            return;
        }
        Map<Long, Known> now = look(mailboxes);
        Set<String> subscribedNow = subscriptions();
        tellNames(now, subscribedNow);
        tellSubscriptions(now, subscribedNow);
        tellMessages(now);
        known = now;
        subscribed = subscribedNow;
        ownNames.clear();
    }

    private Map<Long, Known> look(List<Mailbox> mailboxes) {
        Map<Long, Known> now = LinkedHashMap.newLinkedHashMap(mailboxes.size());
        for (Mailbox mailbox : mailboxes) {
            MailboxStatus status = null;
            boolean readable = session.mailboxes().rights(mailbox).has(Rights.READ);
            if (readable && events(mailbox).contains(Event.MESSAGE_NEW)) {
                try {
                    status = session.store().status(mailbox.id());
                } catch (StoreException e) {
                    if (e.kind() != StoreException.Kind.NO_SUCH_MAILBOX) {
                        throw e;
                    }
                    continue; // deleted since it was listed
                }
            }
            now.put(mailbox.id(), new Known(mailbox, status));
        }
        return now;
    }

    /// Names that came, went or changed, and those that have children now or have none any more (section 5.4).
    private void tellNames(Map<Long, Known> now, Set<String> subscribedNow) throws IOException {
        Map<String, Mailbox> byName = new HashMap<>();
        now.values().forEach(each -> byName.put(each.mailbox.name(), each.mailbox));
        Map<String, String> renamed = new HashMap<>(); // old to new
        Set<String> affected = new LinkedHashSet<>();
        now.forEach((id, each) -> {
            Known before = known.get(id);
            if (before == null || before.mailbox.hasChildren() != each.mailbox.hasChildren()) {
                affected.add(each.mailbox.name());
            } else if (!before.mailbox.name().equals(each.mailbox.name())) {
                renamed.put(before.mailbox.name(), each.mailbox.name());
            }
        });
        known.forEach((id, before) -> {
            if (!now.containsKey(id)) {
                affected.add(before.mailbox.name());
            }
        });
        affected.removeAll(ownNames);
        for (String name : affected) {
            if (events(name, subscribedNow).contains(Event.MAILBOX_NAME)) {
                list(name, byName.get(name), subscribedNow.contains(name), "");
            }
        }
        for (Map.Entry<String, String> rename : renamed.entrySet()) {
            String to = rename.getValue();
            boolean wanted = events(to, subscribedNow).contains(Event.MAILBOX_NAME)
                    || events(rename.getKey(), subscribed).contains(Event.MAILBOX_NAME);
            if (wanted && !ownNames.contains(to) && !withParent(rename.getKey(), to, renamed)) {
                list(to, byName.get(to), subscribedNow.contains(to), rename.getKey());
            }
        }
    }

    /// Whether a mailbox has its new name because one above it has.
    private boolean withParent(String from, String to, Map<String, String> renamed) {
        for (int slash = from.indexOf(MailboxNames.SEPARATOR);
                slash >= 0;
                slash = from.indexOf(MailboxNames.SEPARATOR, slash + 1)) {
            String parent = renamed.get(from.substring(0, slash));
            if (parent != null && to.equals(parent + from.substring(slash))) {
                return true;
            }
        }
        return false;
    }

    private void tellSubscriptions(Map<Long, Known> now, Set<String> subscribedNow) throws IOException {
        Set<String> changed = new LinkedHashSet<>(subscribedNow);
        changed.removeAll(subscribed);
        subscribed.stream().filter(name -> !subscribedNow.contains(name)).forEach(changed::add);
        changed.removeAll(ownNames);
        for (String name : changed) {
            if (filter.eventsOf(name, true).contains(Event.SUBSCRIPTION_CHANGE)) {
                Mailbox mailbox = null;
                for (Known each : now.values()) {
                    mailbox = each.mailbox.name().equals(name) ? each.mailbox : mailbox;
                }
                list(name, mailbox, subscribedNow.contains(name), "");
            }
        }
    }

    private void tellMessages(Map<Long, Known> now) throws IOException {
        for (Map.Entry<Long, Known> entry : now.entrySet()) {
            Known each = entry.getValue();
            if (each.status == null || selected(entry.getKey())) {
                continue;
            }
            Known before = known.get(entry.getKey());
            MailboxStatus was = before == null ? null : before.status;
            boolean counts = was == null
                    ? each.status.uidNext() > 1
                    : was.uidNext() != each.status.uidNext() || was.messages() != each.status.messages();
            if (counts) {
                status(each, session.condstoreAware(), false);
            } else if (was != null && events(each.mailbox).contains(Event.FLAG_CHANGE)) {
                flags(was, each);
            }
        }
    }

    // ---- lines ----

    /// Without CONDSTORE a change is told if the count of unseen messages tells it (section 5.1).
    private void flags(MailboxStatus was, Known now) throws IOException {
        boolean unseen = was.unseen() != now.status.unseen();
        boolean modSeq = session.condstoreAware() && was.highestModSeq() != now.status.highestModSeq();
        if (unseen || modSeq) {
            Responses out = session.out();
            out.text("* STATUS ")
                    .mailbox(MailboxNames.encode(now.mailbox.name()))
                    .text(" (UIDVALIDITY ");
            out.number(now.status.uidValidity());
            if (session.condstoreAware()) {
                out.text(" HIGHESTMODSEQ ").number(now.status.highestModSeq());
            }
            if (unseen) {
                out.text(" UNSEEN ").number(now.status.unseen());
            }
            out.text(")").endLine();
        }
    }

    private void status(Known each, boolean modSeq, boolean validity) throws IOException {
        Responses out = session.out();
        out.text("* STATUS ").mailbox(MailboxNames.encode(each.mailbox.name())).text(" (");
        if (validity) {
            out.text("UIDVALIDITY ").number(each.status.uidValidity()).octet(' ');
        }
        out.text("UIDNEXT ").number(each.status.uidNext());
        out.text(" MESSAGES ").number(each.status.messages());
        if (modSeq) {
            out.text(" HIGHESTMODSEQ ").number(each.status.highestModSeq());
        }
        out.text(")").endLine();
    }

    /// @param mailbox null if there is none of the name
    /// @param oldName `""` for none
    private void list(String name, Mailbox mailbox, boolean isSubscribed, String oldName) throws IOException {
        String attributes = mailbox == null ? ListLine.NONE : ListLine.attributes(mailbox);
        ListLine.write(session.out(), attributes + (isSubscribed ? " \\Subscribed" : ""), name, oldName);
    }

    // ---- shorthands ----

    private List<Mailbox> mailboxes() {
        return session.store().mailboxes(session.user());
    }

    private Set<String> subscriptions() {
        return new LinkedHashSet<>(session.store().subscriptions(session.user()));
    }

    private boolean selected(long mailboxId) {
        return session.selected() != null && session.selected().mailboxId() == mailboxId;
    }

    private static UidSet set(List<Long> uids) {
        return UidSet.of(uids.stream().mapToLong(Long::longValue).sorted().toArray());
    }

    private Set<Event> events(Mailbox mailbox) {
        return filter.eventsOf(mailbox.name(), mailbox.subscribed());
    }

    private Set<Event> events(String name, Set<String> subscriptions) {
        return filter.eventsOf(name, subscriptions.contains(name));
    }
}
