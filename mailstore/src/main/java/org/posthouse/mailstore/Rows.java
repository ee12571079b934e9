package org.posthouse.mailstore;

import java.util.List;

/// The values of the index' smaller tables ([Keys] lists them all).
final class Rows {
    private Rows() {}

    /// One message in one mailbox; [MessageRow] is what the seam shows of it.
    record Message(
            long modSeq,
            long savedModSeq,
            long expungedModSeq,
            long flagWord,
            long dateSeconds,
            int zoneMinutes,
            long savedSeconds,
            long size,
            long bodyId) {

        static Message decode(byte[] value) {
            ByteReader in = new ByteReader(value);
            return new Message(
                    in.number(),
                    in.number(),
                    in.number(),
                    in.number(),
                    in.signed(),
                    (int) in.signed(),
                    in.number(),
                    in.number(),
                    in.number());
        }

        byte[] encode() {
            return new ByteWriter(48)
                    .number(modSeq)
                    .number(savedModSeq)
                    .number(expungedModSeq)
                    .number(flagWord)
                    .signed(dateSeconds)
                    .signed(zoneMinutes)
                    .number(savedSeconds)
                    .number(size)
                    .number(bodyId)
                    .done();
        }

        Message flagged(long newModSeq, long newFlagWord) {
            return new Message(
                    newModSeq,
                    savedModSeq,
                    expungedModSeq,
                    newFlagWord,
                    dateSeconds,
                    zoneMinutes,
                    savedSeconds,
                    size,
                    bodyId);
        }

        Message expunged(long atModSeq) {
            return new Message(
                    modSeq, savedModSeq, atModSeq, flagWord, dateSeconds, zoneMinutes, savedSeconds, size, bodyId);
        }

        MessageRow shown(long mailbox, long uid, List<String> keywords) {
            return new MessageRow(
                    mailbox,
                    uid,
                    modSeq,
                    savedModSeq,
                    expungedModSeq,
                    FlagWords.flags(flagWord, keywords),
                    dateSeconds,
                    zoneMinutes,
                    savedSeconds,
                    size,
                    bodyId);
        }
    }

    /// A body and how many message rows name it.
    record BodyRow(long references, long length, int crc32c) {
        static BodyRow decode(byte[] value) {
            ByteReader in = new ByteReader(value);
            return new BodyRow(in.number(), in.number(), in.fixed32());
        }

        byte[] encode() {
            return new ByteWriter(16)
                    .number(references)
                    .number(length)
                    .fixed32(crc32c)
                    .done();
        }
    }

    /// Where some bytes of a body lie: the record's place in a segment, and how many bytes it holds.
    record Place(int segment, long position, int length) {
        static Place decode(byte[] value) {
            ByteReader in = new ByteReader(value);
            return new Place(in.smallNumber(), in.number(), in.smallNumber());
        }

        byte[] encode() {
            return new ByteWriter(16)
                    .number(segment)
                    .number(position)
                    .number(length)
                    .done();
        }

        /// Bytes it takes in the segment, header included.
        long space() {
            return SegmentRecord.HEADER_BYTES + (long) length;
        }
    }

    /// A closed segment: it never changes again.
    ///
    /// @param live bytes of records that the index still names
    record SegmentRow(long length, int crc32c, long live) {
        static SegmentRow decode(byte[] value) {
            ByteReader in = new ByteReader(value);
            return new SegmentRow(in.number(), in.fixed32(), in.number());
        }

        byte[] encode() {
            return new ByteWriter(16)
                    .number(length)
                    .fixed32(crc32c)
                    .number(live)
                    .done();
        }
    }

    /// A body on its way in.
    ///
    /// @param content hash of what was received so far ([ContentHash])
    record StagedRow(long bodyId, long length, int crc32c, ContentHash content) {
        static StagedRow decode(byte[] value) {
            ByteReader in = new ByteReader(value);
            return new StagedRow(in.number(), in.number(), in.fixed32(), ContentHash.decode(in));
        }

        byte[] encode() {
            ByteWriter out = new ByteWriter(48).number(bodyId).number(length).fixed32(crc32c);
            content.encode(out);
            return out.done();
        }
    }

    /// What a user has stored. The row exists once an entry has named the user.
    record UserRow(long messages, long bytes, int mailboxes, int subscriptions) {
        static final UserRow NONE = new UserRow(0, 0, 0, 0);

        static UserRow decode(byte[] value) {
            ByteReader in = new ByteReader(value);
            return new UserRow(in.number(), in.number(), in.smallNumber(), in.smallNumber());
        }

        byte[] encode() {
            return new ByteWriter(16)
                    .number(messages)
                    .number(bytes)
                    .number(mailboxes)
                    .number(subscriptions)
                    .done();
        }

        UserRow plus(long moreMessages, long moreBytes) {
            return new UserRow(messages + moreMessages, bytes + moreBytes, mailboxes, subscriptions);
        }
    }
}
