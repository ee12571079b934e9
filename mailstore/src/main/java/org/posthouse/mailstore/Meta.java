package org.posthouse.mailstore;

import org.posthouse.replication.Position;

/// The one row that every batch carries: how far the log is applied, the digest, who opened the storage group,
/// the counters, and how far the open segment reaches. Mutable; apply works on a copy and keeps it when the
/// entry succeeded.
final class Meta {
    private static final int FORMAT = 2;

    // local
    Position applied = Position.START;
    long digest;
    int segmentOpen;
    long segmentLength;
    long segmentLive;
    int segmentNext = 1;

    // logical
    long generation = 1;
    long openIndex;
    String openedBy = "";
    long openVersion;
    long closedVersion;
    boolean open;
    /// The highest leader's time seen.
    long timeMillis;
    /// Time that owners have counted by their monotonic clocks.
    long elapsedMillis;
    /// What the current owner has counted since its `Open`.
    long elapsedInEpoch;

    long bodyNext = 1;
    long mailboxNext = 1;
    long uidValidityLast;
    long sessions;

    Meta copy() {
        return decode(encode());
    }

    Epoch epoch() {
        return new Epoch(generation, openIndex);
    }

    /// A hash of the logical part, so that the digest covers it.
    long logicalHash() {
        byte[] logical = logical(new ByteWriter(96)).done();
        return Hashes.row(Keys.META, logical);
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(128).octet(FORMAT);
        out.number(applied.term()).signed(applied.index()).fixed64(digest);
        out.number(segmentOpen).number(segmentLength).number(segmentLive).number(segmentNext);
        return logical(out).done();
    }

    private ByteWriter logical(ByteWriter out) {
        out.number(generation).number(openIndex).text(openedBy);
        out.number(openVersion).number(closedVersion).flag(open);
        out.number(timeMillis).number(elapsedMillis).number(elapsedInEpoch);
        return out.number(bodyNext).number(mailboxNext).number(uidValidityLast).number(sessions);
    }

    static Meta decode(byte[] value) {
        ByteReader in = new ByteReader(value);
        int format = in.octet();
        if (format != FORMAT) {
            throw new IllegalArgumentException("the index has format " + format + ", this release reads " + FORMAT);
        }
        Meta meta = new Meta();
        meta.applied = new Position(in.number(), in.signed());
        meta.digest = in.fixed64();
        meta.segmentOpen = in.smallNumber();
        meta.segmentLength = in.number();
        meta.segmentLive = in.number();
        meta.segmentNext = in.smallNumber();
        meta.generation = in.number();
        meta.openIndex = in.number();
        meta.openedBy = in.text();
        meta.openVersion = in.number();
        meta.closedVersion = in.number();
        meta.open = in.flag();
        meta.timeMillis = in.number();
        meta.elapsedMillis = in.number();
        meta.elapsedInEpoch = in.number();
        meta.bodyNext = in.number();
        meta.mailboxNext = in.number();
        meta.uidValidityLast = in.number();
        meta.sessions = in.number();
        return meta;
    }
}
