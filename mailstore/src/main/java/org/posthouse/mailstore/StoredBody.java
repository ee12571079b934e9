package org.posthouse.mailstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.function.LongFunction;
import org.posthouse.mailstore.StoreException.Kind;

/// An open body: its pieces, each in one segment record, and the piece read last. Every piece is checked when it
/// is read; that of a body of one piece when the body is opened. Segments stay readable until it is closed.
/// Used by one thread at a time.
final class StoredBody implements MailStore.Body {
    private static final int ATTEMPTS = 3;

    private final StorageGroup group;
    private final Segments segments;
    private final long bodyId;
    private final List<Piece> pieces;
    private final long length;
    private int current = -1;
    private byte[] bytes = {}; // behind the header of a record
    private boolean closed;

    private record Piece(long offset, Rows.Place place) {}

    private StoredBody(StorageGroup group, Segments segments, long bodyId, List<Piece> pieces, long length) {
        this.group = group;
        this.segments = segments;
        this.bodyId = bodyId;
        this.pieces = pieces;
        this.length = length;
    }

    static StoredBody open(StorageGroup group, long bodyId) {
        return open(group, bodyId, null);
    }

    /// Opens any of these, whose places it looks up now.
    static LongFunction<MailStore.Body> opener(StorageGroup group, long[] bodyIds) {
        byte[][] rows = new byte[bodyIds.length][];
        byte[][] firsts = new byte[bodyIds.length][];
        for (int i = 0; i < bodyIds.length; i++) {
            rows[i] = Keys.body(bodyIds[i]);
            firsts[i] = Keys.place(bodyIds[i], 0);
        }
        Lock using = group.use();
        try {
            rows = group.index().get(rows, bodyIds);
            firsts = group.index().get(firsts, bodyIds);
        } finally {
            using.unlock();
        }
        Map<Long, Piece> whole = new HashMap<>();
        for (int i = 0; i < bodyIds.length; i++) {
            Piece piece = whole(rows[i], firsts[i]);
            if (piece != null) {
                whole.put(bodyIds[i], piece);
            }
        }
        return bodyId -> open(group, bodyId, whole.get(bodyId));
    }

    /// @param known where all of it was a moment ago; null to look it up
    private static StoredBody open(StorageGroup group, long bodyId, Piece known) {
        for (int attempt = 1; ; attempt++) {
            try {
                return tryOpen(group, bodyId, attempt == 1 ? known : null);
            } catch (NoSuchFileException e) {
                // Compaction moved the bytes between the look into the index and the opening of the file.
                if (attempt == ATTEMPTS) {
                    group.settings().corrupt().accept(bodyId, "its segment is missing: " + e.getFile());
                    throw new StoreException(Kind.CORRUPT, "the message is damaged on this replica", e);
                }
            } catch (IOException e) {
                throw new StoreException(Kind.CORRUPT, "the message cannot be read on this replica", e);
            }
        }
    }

    private static StoredBody tryOpen(StorageGroup group, long bodyId, Piece known) throws IOException {
        Lock using = group.use();
        try {
            List<Piece> pieces = known == null ? pieces(group.index(), bodyId) : List.of(known);
            if (pieces.isEmpty()) {
                throw new StoreException(Kind.GONE, "the message's bytes are not there any more");
            }
            Piece last = pieces.getLast();
            long length = last.offset + last.place.length();
            Segments segments = group.segments();
            int pinned = 0;
            boolean opened = false;
            try {
                for (; pinned < pieces.size(); pinned++) {
                    segments.pin(pieces.get(pinned).place.segment());
                }
                StoredBody body = new StoredBody(group, segments, bodyId, pieces, length);
                if (pieces.size() == 1) {
                    body.load(0);
                }
                opened = true;
                return body;
            } finally {
                while (!opened && pinned > 0) {
                    segments.unpin(pieces.get(--pinned).place.segment());
                }
            }
        } finally {
            using.unlock();
        }
    }

    /// Most bodies have one piece, which two look-ups find; a walk over rows costs as much as ten.
    private static List<Piece> pieces(Index index, long bodyId) {
        byte[][] found = index.get(new byte[][] {Keys.body(bodyId), Keys.place(bodyId, 0)});
        Piece whole = whole(found[0], found[1]);
        if (whole != null) {
            return List.of(whole);
        }
        List<Piece> pieces = new ArrayList<>();
        byte[] prefix = Keys.places(bodyId);
        index.scan(
                prefix,
                prefix,
                (key, value) -> pieces.add(new Piece(ByteBuffer.wrap(key).getLong(9), Rows.Place.decode(value))));
        return pieces;
    }

    /// The piece that is all of the body, if the first one is; else null.
    private static Piece whole(byte[] bodyRow, byte[] firstPlace) {
        if (bodyRow == null || firstPlace == null) {
            return null;
        }
        Rows.Place first = Rows.Place.decode(firstPlace);
        return first.length() == Rows.BodyRow.decode(bodyRow).length() ? new Piece(0, first) : null;
    }

    private void load(int piece) throws IOException {
        Piece wanted = pieces.get(piece);
        byte[] read = segments.read(wanted.place, bodyId, wanted.offset);
        if (read == null) {
            String where = "segment " + wanted.place.segment() + " at " + wanted.place.position();
            group.settings().corrupt().accept(bodyId, "its checksum is wrong in " + where);
            throw new StoreException(Kind.CORRUPT, "the message is damaged on this replica");
        }
        current = piece;
        bytes = read;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public int read(long offset, byte[] into, int at, int count) {
        if (closed) {
            throw new IllegalStateException("the body is closed");
        }
        int done = 0;
        while (done < count && offset + done < length) {
            long from = offset + done;
            int piece = pieceAt(from);
            if (piece != current) {
                try {
                    load(piece);
                } catch (IOException e) {
                    throw new StoreException(Kind.CORRUPT, "the message cannot be read on this replica", e);
                }
            }
            int start = (int) (from - pieces.get(piece).offset);
            int some = Math.min(count - done, pieces.get(piece).place.length() - start);
            System.arraycopy(bytes, SegmentRecord.HEADER_BYTES + start, into, at + done, some);
            done += some;
        }
        return done;
    }

    private int pieceAt(long offset) {
        int low = 0;
        int high = pieces.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (pieces.get(middle).offset <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    @Override
    public InputStream stream(long offset, long count) {
        return new InputStream() {
            private long next = offset;
            private final long end = Math.min(length, count > length - offset ? length : offset + count);
            private final byte[] one = new byte[1];

            @Override
            public int read() {
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int at, int wanted) {
                if (next >= end) {
                    return -1;
                }
                int some = StoredBody.this.read(next, into, at, (int) Math.min(wanted, end - next));
                next += some;
                return some;
            }
        };
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pieces.forEach(piece -> segments.unpin(piece.place.segment()));
        }
    }
}
