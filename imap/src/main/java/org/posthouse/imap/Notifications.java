package org.posthouse.imap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.posthouse.imap.Enabled.Extension;
import org.posthouse.imap.FetchPlan.Attribute;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.NotifyFilter.Event;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Acl;
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
    private final List<MailStore.Watch> watches = new ArrayList<>();
    private MailStore.Watch selectedWatch = () -> {}; // it may be another user's
    private Teller teller;
    private Map<Long, Known> known = new LinkedHashMap<>(); // by mailbox id
    private Set<String> subscribed = Set.of();
    private Map<String, UUID> serverMetadata = Map.of();
    private final Set<String> ownNames = new HashSet<>(); // changed by this session since they were looked at
    private final Map<Long, Map<String, UUID>> ownEntries = new HashMap<>(); // of metadata, by mailbox id
    private UidSet ownMessages = UidSet.EMPTY; // put into the selected mailbox by this session

    /// @param status null if its messages are not watched
    /// @param metadata null if they are not
    private record Known(Visible visible, MailboxStatus status, Map<String, UUID> metadata) {
        String name() {
            return visible.name();
        }
    }

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
        List<Visible> mailboxes = wanted.groups().isEmpty() ? List.of() : mailboxes(wanted);
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
        watch(wanted);
        selectedAnother();
        subscribed = wanted.groups().isEmpty() ? Set.of() : subscriptions();
        known = look(mailboxes, subscribed);
        serverMetadata = serverMetadata();
        if (withStatus) {
            for (Known each : known.values()) {
                if (each.status != null && !selected(each.visible.mailbox().id())) {
                    boolean modSeq =
                            events(each.visible, subscribed).contains(Event.FLAG_CHANGE) || session.condstoreAware();
                    status(each, modSeq, true);
                }
            }
        }
        teller.wake(); // for what happened before the watch stood
    }

    private void watch(NotifyFilter wanted) {
        MailStore store = session.store();
        watches.add(store.watch(session.user(), teller::wake));
        if (wanted.coversOthers()) {
            watches.add(store.watch(Acl.ANYONE, teller::wake));
            if (session.mailboxes().administers()) { // who needs no entry in a list
                watches.add(store.watch(Mailbox.SHARED, teller::wake));
            }
        }
        if (wanted.asksFor(Event.SERVER_METADATA_CHANGE)) {
            watches.add(store.watch(0, teller::wake));
        }
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
        watches.forEach(MailStore.Watch::close);
        watches.clear();
        selectedWatch.close();
        selectedWatch = () -> {};
        if (teller != null) {
            teller.stop();
            teller = null;
        }
        known = new LinkedHashMap<>();
        subscribed = Set.of();
        serverMetadata = Map.of();
        forgetOwn();
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
            case Action.Annotate annotate -> {
                Map<String, UUID> own = ownEntries.computeIfAbsent(annotate.mailboxId(), _ -> new HashMap<>());
                annotate.entries().forEach(each -> own.put(each.entry(), MetadataEntries.fingerprint(each)));
            }
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
        ownNames.add(Namespaces.name(session.user(), owner, name));
    }

    private void forgetOwn() {
        ownNames.clear();
        ownEntries.clear();
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
            forgetOwn();
            return;
        }
        List<Visible> mailboxes = mailboxes(filter);
        if (mailboxes.size() > session.limits().notifyMailboxesMax()) {
            session.out().untagged("OK [NOTIFICATIONOVERFLOW] There are too many mailboxes to watch");
            none();
            return;
        }
        Set<String> subscribedNow = subscriptions();
        Map<Long, Known> now = look(mailboxes, subscribedNow);
        tellNames(now, subscribedNow);
        tellSubscriptions(now, subscribedNow);
        tellMessages(now, subscribedNow);
        tellMetadata(now);
        known = now;
        subscribed = subscribedNow;
        forgetOwn();
    }

    /// What is told of others' mailboxes needs the rights to look up and to read; of one's own, to read (section 5).
    private Map<Long, Known> look(List<Visible> mailboxes, Set<String> subscriptions) {
        Map<Long, Known> now = LinkedHashMap.newLinkedHashMap(mailboxes.size());
        for (Visible visible : mailboxes) {
            MailboxStatus status = null;
            Map<String, UUID> metadata = null;
            Set<Event> events = visible.rights().has(Rights.READ) ? events(visible, subscriptions) : Set.of();
            long id = visible.mailbox().id();
            try {
                if (events.contains(Event.MESSAGE_NEW)) {
                    status = session.store().status(id);
                }
                if (events.contains(Event.MAILBOX_METADATA_CHANGE)) {
                    metadata = MetadataEntries.fingerprints(session, id);
                }
            } catch (StoreException e) {
                if (e.kind() != StoreException.Kind.NO_SUCH_MAILBOX) {
                    throw e;
                }
                continue; // deleted since it was listed
            }
            now.put(id, new Known(visible, status, metadata));
        }
        return now;
    }

    private Map<String, UUID> serverMetadata() {
        return filter.asksFor(Event.SERVER_METADATA_CHANGE) ? MetadataEntries.fingerprints(session, 0) : Map.of();
    }

    /// Names that came, went or changed, and those that have children now or have none any more (section 5.4).
    private void tellNames(Map<Long, Known> now, Set<String> subscribedNow) throws IOException {
        Map<String, Visible> byName = new HashMap<>();
        now.values().forEach(each -> byName.put(each.name(), each.visible));
        Map<String, String> renamed = new HashMap<>(); // old to new
        Map<String, Boolean> affected = new LinkedHashMap<>(); // name to whether it is one's own
        now.forEach((id, each) -> {
            Known before = known.get(id);
            if (before == null || familyChanged(before.visible, each.visible)) {
                affected.put(each.name(), each.visible.own());
            } else if (!before.name().equals(each.name())) {
                renamed.put(before.name(), each.name());
            }
        });
        known.forEach((id, before) -> {
            if (!now.containsKey(id)) {
                affected.put(before.name(), before.visible.own());
            }
        });
        affected.keySet().removeAll(ownNames);
        for (Map.Entry<String, Boolean> each : affected.entrySet()) {
            String name = each.getKey();
            boolean isSubscribed = subscribedNow.contains(name);
            if (filter.eventsOf(name, each.getValue(), isSubscribed).contains(Event.MAILBOX_NAME)) {
                list(name, byName.get(name), isSubscribed, "");
            }
        }
        for (Map.Entry<String, String> rename : renamed.entrySet()) {
            String to = rename.getValue();
            Visible visible = byName.get(to);
            boolean wanted = events(visible, subscribedNow).contains(Event.MAILBOX_NAME)
                    || filter.eventsOf(rename.getKey(), visible.own(), subscribed.contains(rename.getKey()))
                            .contains(Event.MAILBOX_NAME);
            if (wanted && !ownNames.contains(to) && !withParent(rename.getKey(), to, renamed)) {
                list(to, visible, subscribedNow.contains(to), rename.getKey());
            }
        }
    }

    private static boolean familyChanged(Visible before, Visible now) {
        return now.own() && before.mailbox().hasChildren() != now.mailbox().hasChildren();
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
            Visible visible = null;
            for (Known each : now.values()) {
                visible = each.name().equals(name) ? each.visible : visible;
            }
            boolean own = !name.startsWith(Namespaces.OTHER_USERS) && !name.startsWith(Namespaces.SHARED);
            if (filter.eventsOf(name, own, true).contains(Event.SUBSCRIPTION_CHANGE)) {
                list(name, visible, subscribedNow.contains(name), "");
            }
        }
    }

    private void tellMessages(Map<Long, Known> now, Set<String> subscribedNow) throws IOException {
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
            } else if (was != null && events(each.visible, subscribedNow).contains(Event.FLAG_CHANGE)) {
                flags(was, each);
            }
        }
    }

    /// Which entries have changed (sections 5.6 and 5.7), those included that are gone.
    private void tellMetadata(Map<Long, Known> now) throws IOException {
        for (Map.Entry<Long, Known> entry : now.entrySet()) {
            Known each = entry.getValue();
            Known before = known.get(entry.getKey());
            if (before != null && before.metadata != null && each.metadata != null) {
                Set<String> changed = changed(before.metadata, each.metadata, entry.getKey());
                MetadataEntries.writeChanged(session.out(), each.name(), changed);
            }
        }
        Map<String, UUID> server = serverMetadata();
        MetadataEntries.writeChanged(session.out(), "", changed(serverMetadata, server, 0));
        serverMetadata = server;
    }

    private Set<String> changed(Map<String, UUID> before, Map<String, UUID> now, long mailboxId) {
        Set<String> changed = new TreeSet<>(before.keySet());
        changed.addAll(now.keySet());
        changed.removeIf(entry -> Objects.equals(before.get(entry), now.get(entry)));
        Map<String, UUID> own = ownEntries.getOrDefault(mailboxId, Map.of());
        changed.removeIf(entry -> own.containsKey(entry) && Objects.equals(own.get(entry), now.get(entry)));
        return changed;
    }

    // ---- lines ----

    /// Without CONDSTORE a change is told if the count of unseen messages tells it (section 5.1).
    private void flags(MailboxStatus was, Known now) throws IOException {
        boolean unseen = was.unseen() != now.status.unseen();
        boolean modSeq = session.condstoreAware() && was.highestModSeq() != now.status.highestModSeq();
        if (unseen || modSeq) {
            Responses out = session.out();
            out.text("* STATUS ").mailbox(MailboxNames.encode(now.name())).text(" (UIDVALIDITY ");
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
        out.text("* STATUS ").mailbox(MailboxNames.encode(each.name())).text(" (");
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

    /// @param visible null if there is none of the name, or none any more that the user may look up
    /// @param oldName `""` for none
    private void list(String name, Visible visible, boolean isSubscribed, String oldName) throws IOException {
        String attributes = visible == null ? ListLine.NONE : ListLine.attributes(visible);
        String all = isSubscribed ? (attributes + " \\Subscribed").stripLeading() : attributes;
        ListLine.write(session.out(), all, name, oldName);
    }

    // ---- shorthands ----

    private List<Visible> mailboxes(NotifyFilter wanted) {
        return wanted.coversOthers()
                ? session.mailboxes().all()
                : session.mailboxes().own();
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

    private Set<Event> events(Visible visible, Set<String> subscriptions) {
        return filter.eventsOf(visible.name(), visible.own(), subscriptions.contains(visible.name()));
    }
}
