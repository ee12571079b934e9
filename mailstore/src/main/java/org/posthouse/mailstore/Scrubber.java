package org.posthouse.mailstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import org.posthouse.mailstore.Rows.Place;

/// Reads everything slowly and compares checksums, so that damage is found while another replica can still mend
/// it. Reports each damaged body to [StoreSettings#corrupt].
final class Scrubber {
    private final StorageGroup group;
    private int segment;
    private long position;
    private long rounds;

    Scrubber(StorageGroup group) {
        this.group = group;
    }

    /// How many times everything has been read.
    long rounds() {
        return rounds;
    }

    /// Goes on for about so many bytes; at the end of a round the index is read too, whole.
    void scrub(long bytes) throws IOException {
        Lock using = group.use();
        try {
            long left = bytes;
            while (left > 0) {
                Place next = next();
                if (next == null) {
                    group.index().verify();
                    segment = 0;
                    position = 0;
                    rounds++;
                    return;
                }
                left -= scrub(next.segment(), next.position(), left);
            }
        } finally {
            using.unlock();
        }
    }

    /// Where to go on: a place in a closed segment, its length that of the rest; or null at the end.
    private Place next() {
        Place[] found = {null};
        byte[] from = Keys.segment(segment);
        group.index().scan(new byte[] {Keys.SEGMENT}, from, (key, value) -> {
            int number = ByteBuffer.wrap(key).getInt(1);
            long start = number == segment ? position : 0;
            if (start >= Rows.SegmentRow.decode(value).length()) {
                return true;
            }
            found[0] = new Place(number, start, 0);
            return false;
        });
        return found[0];
    }

    private long scrub(int number, long from, long bytes) throws IOException {
        Segments segments = group.segments();
        byte[] row = group.index().get(Keys.segment(number));
        long end = Rows.SegmentRow.decode(row).length();
        long at = from;
        segments.pin(number);
        try {
            while (at < end && at - from < bytes) {
                SegmentRecord record = segments.header(number, at);
                if (record == null) {
                    reportRest(number, at);
                    at = end;
                    break;
                }
                Place place = new Place(number, at, record.length());
                byte[] value = group.index().get(Keys.place(record.bodyId(), record.offset()));
                boolean alive = value != null && Place.decode(value).equals(place);
                if (alive && segments.read(place, record.bodyId(), record.offset()) == null) {
                    report(record.bodyId(), number);
                }
                at += place.space();
            }
        } finally {
            segments.unpin(number);
        }
        segment = number;
        position = at;
        return at - from;
    }

    private void report(long bodyId, int number) {
        group.settings().corrupt().accept(bodyId, "its checksum is wrong in segment " + number);
    }

    /// A broken header hides how long its record is: every body that lies from there on is looked at by itself.
    private void reportRest(int number, long from) throws IOException {
        List<Long> bodies = new ArrayList<>();
        List<Place> places = new ArrayList<>();
        List<Long> offsets = new ArrayList<>();
        byte[] prefix = {Keys.PLACE};
        group.index().scan(prefix, prefix, (key, value) -> {
            Place place = Place.decode(value);
            if (place.segment() == number && place.position() >= from) {
                bodies.add(ByteBuffer.wrap(key).getLong(1));
                offsets.add(ByteBuffer.wrap(key).getLong(9));
                places.add(place);
            }
            return true;
        });
        for (int i = 0; i < places.size(); i++) {
            if (group.segments().read(places.get(i), bodies.get(i), offsets.get(i)) == null) {
                report(bodies.get(i), number);
            }
        }
    }
}
