package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.Lock;
import java.util.stream.LongStream;
import org.posthouse.mail.Octets;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.StoreException.Kind;

/// Reads the index, on any thread, beside apply. What has to be of one entry is read from a snapshot of RocksDB.
final class Reads {
    private final StorageGroup group;

    Reads(StorageGroup group) {
        this.group = group;
    }

    private static StoreException noSuchMailbox() {
        return new StoreException(Kind.NO_SUCH_MAILBOX, "there is no such mailbox");
    }

    /// Whether an entry has named the user so far.
    boolean knows(String user) {
        Lock using = group.use();
        try {
            return group.index().get(Keys.user(user)) != null;
        } finally {
            using.unlock();
        }
    }

    /// Whether there is a record of the command.
    boolean recorded(CommandId command) {
        Lock using = group.use();
        try {
            byte[] value = group.index().get(Keys.session(command.session()));
            return value != null && SessionRecords.has(value, command.number());
        } finally {
            using.unlock();
        }
    }

    Optional<byte[]> urlKey(long mailbox, String user) {
        Lock using = group.use();
        try {
            return Optional.ofNullable(group.index().get(Keys.urlKey(mailbox, user)));
        } finally {
            using.unlock();
        }
    }

    Usage usage(String user) {
        Lock using = group.use();
        try {
            byte[] value = group.index().get(Keys.user(user));
            Rows.UserRow row = value == null ? Rows.UserRow.NONE : Rows.UserRow.decode(value);
            return new Usage(row.messages(), row.bytes());
        } finally {
            using.unlock();
        }
    }

