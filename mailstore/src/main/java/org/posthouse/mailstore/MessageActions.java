package org.posthouse.mailstore;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action.Appended;
import org.posthouse.mailstore.Action.Copied;
import org.posthouse.mailstore.Action.Delivered;
import org.posthouse.mailstore.Action.Expunged;
import org.posthouse.mailstore.Action.Placed;
import org.posthouse.mailstore.Action.RecentClaimed;
import org.posthouse.mailstore.Action.Stored;
import org.posthouse.mailstore.StoreException.Kind;

/// Applies the actions on messages. Each checks everything that can make it refuse before it writes a body.
final class MessageActions {
    private MessageActions() {}

    // ---- new bodies

    /// A body about to get its row.
    private record Arrived(long bodyId, long length, int crc32c) {}

    /// Refuses a body that cannot be stored, before anything is written.
    private static void check(Work work, NewBody body) {
        switch (body) {
            case NewBody.Inline inline -> {
                if (inline.length() > Limits.INLINE_BYTES_MAX) {
                    throw new StoreException(Kind.LIMIT, "a body of " + inline.length() + " bytes has to be staged");
                }
            }
            case NewBody.Staged staged -> {
                byte[] value = work.rows.get(Keys.staged(staged.stagedId()));
                if (value == null) {
                    throw new StoreException(Kind.GONE, "the bytes sent ahead are not there any more; send them again");
                }
                Rows.StagedRow row = Rows.StagedRow.decode(value);
                if (row.length() != staged.length() || row.crc32c() != staged.crc32c()) {
                    throw new StoreException(Kind.REFUSED, "the bytes sent ahead are not complete; send them again");
                }
            }
        }
    }

    private static Arrived arrive(Work work, NewBody body) {
        return switch (body) {
            case NewBody.Inline inline -> {
                int crc32c = Hashes.crc32c(inline.bytes());
                long id = work.meta.bodyNext++;
                work.append(id, 0, inline.bytes(), crc32c);
                yield new Arrived(id, inline.length(), crc32c);
            }
            case NewBody.Staged staged -> {
                byte[] key = Keys.staged(staged.stagedId());
                byte[] value = work.rows.get(key);
                if (value == null) {
                    throw new StoreException(Kind.REFUSED, "one staged body was named twice");
                }
                Rows.StagedRow row = Rows.StagedRow.decode(value);
                work.rows.delete(key);
                yield new Arrived(row.bodyId(), row.length(), row.crc32c());
            }
        };
    }

    private static void refer(Work work, Arrived body, int references) {
        work.rows.insert(Keys.body(body.bodyId), new Rows.BodyRow(references, body.length, body.crc32c).encode());
    }

    /// Takes in some bytes of a staged body.
    static void stage(Work work, Entry.Stage entry) {
        if (entry.bytes().length > Limits.INLINE_BYTES_MAX) {
            throw new StoreException(Kind.LIMIT, "a staged piece of " + entry.bytes().length + " bytes");
        }
        byte[] key = Keys.staged(entry.stagedId());
        byte[] value = work.rows.get(key);
        Rows.StagedRow row;
        if (value != null) {
            row = Rows.StagedRow.decode(value);
        } else {
            row = new Rows.StagedRow(work.meta.bodyNext++, 0, 0, ContentHash.EMPTY);
            work.queue(
                    Expiry.STAGED, new ByteWriter(8).fixed64(entry.stagedId()).done());
        }
        if (entry.offset() != row.length()) {
            throw new StoreException(
                    Kind.REFUSED, "a staged piece at " + entry.offset() + ", expected at " + row.length());
        }
        long length = row.length() + entry.bytes().length;
        if (length > Limits.BODY_BYTES_MAX) {
            throw new StoreException(Kind.LIMIT, "a body has " + Limits.BODY_BYTES_MAX + " bytes at most");
        }
        int crc32c = Hashes.crc32c(entry.bytes());
        work.append(row.bodyId(), row.length(), entry.bytes(), crc32c);
        int whole = Hashes.crc32cOfBoth(row.crc32c(), crc32c, entry.bytes().length);
        ContentHash content = row.content().and(entry.bytes());
        work.rows.put(key, new Rows.StagedRow(row.bodyId(), length, whole, content).encode());
    }

