package org.posthouse.mailstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import org.posthouse.mailstore.Rows.Place;
import org.posthouse.mailstore.StoreException.Kind;

/// Puts a body's bytes, as another replica has them, in the place of damaged ones.
final class BodyRepair {
    private BodyRepair() {}

    static void repair(StorageGroup group, long bodyId, Path file) throws IOException {
        Lock using = group.use();
        try {
            byte[] value = group.index().get(Keys.body(bodyId));
            if (value == null) {
                throw new StoreException(Kind.GONE, "body " + bodyId + " is not there any more");
            }
            Rows.BodyRow row = Rows.BodyRow.decode(value);
            if (row.length() != Files.size(file) || row.crc32c() != FileSums.crc32c(file)) {
                throw new StoreException(Kind.REFUSED, "these are not the bytes of body " + bodyId);
            }
            Segments segments = group.segments();
            Segments.Writing to = segments.begin();
            List<Place> places = new ArrayList<>();
            long offset = 0;
            try (InputStream bytes = Files.newInputStream(file)) {
                do {
                    byte[] piece = bytes.readNBytes(Limits.INLINE_BYTES_MAX);
                    places.add(segments.append(to, bodyId, offset, piece, Hashes.crc32c(piece)));
                    offset += piece.length;
                } while (offset < row.length());
            }
            segments.writtenUp(to.number);
            segments.sync();
            commit(group, bodyId, places, Segments.closed(to));
        } finally {
            using.unlock();
        }
    }

    private static void commit(StorageGroup group, long bodyId, List<Place> places, Segments.Closed to) {
        group.state.lock();
        try (Transaction rows = new Transaction(group.index(), group.hotRows())) {
            boolean alive = rows.get(Keys.body(bodyId)) != null;
            long live = 0;
            if (alive) {
                byte[] prefix = Keys.places(bodyId);
                group.index().scan(prefix, prefix, (key, value) -> {
                    rows.putLocal(key, null);
                    lessLive(group, rows, Place.decode(value));
                    return true;
                });
                long offset = 0;
                for (Place place : places) {
                    rows.putLocal(Keys.place(bodyId, offset), place.encode());
                    offset += place.length();
                    live += place.space();
                }
            }
            rows.writeLocal(Keys.segment(to.number()), new Rows.SegmentRow(to.length(), to.crc32c(), live).encode());
            group.writeLocal(rows);
        } finally {
            group.state.unlock();
        }
    }

    private static void lessLive(StorageGroup group, Transaction rows, Place place) {
        if (place.segment() == group.segments().openNumber()) {
            group.meta().segmentLive -= place.space();
            return;
        }
        byte[] key = Keys.segment(place.segment());
        Rows.SegmentRow row = Rows.SegmentRow.decode(rows.get(key));
        rows.putLocal(key, new Rows.SegmentRow(row.length(), row.crc32c(), row.live() - place.space()).encode());
    }
}