    List<Mailbox> mailboxes(String user) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            List<MailboxRow> rows = new ArrayList<>();
            Set<String> parents = new HashSet<>();
            byte[] prefix = Keys.named(Keys.NAME, user, "");
            view.scan(prefix, prefix, (key, value) -> {
                String name = Keys.nameOf(key, user);
                for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
                    parents.add(name.substring(0, slash));
                }
                rows.add(MailboxRow.decode(view.get(Keys.ofMailbox(Keys.MAILBOX, new ByteReader(value).number()))));
                return true;
            });
            Set<String> subscribed = new HashSet<>(subscriptions(view, user));
            return rows.stream()
                    .map(row -> shown(row, parents.contains(row.name), subscribed.contains(row.name)))
                    .sorted(Comparator.comparing(
                                    (Mailbox mailbox) -> !mailbox.name().equals(MailboxNames.INBOX))
                            .thenComparing(Mailbox::name))
                    .toList();
        } finally {
            using.unlock();
        }
    }

    private static Mailbox shown(MailboxRow row, boolean hasChildren, boolean subscribed) {
        return new Mailbox(
                row.id, row.user, row.name, row.uidValidity, row.specialUse, hasChildren, subscribed, row.acl);
    }

    private static Mailbox shown(Index.View view, MailboxRow row) {
        boolean[] hasChildren = {false};
        byte[] below = Keys.named(Keys.NAME, row.user, row.name + "/");
        view.scan(below, below, (_, _) -> {
            hasChildren[0] = true;
            return false;
        });
        boolean subscribed = view.get(Keys.named(Keys.SUBSCRIPTION, row.user, row.name)) != null;
        return shown(row, hasChildren[0], subscribed);
    }

    Optional<Mailbox> mailbox(String user, String name) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            byte[] id = view.get(Keys.named(Keys.NAME, user, MailboxNames.canonical(name)));
            return id == null
                    ? Optional.empty()
                    : row(view, new ByteReader(id).number()).map(row -> shown(view, row));
        } finally {
            using.unlock();
        }
    }

    Optional<Mailbox> mailbox(long id) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            return row(view, id).map(row -> shown(view, row));
        } finally {
            using.unlock();
        }
    }

    List<Mailbox> grantedTo(String user) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            SortedSet<Long> ids = new TreeSet<>();
            for (String identifier : List.of(user, Acl.ANYONE)) {
                byte[] prefix = Keys.named(Keys.GRANT, identifier, "");
                view.scan(prefix, prefix, (key, _) -> {
                    ids.add(Keys.mailboxOfGrant(key));
                    return true;
                });
            }
            List<Mailbox> mailboxes = new ArrayList<>();
            for (long id : ids) {
                row(view, id).filter(row -> !row.user.equals(user)).ifPresent(row -> mailboxes.add(shown(view, row)));
            }
            return mailboxes;
        } finally {
            using.unlock();
        }
    }

    List<Annotation> annotations(long mailboxId, String user) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            List<Annotation> found = new ArrayList<>();
            if (mailboxId != 0) {
                MailboxRow row = row(view, mailboxId).orElseThrow(Reads::noSuchMailbox);
                if (row.user.equals(user) && !row.specialUse.isEmpty()) {
                    found.add(new Annotation(Annotation.SPECIAL_USE, row.specialUse));
                }
            }
            for (String whose : List.of(user, "")) {
                byte[] prefix = Keys.annotation(mailboxId, whose, "");
                view.scan(prefix, prefix, (key, value) -> {
                    String entry = AccessActions.entryOf(key, prefix);
                    return found.add(new Annotation(entry, Octets.of(value, 0, value.length)));
                });
            }
            found.sort(Comparator.comparing(Annotation::entry));
            return found;
        } finally {
            using.unlock();
        }
    }

    private static Optional<MailboxRow> row(Index.View view, long id) {
        byte[] value = view.get(Keys.ofMailbox(Keys.MAILBOX, id));
        return Optional.ofNullable(value).map(MailboxRow::decode).filter(row -> !row.dead);
    }

    private MailboxRow row(long id) {
        byte[] value = group.index().get(Keys.ofMailbox(Keys.MAILBOX, id));
        if (value == null) {
            throw noSuchMailbox();
        }
        MailboxRow row = MailboxRow.decode(value);
        if (row.dead) {
            throw noSuchMailbox();
        }
        return row;
    }

    List<String> subscriptions(String user) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            return subscriptions(view, user).stream().sorted().toList();
        } finally {
            using.unlock();
        }
    }

    private static List<String> subscriptions(Index.View view, String user) {
        List<String> names = new ArrayList<>();
        byte[] prefix = Keys.named(Keys.SUBSCRIPTION, user, "");
        view.scan(prefix, prefix, (key, _) -> names.add(Keys.nameOf(key, user)));
        return names;
    }

    MailboxStatus status(long id) {
        Lock using = group.use();
        try {
            return row(id).status();
        } finally {
            using.unlock();
        }
    }

    // ---- messages

    MailboxView view(long id) {
        ChunkedView cached = group.views().get(id);
        if (cached != null) {
            return cached;
        }
        Lock using = group.use();
        try {
            ChunkedView loaded = load(id);
            group.state.lock();
            try {
                MailboxRow row = row(id);
                ChunkedView current = row.highestModSeq == loaded.highestModSeq() ? loaded : catchUp(id, loaded, row);
                group.views().take(id, current);
                return current;
            } finally {
                group.state.unlock();
            }
        } finally {
            using.unlock();
        }
    }

    private ChunkedView load(long id) {
        try (Index.View view = group.index().view()) {
            MailboxRow row = row(view, id).orElseThrow(Reads::noSuchMailbox);
            ChunkedView.Builder builder = new ChunkedView.Builder();
            byte[] prefix = Keys.ofMailbox(Keys.MESSAGE, id);
            view.scan(prefix, prefix, (key, value) -> {
                ByteReader in = new ByteReader(value);
                long modSeq = in.number();
                in.number();
                in.number();
                builder.add(Keys.uidOfMessage(key), modSeq, in.number());
                return true;
            });
            return builder.build(row);
        }
    }

    /// Adds what was applied while a view was loaded. Under the state lock.
    private ChunkedView catchUp(long id, ChunkedView loaded, MailboxRow row) {
        TreeMap<Long, Rows.Message> live = new TreeMap<>();
        TreeMap<Long, Long> gone = new TreeMap<>();
        byte[] prefix = Keys.ofMailbox(Keys.CHANGE, id);
        group.index().scan(prefix, Keys.change(id, loaded.highestModSeq() + 1, 0), (key, value) -> {
            long uid = Keys.uidOfChange(key);
            if (value.length > 0) {
                gone.put(uid, uid);
            } else {
                live.put(uid, Rows.Message.decode(group.index().get(Keys.message(Keys.MESSAGE, id, uid))));
            }
            return true;
        });
        ViewChange change = new ViewChange();
        live.forEach((uid, message) -> {
            if (loaded.indexOf(uid) >= 0) {
                change.changed(uid, message.modSeq(), message.flagWord());
            } else {
                change.appended(uid, message.modSeq(), message.flagWord());
            }
        });
        gone.keySet().stream().filter(uid -> loaded.indexOf(uid) >= 0).forEach(change::removed);
        return loaded.with(change, row);
    }

    Changes changes(long id, long afterModSeq) {
        ChunkedView cached = group.views().get(id);
        if (cached != null && cached.highestModSeq() <= afterModSeq) { // most often nothing has happened
            return new Changes(cached.highestModSeq(), cached.uidNext(), List.of(), List.of());
        }
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            MailboxRow row = row(view, id).orElseThrow(Reads::noSuchMailbox);
            requireHistory(row, afterModSeq);
            TreeMap<Long, MessageRow> changed = new TreeMap<>();
            List<Changes.Gone> gone = new ArrayList<>();
            byte[] prefix = Keys.ofMailbox(Keys.CHANGE, id);
            view.scan(prefix, Keys.change(id, afterModSeq + 1, 0), (key, value) -> {
                long uid = Keys.uidOfChange(key);
                if (value.length > 0) {
                    gone.add(new Changes.Gone(Keys.modSeqOfChange(key), uid, new ByteReader(value).number()));
                } else {
                    byte[] message = view.get(Keys.message(Keys.MESSAGE, id, uid));
                    changed.put(uid, Rows.Message.decode(message).shown(id, uid, row.keywords));
                }
                return true;
            });
            return new Changes(row.highestModSeq, row.uidNext, List.copyOf(changed.values()), gone);
        } finally {
            using.unlock();
        }
    }

    private static void requireHistory(MailboxRow row, long afterModSeq) {
        if (afterModSeq < row.historyFloor) {
            throw new StoreException(
                    Kind.HISTORY_GONE, "what was expunged after mod-sequence " + afterModSeq + " is not known");
        }
    }

    UidSet expunged(long id, long afterModSeq) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            MailboxRow row = row(view, id).orElseThrow(Reads::noSuchMailbox);
            requireHistory(row, afterModSeq);
            if (afterModSeq >= row.highestModSeq) {
                return UidSet.EMPTY;
            }
            LongStream.Builder gone = LongStream.builder();
            view.scan(Keys.ofMailbox(Keys.CHANGE, id), Keys.change(id, afterModSeq + 1, 0), (key, value) -> {
                if (value.length > 0) {
                    gone.add(Keys.uidOfChange(key));
                }
                return true;
            });
            return UidSet.of(gone.build().toArray());
        } finally {
            using.unlock();
        }
    }

    Optional<MessageRow> message(long id, long uid) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            Optional<MailboxRow> mailbox = row(view, id);
            if (mailbox.isEmpty()) {
                return Optional.empty();
            }
            byte[] value = view.get(Keys.message(Keys.MESSAGE, id, uid));
            if (value == null) {
                value = view.get(Keys.message(Keys.GONE, id, uid));
            }
            return Optional.ofNullable(value)
                    .map(found -> Rows.Message.decode(found).shown(id, uid, mailbox.get().keywords));
        } finally {
            using.unlock();
        }
    }

    List<MessageRow> messages(long id, UidSet uids) {
        Lock using = group.use();
        try (Index.View view = group.index().view()) {
            MailboxRow row = row(view, id).orElseThrow(Reads::noSuchMailbox);
            List<MessageRow> found = new ArrayList<>();
            byte[] prefix = Keys.ofMailbox(Keys.MESSAGE, id);
            for (int i = 0; i < uids.ranges(); i++) {
                long last = uids.last(i);
                view.scan(prefix, Keys.message(Keys.MESSAGE, id, uids.first(i)), (key, value) -> {
                    long uid = Keys.uidOfMessage(key);
                    if (uid > last) {
                        return false;
                    }
                    found.add(Rows.Message.decode(value).shown(id, uid, row.keywords));
                    return true;
                });
            }
            return found;
        } finally {
            using.unlock();
        }
    }

    List<KeptBody> keptBodies(long after, int max) {
        List<KeptBody> found = new ArrayList<>();
        Lock using = group.use();
        try {
            group.index().scan(new byte[] {Keys.BODY}, Keys.body(after + 1), (key, value) -> {
                Rows.BodyRow row = Rows.BodyRow.decode(value);
                return found.add(new KeptBody(Keys.bodyOf(key), row.length(), row.crc32c())) && found.size() < max;
            });
            return found;
        } finally {
            using.unlock();
        }
    }
}