    private static long contentHash(Work work, NewBody body) {
        return switch (body) {
            case NewBody.Inline inline -> ContentHash.of(inline.bytes()).value();
            case NewBody.Staged staged ->
                Rows.StagedRow.decode(work.rows.get(Keys.staged(staged.stagedId())))
                        .content()
                        .value();
        };
    }

    // ---- delivery and append

    /// All or nothing; each mailbox at most once by delivery id.
    static Delivered deliver(Work work, Action.Deliver action) {
        if (action.deliveryId().isEmpty()
                || action.deliveryId().getBytes(StandardCharsets.UTF_8).length > Limits.DELIVERY_ID_BYTES_MAX) {
            throw new StoreException(Kind.REFUSED, "the delivery id is empty or too long");
        }
        check(work, action.body());
        long content = contentHash(work, action.body());
        int size = action.targets().size();
        MailboxRow[] mailboxes = new MailboxRow[size];
        long[] words = new long[size];
        Placed[] placed = new Placed[size];
        int fresh = 0;
        for (int i = 0; i < size; i++) {
            Action.Target target = action.targets().get(i);
            MailboxRow mailbox = target(work, target.user(), target.mailbox());
            byte[] key = Keys.delivery(mailbox.id, action.deliveryId());
            byte[] recorded = work.rows.get(key);
            if (recorded != null) {
                placed[i] = repeated(mailbox, recorded, content);
                continue;
            }
            mailboxes[i] = mailbox;
            words[i] = FlagWords.learn(target.flags(), mailbox);
            // The record stands in before the message does, so that a second target that leads to the same
            // mailbox finds it; its UID is the next.
            long uid = mailbox.uidNext;
            work.rows.put(key, new ByteWriter(16).fixed64(content).number(uid).done());
            work.queue(Expiry.DELIVERY, key);
            fresh++;
        }
        if (fresh > 0) {
            Arrived body = arrive(work, action.body());
            refer(work, body, fresh);
            for (int i = 0; i < size; i++) {
                if (mailboxes[i] != null) {
                    long uid = work.place(mailboxes[i], words[i], action.stamp(), body.length, body.bodyId);
                    placed[i] = new Placed(mailboxes[i].id, uid, false);
                }
            }
        }
        return new Delivered(List.of(placed));
    }

    private static Placed repeated(MailboxRow mailbox, byte[] record, long content) {
        ByteReader in = new ByteReader(record);
        if (in.fixed64() != content) {
            throw new StoreException(Kind.REPEAT_DIFFERS, "the delivery id was used for another message");
        }
        return new Placed(mailbox.id, in.number(), true);
    }

    private static MailboxRow target(Work work, String user, String name) {
        MailboxActions.ensureUser(work, user);
        MailboxRow mailbox = work.mailbox(user, MailboxNames.canonical(name));
        if (mailbox == null) {
            throw new StoreException(Kind.NO_SUCH_MAILBOX, "there is no such mailbox");
        }
        return mailbox;
    }

    static Appended append(Work work, Action.Append action) {
        MailboxRow mailbox = target(work, action.user(), action.mailbox());
        long[] words = new long[action.messages().size()];
        for (int i = 0; i < words.length; i++) {
            check(work, action.messages().get(i).body());
            words[i] = FlagWords.learn(action.messages().get(i).flags(), mailbox);
        }
        long first = mailbox.uidNext;
        for (int i = 0; i < words.length; i++) {
            Action.NewMessage message = action.messages().get(i);
            Arrived body = arrive(work, message.body());
            refer(work, body, 1);
            work.place(mailbox, words[i], message.stamp(), body.length, body.bodyId);
        }
        return new Appended(mailbox.id, mailbox.uidValidity, UidSet.range(first, mailbox.uidNext - 1));
    }

    static Appended replace(Work work, Action.Replace action) {
        MailboxRow from = work.mailbox(action.mailboxId());
        List<Source> sources = sources(work, from, UidSet.of(action.uid()));
        if (sources.isEmpty()) {
            throw new StoreException(Kind.GONE, "the message to be replaced is not there any more");
        }
        Appended appended = append(work, action.with());
        Source source = sources.getFirst();
        work.expunge(from, source.uid, source.key, source.value, source.row);
        return appended;
    }

    // ---- flags

