package org.posthouse.mailstore;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/// The keys of the index, one column family; the first byte says which table. Numbers are big-endian, so that
/// keys sort as their numbers do. Those called local are each replica's own and stand outside the digest.
///
/// | | key | value |
/// |---|---|---|
/// | `A` | | [Meta], in part local |
/// | `B` | body | [Rows.BodyRow] |
/// | `C` | mailbox, mod-sequence, uid | nothing for a live one; for an expunged one when it came |
/// | `D` | mailbox, delivery id | delivery record |
/// | `E` | mailbox (0: the server), user (none: shared), 0, entry | metadata: its value |
/// | `F` | segment | [Rows.SegmentRow], local |
/// | `G` | mailbox, uid | message row, expunged, still whole |
/// | `H` | body | its summary, opaque here, local ([Summaries]) |
/// | `K` | mailbox, user | the user's access key for URLs into the mailbox (RFC 4467) |
/// | `I` | identifier, 0, mailbox | nothing: the access control list grants it something |
/// | `L` | body, offset in it | [Rows.Place], local |
/// | `M` | mailbox | [MailboxRow] |
/// | `N` | user, 0, name | mailbox id |
/// | `Q` | kind, elapsed time, entry, ordinal | what expires ([Expiry]) |
/// | `R` | mailbox, uid | message row |
/// | `S` | session | its exactly-once records |
/// | `U` | user | usage |
/// | `Y` | user, 0, name | a subscription |
/// | `Z` | staged id | [Rows.StagedRow] |
final class Keys {
    static final byte[] META = {'A'};
    static final byte BODY = 'B';
    static final byte CHANGE = 'C';
    static final byte DELIVERY = 'D';
    static final byte ANNOTATION = 'E';
    static final byte SEGMENT = 'F';
    static final byte GONE = 'G';
    static final byte SUMMARY = 'H';
    static final byte URL_KEY = 'K';
    static final byte GRANT = 'I';
    static final byte PLACE = 'L';
    static final byte MAILBOX = 'M';
    static final byte NAME = 'N';
    static final byte QUEUE = 'Q';
    static final byte MESSAGE = 'R';
    static final byte SESSION = 'S';
    static final byte USER = 'U';
    static final byte SUBSCRIPTION = 'Y';
    static final byte STAGED = 'Z';

    private Keys() {}

    static byte[] body(long body) {
        return longKey(BODY, body);
    }

    static long bodyOf(byte[] key) {
        return ByteBuffer.wrap(key).getLong(1);
    }

    static byte[] summary(long body) {
        return longKey(SUMMARY, body);
    }

    static byte[] urlKey(long mailbox, String user) {
        byte[] userBytes = user.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(5 + userBytes.length)
                .put(URL_KEY)
                .putInt((int) mailbox)
                .put(userBytes)
                .array();
    }

    static byte[] staged(long id) {
        return longKey(STAGED, id);
    }

    static byte[] place(long body, long offset) {
        return ByteBuffer.allocate(17).put(PLACE).putLong(body).putLong(offset).array();
    }

    static byte[] places(long body) {
        return longKey(PLACE, body);
    }

    static byte[] segment(int number) {
        return ByteBuffer.allocate(5).put(SEGMENT).putInt(number).array();
    }

    /// Of [#MAILBOX], or the beginning of all rows of a mailbox in another table.
    static byte[] ofMailbox(byte table, long mailbox) {
        return ByteBuffer.allocate(5).put(table).putInt((int) mailbox).array();
    }

    /// Of [#MESSAGE] and [#GONE].
    static byte[] message(byte table, long mailbox, long uid) {
        return ByteBuffer.allocate(9)
                .put(table)
                .putInt((int) mailbox)
                .putInt((int) uid)
                .array();
    }

    static long uidOfMessage(byte[] key) {
        return Integer.toUnsignedLong(ByteBuffer.wrap(key).getInt(5));
    }

    static byte[] change(long mailbox, long modSeq, long uid) {
        return ByteBuffer.allocate(17)
                .put(CHANGE)
                .putInt((int) mailbox)
                .putLong(modSeq)
                .putInt((int) uid)
                .array();
    }

    static long modSeqOfChange(byte[] key) {
        return ByteBuffer.wrap(key).getLong(5);
    }

    static long uidOfChange(byte[] key) {
        return Integer.toUnsignedLong(ByteBuffer.wrap(key).getInt(13));
    }

    static byte[] delivery(long mailbox, String deliveryId) {
        byte[] id = deliveryId.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(5 + id.length)
                .put(DELIVERY)
                .putInt((int) mailbox)
                .put(id)
                .array();
    }

    static byte[] session(UUID session) {
        return ByteBuffer.allocate(17)
                .put(SESSION)
                .putLong(session.getMostSignificantBits())
                .putLong(session.getLeastSignificantBits())
                .array();
    }

    static byte[] user(String user) {
        byte[] bytes = user.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + bytes.length).put(USER).put(bytes).array();
    }

    /// Of [#NAME], [#SUBSCRIPTION] and, without a name, [#GRANT]; with an empty name the beginning of all of a user's.
    static byte[] named(byte table, String user, String name) {
        byte[] userBytes = user.getBytes(StandardCharsets.UTF_8);
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + userBytes.length + nameBytes.length)
                .put(table)
                .put(userBytes)
                .put((byte) 0)
                .put(nameBytes)
                .array();
    }

    static String nameOf(byte[] key, String user) {
        int from = 2 + user.getBytes(StandardCharsets.UTF_8).length;
        return new String(key, from, key.length - from, StandardCharsets.UTF_8);
    }

    /// Of [#ANNOTATION]; with an empty entry the beginning of all of a user's, with an empty user the shared ones'.
    static byte[] annotation(long mailbox, String user, String entry) {
        byte[] userBytes = user.getBytes(StandardCharsets.UTF_8);
        byte[] entryBytes = entry.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(6 + userBytes.length + entryBytes.length)
                .put(ANNOTATION)
                .putInt((int) mailbox)
                .put(userBytes)
                .put((byte) 0)
                .put(entryBytes)
                .array();
    }

    static byte[] grant(String identifier, long mailbox) {
        byte[] begin = named(GRANT, identifier, "");
        return ByteBuffer.allocate(begin.length + 4)
                .put(begin)
                .putInt((int) mailbox)
                .array();
    }

    static long mailboxOfGrant(byte[] key) {
        return Integer.toUnsignedLong(ByteBuffer.wrap(key).getInt(key.length - 4));
    }

    static byte[] queue(int kind, long elapsedMillis, long index, int ordinal) {
        return ByteBuffer.allocate(22)
                .put(QUEUE)
                .put((byte) kind)
                .putLong(elapsedMillis)
                .putLong(index)
                .putInt(ordinal)
                .array();
    }

    static byte[] queueOf(int kind) {
        return new byte[] {QUEUE, (byte) kind};
    }

    static long elapsedOfQueue(byte[] key) {
        return ByteBuffer.wrap(key).getLong(2);
    }

    static boolean startsWith(byte[] key, byte[] prefix) {
        if (key.length < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (key[i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] longKey(byte table, long number) {
        return ByteBuffer.allocate(9).put(table).putLong(number).array();
    }
}
