package org.posthouse.mailstore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.StoreException.Kind;

/// One log entry while it is applied: the rows it changes, and what the classes that carry out actions share. It
/// is dropped whole if the entry is refused.
final class Work {
    final Index index;
    final Transaction rows;
    final Meta meta;
    final long entryIndex;

    private final Segments segments;
    private final LongPredicate viewed;
    private final Map<Long, MailboxRow> mailboxes = new TreeMap<>();
    private final Map<String, Rows.UserRow> users = new TreeMap<>();
    private final Map<Integer, Long> liveChanges = new TreeMap<>();
    private final Set<Long> stepped = new HashSet<>();
    private final Map<Long, ViewChange> viewChanges = new LinkedHashMap<>();
    private final Set<Object> concerned = new HashSet<>();
    private int queued;

    /// Called for each message of a set.
    interface MessageVisitor {
        void message(long uid, byte[] key, byte[] value, Rows.Message row);
    }

    /// @param viewed whether a mailbox' view is cached, so that changes of it have to be told
    Work(Index index, Segments segments, Transaction rows, Meta meta, long entryIndex, LongPredicate viewed) {
        this.index = index;
        this.segments = segments;
        this.rows = rows;
        this.meta = meta;
        this.entryIndex = entryIndex;
        this.viewed = viewed;
    }

    // ---- mailboxes and users

    /// A mailbox that is there.
    ///
    /// @throws StoreException `NO_SUCH_MAILBOX` if it is not
    MailboxRow mailbox(long id) {
        MailboxRow row = mailboxOrDead(id);
        if (row == null || row.dead) {
            throw new StoreException(Kind.NO_SUCH_MAILBOX, "the mailbox is not there any more");
        }
        return row;
    }

    /// A mailbox, also one that was deleted within the last hour; null if there is none.
    MailboxRow mailboxOrDead(long id) {
        MailboxRow row = mailboxes.get(id);
        if (row == null) {
            byte[] value = rows.get(Keys.ofMailbox(Keys.MAILBOX, id));
            if (value != null) {
                row = MailboxRow.decode(value);
                mailboxes.put(id, row);
            }
        }
        return row;
    }

    /// Forgets a mailbox' row.
    void drop(long mailbox) {
        mailboxes.remove(mailbox);
        rows.delete(Keys.ofMailbox(Keys.MAILBOX, mailbox));
    }

    void add(MailboxRow mailbox) {
        mailboxes.put(mailbox.id, mailbox);
    }

    /// The mailbox of a canonical name, or null.
    MailboxRow mailbox(String user, String name) {
        byte[] id = rows.get(Keys.named(Keys.NAME, user, name));
        return id == null ? null : mailbox(new ByteReader(id).number());
    }

    /// A user's row, or null if no entry named the user so far.
    Rows.UserRow user(String user) {
        Rows.UserRow row = users.get(user);
        if (row == null) {
            byte[] value = rows.get(Keys.user(user));
            row = value == null ? null : Rows.UserRow.decode(value);
        }
        return row;
    }

    void user(String user, Rows.UserRow row) {
        users.put(user, row);
    }

    /// The mod-sequence of this entry in a mailbox: the next one, the same for all that the entry does to it.
    long modSeq(MailboxRow mailbox) {
        if (stepped.add(mailbox.id)) {
            mailbox.highestModSeq++;
        }
        return mailbox.highestModSeq;
    }

    /// Leader's time, in seconds.
    long seconds() {
        return meta.timeMillis / 1000;
    }

    // ---- messages

    /// Visits the messages of a set that are there, in UID order, as they were before this entry.
    void messages(long mailbox, UidSet uids, MessageVisitor visitor) {
        int[] budget = {Limits.ACTION_MESSAGES_MAX};
        byte[] prefix = Keys.ofMailbox(Keys.MESSAGE, mailbox);
        for (int i = 0; i < uids.ranges(); i++) {
            long last = uids.last(i);
            byte[] first = Keys.message(Keys.MESSAGE, mailbox, uids.first(i));
            if (last == uids.first(i)) {
                byte[] value = index.get(first);
                if (value != null) {
                    spend(budget);
                    visitor.message(last, first, value, Rows.Message.decode(value));
                }
                continue;
            }
            index.scan(prefix, first, (key, value) -> {
                long uid = Keys.uidOfMessage(key);
                if (uid > last) {
                    return false;
                }
                spend(budget);
                visitor.message(uid, key, value, Rows.Message.decode(value));
                return true;
            });
        }
    }

    private static void spend(int[] budget) {
        if (--budget[0] < 0) {
            throw new StoreException(
                    Kind.LIMIT, "too many messages for one command: " + Limits.ACTION_MESSAGES_MAX + " at most");
        }
    }

    /// Puts a message into a mailbox as its newest. The body's reference is the caller's business.
    ///
    /// @return its UID
    long place(MailboxRow mailbox, long flagWord, Action.Stamp stamp, long size, long bodyId) {
        if (mailbox.uidNext > 0xffffffffL) {
            throw new StoreException(Kind.LIMIT, "the mailbox has used all its UIDs");
        }
        long modSeq = modSeq(mailbox);
        long uid = mailbox.uidNext++;
        Rows.Message row = new Rows.Message(
                modSeq, modSeq, 0, flagWord, stamp.seconds(), stamp.zoneMinutes(), seconds(), size, bodyId);
        rows.insert(Keys.message(Keys.MESSAGE, mailbox.id, uid), row.encode());
        rows.insert(Keys.change(mailbox.id, modSeq, uid), EMPTY);
        mailbox.count(flagWord, size, 1);
        user(mailbox.user, user(mailbox.user).plus(1, size));
        if (viewed.test(mailbox.id)) {
            viewChange(mailbox).appended(uid, modSeq, flagWord);
        }
        return uid;
    }