    static Stored store(Work work, Action.StoreFlags action) {
        MailboxRow mailbox = work.mailbox(action.mailboxId());
        long word = action.change() == Action.Change.REMOVE
                ? FlagWords.known(action.flags(), mailbox.keywords)
                : FlagWords.learn(action.flags(), mailbox);
        long changeable = FlagWords.changeable(action.rights());
        UidSet.Builder changed = new UidSet.Builder();
        UidSet.Builder modified = new UidSet.Builder();
        work.messages(mailbox.id, action.uids(), (uid, key, value, row) -> {
            if (action.unchangedSince().isPresent()
                    && row.modSeq() > action.unchangedSince().getAsLong()) {
                modified.add(uid);
                return;
            }
            long now =
                    switch (action.change()) {
                        case ADD -> row.flagWord() | (word & changeable);
                        case REMOVE -> row.flagWord() & ~(word & changeable);
                        case REPLACE -> (row.flagWord() & ~changeable) | (word & changeable);
                    };
            if (now != row.flagWord()) {
                work.flag(mailbox, uid, key, value, row, now);
                changed.add(uid);
            }
        });
        UidSet changedUids = changed.build();
        return new Stored(changedUids.isEmpty() ? 0 : mailbox.highestModSeq, changedUids, modified.build());
    }

    static RecentClaimed claimRecent(Work work, Action.ClaimRecent action) {
        MailboxRow mailbox = work.mailbox(action.mailboxId());
        long first = mailbox.firstRecent;
        mailbox.firstRecent = mailbox.uidNext;
        return new RecentClaimed(first);
    }

    // ---- copies and expunges

    private record Source(long uid, byte[] key, byte[] value, Rows.Message row) {
        Source {
            assert key.length > 0;
        }
    }

    static Copied copy(Work work, Action.Copy action) {
        MailboxRow from = work.mailbox(action.mailboxId());
        MailboxRow to = work.mailbox(action.toMailboxId());
        List<Source> sources = sources(work, from, action.uids());
        if (sources.size() < action.uids().count()) {
            throw new StoreException(Kind.GONE, "some of the messages are not there any more");
        }
        return copy(work, from, to, sources, action.rights());
    }

    static Copied move(Work work, Action.Move action) {
        MailboxRow from = work.mailbox(action.mailboxId());
        MailboxRow to = work.mailbox(action.toMailboxId());
        List<Source> sources = sources(work, from, action.uids());
        return move(work, from, to, sources, action.rights());
    }

    /// Moves every message of a mailbox.
    static void moveAll(Work work, MailboxRow from, MailboxRow to) {
        move(work, from, to, sources(work, from, UidSet.range(1, 0xffffffffL)), Rights.ALL);
    }

    private static Copied move(Work work, MailboxRow from, MailboxRow to, List<Source> sources, Rights rights) {
        Copied copied = copy(work, from, to, sources, rights);
        for (Source source : sources) {
            work.expunge(from, source.uid, source.key, source.value, source.row);
        }
        return copied;
    }

    private static List<Source> sources(Work work, MailboxRow from, UidSet uids) {
        List<Source> sources = new ArrayList<>();
        work.messages(from.id, uids, (uid, key, value, row) -> sources.add(new Source(uid, key, value, row)));
        return sources;
    }

    private static Copied copy(Work work, MailboxRow from, MailboxRow to, List<Source> sources, Rights rights) {
        long changeable = FlagWords.changeable(rights);
        List<Long> fromUids = new ArrayList<>(sources.size());
        List<Long> toUids = new ArrayList<>(sources.size());
        for (Source source : sources) {
            Rows.Message row = source.row;
            long word = FlagWords.translate(row.flagWord() & changeable, from, to);
            Action.Stamp stamp = new Action.Stamp(row.dateSeconds(), row.zoneMinutes());
            work.reference(row.bodyId(), 1);
            fromUids.add(source.uid);
            toUids.add(work.place(to, word, stamp, row.size(), row.bodyId()));
        }
        return new Copied(to.uidValidity, fromUids, toUids);
    }

    static Expunged expunge(Work work, Action.Expunge action) {
        MailboxRow mailbox = work.mailbox(action.mailboxId());
        UidSet.Builder gone = new UidSet.Builder();
        work.messages(mailbox.id, action.uids(), (uid, key, value, row) -> {
            if ((row.flagWord() & Flags.DELETED) != 0) {
                work.expunge(mailbox, uid, key, value, row);
                gone.add(uid);
            }
        });
        UidSet uids = gone.build();
        return new Expunged(uids.isEmpty() ? 0 : mailbox.highestModSeq, uids);
    }
}
