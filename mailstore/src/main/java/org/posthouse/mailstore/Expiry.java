package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;

/// Drops what is old enough, in apply, by `Expire` entries.
///
/// Age is *elapsed time*: the sum of what owners counted on their monotonic clocks while they owned the storage
/// group. An owner writes into each `Expire` entry what it has counted since its own `Open` was applied; apply
/// adds what is new of it. So no clock jump and no change of owner ages anything early; time with no owner, and
/// what an owner counted after its last `Expire`, do not count at all. A thing is noted in the queue with the
/// elapsed time of the `Expire` before it; since that may be one step earlier than when it happened, a step
/// counts [Limits#EXPIRE_STEP_MILLIS_MAX] at most and every term is lengthened by as much.
final class Expiry {
    static final int GONE_MESSAGE = 1;
    static final int DELIVERY = 2;
    static final int SESSION = 3;
    static final int STAGED = 4;
    static final int DEAD_MAILBOX = 5;
    static final int HISTORY = 6;

    private final Work work;
    private final Entry.Expire entry;
    private int left;

    private Expiry(Work work, Entry.Expire entry) {
        this.work = work;
        this.entry = entry;
        this.left = entry.rowsMax();
    }

    /// Counts time, and drops what is due, up to the entry's limit.
    ///
    /// @return 1 if more is due than was dropped, else 0
    static long apply(Work work, Entry.Expire entry) {
        Meta meta = work.meta;
        long step = Math.max(0, entry.elapsedMillis() - meta.elapsedInEpoch);
        meta.elapsedMillis += Math.min(step, Limits.EXPIRE_STEP_MILLIS_MAX);
        meta.elapsedInEpoch = Math.max(meta.elapsedInEpoch, entry.elapsedMillis());
        Expiry expiry = new Expiry(work, entry);
        for (int kind = GONE_MESSAGE; kind <= HISTORY; kind++) {
            expiry.drop(kind);
        }
        return expiry.left <= 0 ? 1 : 0;
    }

    /// Whether anything waits to expire.
    static boolean anything(Index index) {
        return index.any(new byte[] {Keys.QUEUE});
    }

    private record Due(byte[] key, byte[] value) {
        Due {
            assert key.length > 0;
        }
    }

    private void drop(int kind) {
        if (left <= 0) {
            return;
        }
        long term = kind == HISTORY ? entry.historyMillis() : entry.recordsMillis();
        long before = work.meta.elapsedMillis - term - Limits.EXPIRE_STEP_MILLIS_MAX;
        List<Due> due = new ArrayList<>();
        byte[] prefix = Keys.queueOf(kind);
        work.index.scan(prefix, prefix, (key, value) -> {
            if (Keys.elapsedOfQueue(key) > before || due.size() >= left) {
                return false;
            }
            due.add(new Due(key, value));
            return true;
        });
        for (Due each : due) {
            left--;
            if (drop(kind, each.value, before)) {
                work.rows.replace(each.key, each.value, null);
            }
        }
    }

    /// @return whether the thing is done with
    private boolean drop(int kind, byte[] what, long before) {
        switch (kind) {
            case GONE_MESSAGE -> dropGone(what);
            case DELIVERY -> work.rows.delete(what);
            case SESSION -> dropSession(what, before);
            case STAGED -> dropStaged(what);
            case DEAD_MAILBOX -> {
                return dropMailbox(new ByteReader(what).number());
            }
            case HISTORY -> dropHistory(what);
            default -> throw new IllegalArgumentException("an unknown kind of expiry: " + kind);
        }
        return true;
    }

    private void dropGone(byte[] what) {
        ByteReader in = new ByteReader(what);
        long mailbox = in.number();
        long uid = in.number();
        byte[] key = Keys.message(Keys.GONE, mailbox, uid);
        byte[] value = work.rows.get(key);
        if (value == null) {
            return; // went with its mailbox
        }
        Rows.Message row = Rows.Message.decode(value);
        work.rows.delete(key);
        work.reference(row.bodyId(), -1);
        work.queue(
                HISTORY,
                new ByteWriter(24)
                        .number(mailbox)
                        .number(row.expungedModSeq())
                        .number(uid)
                        .done());
    }

    private void dropSession(byte[] key, long before) {
        byte[] value = work.rows.get(key);
        if (value == null) {
            return; // forgotten on request
        }
        long touched = SessionRecords.touched(value);
        if (touched <= before) {
            work.rows.delete(key);
            work.meta.sessions--;
        } else {
            // Used since: look again when its last use is old enough. The ordinal keeps the key unlike all others
            // of this entry.
            work.queueAt(SESSION, touched, key);
        }
    }

    private void dropStaged(byte[] what) {
        byte[] key = Keys.staged(new ByteReader(what).fixed64());
        byte[] value = work.rows.get(key);
        if (value != null) {
            work.rows.delete(key);
            work.dropPlaces(Rows.StagedRow.decode(value).bodyId());
        }
    }

    private void dropHistory(byte[] what) {
        ByteReader in = new ByteReader(what);
        long mailbox = in.number();
        long modSeq = in.number();
        long uid = in.number();
        byte[] key = Keys.change(mailbox, modSeq, uid);
        if (work.rows.get(key) != null) {
            work.rows.delete(key);
            MailboxRow row = work.mailboxOrDead(mailbox);
            row.historyFloor = Math.max(row.historyFloor, modSeq);
        }
    }

    /// Drops the rows of a deleted mailbox, as many as the entry may.
    private boolean dropMailbox(long mailbox) {
        for (byte table : new byte[] {Keys.MESSAGE, Keys.GONE, Keys.CHANGE, Keys.ANNOTATION}) {
            byte[] prefix = Keys.ofMailbox(table, mailbox);
            boolean[] whole = {true};
            work.index.scan(prefix, prefix, (key, value) -> {
                if (left <= 0) {
                    whole[0] = false;
                    return false;
                }
                left--;
                work.rows.delete(key);
                if (table == Keys.MESSAGE || table == Keys.GONE) {
                    work.reference(Rows.Message.decode(value).bodyId(), -1);
                }
                return true;
            });
            if (!whole[0]) {
                return false;
            }
        }
        UrlKeys.dropAll(work, mailbox);
        work.drop(mailbox);
        return true;
    }
}