    /// Gives a message other flags.
    void flag(MailboxRow mailbox, long uid, byte[] key, byte[] value, Rows.Message row, long flagWord) {
        long modSeq = modSeq(mailbox);
        rows.replace(Keys.change(mailbox.id, row.modSeq(), uid), EMPTY, null);
        rows.insert(Keys.change(mailbox.id, modSeq, uid), EMPTY);
        rows.replace(key, value, row.flagged(modSeq, flagWord).encode());
        mailbox.count(row.flagWord(), row.size(), -1);
        mailbox.count(flagWord, row.size(), 1);
        if (viewed.test(mailbox.id)) {
            viewChange(mailbox).changed(uid, modSeq, flagWord);
        }
    }

    /// Takes a message away: row and body stay for an hour, for sessions that still have it in view.
    void expunge(MailboxRow mailbox, long uid, byte[] key, byte[] value, Rows.Message row) {
        long modSeq = modSeq(mailbox);
        rows.replace(key, value, null);
        rows.insert(
                Keys.message(Keys.GONE, mailbox.id, uid), row.expunged(modSeq).encode());
        rows.replace(Keys.change(mailbox.id, row.modSeq(), uid), EMPTY, null);
        rows.insert(
                Keys.change(mailbox.id, modSeq, uid),
                new ByteWriter(10).number(row.savedModSeq()).done());
        queue(
                Expiry.GONE_MESSAGE,
                new ByteWriter(12).number(mailbox.id).number(uid).done());
        mailbox.count(row.flagWord(), row.size(), -1);
        user(mailbox.user, user(mailbox.user).plus(-1, -row.size()));
        if (viewed.test(mailbox.id)) {
            viewChange(mailbox).removed(uid);
        }
    }

    private static final byte[] EMPTY = {};

    /// Notes something that expires.
    void queue(int kind, byte[] what) {
        queueAt(kind, meta.elapsedMillis, what);
    }

    /// The same for something that happened earlier.
    void queueAt(int kind, long elapsedMillis, byte[] what) {
        rows.insert(Keys.queue(kind, elapsedMillis, entryIndex, queued++), what);
    }

    // ---- bodies

    /// Writes some bytes of a body.
    void append(long bodyId, long offset, byte[] bytes, int crc32c) {
        try {
            Rows.Place place = segments.append(bodyId, offset, bytes, crc32c);
            rows.writeLocal(Keys.place(bodyId, offset), place.encode());
            live(place, 1);
        } catch (IOException e) {
            throw new UncheckedIOException("a message body cannot be written", e);
        }
    }

    /// One row fewer or more names a body; with the last the body goes from the index.
    void reference(long bodyId, long change) {
        byte[] key = Keys.body(bodyId);
        Rows.BodyRow body = Rows.BodyRow.decode(rows.get(key));
        long references = body.references() + change;
        if (references > 0) {
            rows.put(key, new Rows.BodyRow(references, body.length(), body.crc32c()).encode());
        } else {
            rows.delete(key);
            rows.writeLocal(Keys.summary(bodyId), null);
            dropPlaces(bodyId);
        }
    }

    /// The bytes of a body are garbage from now on; [Compaction] frees them later.
    void dropPlaces(long bodyId) {
        byte[] prefix = Keys.places(bodyId);
        index.scan(prefix, prefix, (key, value) -> {
            rows.writeLocal(key, null);
            live(Rows.Place.decode(value), -1);
            return true;
        });
    }

    private void live(Rows.Place place, int sign) {
        liveChanges.merge(place.segment(), sign * place.space(), Long::sum);
    }

    // ---- the end

    private ViewChange viewChange(MailboxRow mailbox) {
        return viewChanges.computeIfAbsent(mailbox.id, _ -> new ViewChange());
    }

    /// What views have to be told, by mailbox.
    Map<Long, ViewChange> viewChanges() {
        return viewChanges;
    }

    /// Mailboxes whose row this entry read or wrote.
    Map<Long, MailboxRow> mailboxes() {
        return mailboxes;
    }

    /// Users whose counts it changed.
    Set<String> users() {
        return users.keySet();
    }

    /// The entry has to do with somebody, or with a place that is no mailbox (0: the server's metadata), though it
    /// changes no row of theirs.
    void concerns(Object who) {
        concerned.add(who);
    }

    /// Users and places that it has to do with besides.
    Set<Object> concerned() {
        return concerned;
    }

    /// Writes mailboxes, users and what became of segments into the transaction.
    void gather() {
        mailboxes.forEach((id, row) -> rows.put(Keys.ofMailbox(Keys.MAILBOX, id), row.encode()));
        users.forEach((user, row) -> rows.put(Keys.user(user), row.encode()));
        liveChanges.forEach((segment, change) -> {
            if (segment == segments.openNumber()) {
                meta.segmentLive += change;
                return;
            }
            byte[] key = Keys.segment(segment);
            Rows.SegmentRow row = Rows.SegmentRow.decode(rows.get(key));
            rows.putLocal(key, new Rows.SegmentRow(row.length(), row.crc32c(), row.live() + change).encode());
        });
    }
}
