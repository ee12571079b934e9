package org.posthouse.mailstore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.posthouse.mailstore.Rows.Place;
import org.posthouse.mailstore.Rows.SegmentRow;

/// Frees the space of dead bodies: what is alive in segments that are half garbage, or too small, is written to a
/// new segment, the index is told in one batch, and the old files go once that batch is on disk. Each replica
/// does so by itself; where a body lies is not part of the replicated state. Whoever reads from an old file keeps
/// it by its open channel, a snapshot by its own hard link.
final class Compaction {
    private static final int SMALL_SEGMENTS_MAX = 8;
    private static final int SMALL_SHARE = 8;

    private final StorageGroup group;
    private final Set<Integer> damaged = new HashSet<>(); // left alone until repaired and restarted

    private record Moved(byte[] key, Place from, Place to) {
        Moved {
            assert key.length > 0;
        }
    }

    Compaction(StorageGroup group) {
        this.group = group;
    }

    /// One round. On a thread of housekeeping, never two at a time.
    ///
    /// @return how many bytes of files were freed
    long run() throws IOException {
        Lock using = group.use();
        try {
            Map<Integer, SegmentRow> victims = choose();
            if (victims.isEmpty()) {
                return 0;
            }
            return rewrite(victims);
        } finally {
            using.unlock();
        }
    }

    private Map<Integer, SegmentRow> choose() {
        Map<Integer, SegmentRow> garbage = new LinkedHashMap<>();
        Map<Integer, SegmentRow> small = new LinkedHashMap<>();
        long bytesMax = group.settings().segmentBytesMax();
        long[] live = {0, 0};
        SegmentTable.forEach(group.index(), (number, row) -> {
            if (damaged.contains(number)) {
                return;
            }
            if (row.live() * 2 <= row.length() && live[0] + row.live() <= bytesMax) {
                garbage.put(number, row);
                live[0] += row.live();
            } else if (row.length() * SMALL_SHARE < bytesMax && live[1] + row.live() <= bytesMax) {
                small.put(number, row);
                live[1] += row.live();
            }
        });
        if (!garbage.isEmpty()) {
            return garbage;
        }
        return small.size() >= SMALL_SEGMENTS_MAX ? small : Map.of();
    }

    private long rewrite(Map<Integer, SegmentRow> victims) throws IOException {
        Segments segments = group.segments();
        Segments.Writing to = null;
        List<Moved> moved = new ArrayList<>();
        Map<Integer, SegmentRow> emptied = new LinkedHashMap<>();
        for (Map.Entry<Integer, SegmentRow> victim : victims.entrySet()) {
            if (victim.getValue().live() > 0 && to == null) {
                to = segments.begin();
            }
            List<Moved> ofThis = new ArrayList<>();
            if (victim.getValue().live() == 0
                    || copyLive(victim.getKey(), victim.getValue().length(), to, ofThis)) {
                moved.addAll(ofThis);
                emptied.put(victim.getKey(), victim.getValue());
            } else {
                damaged.add(victim.getKey());
            }
        }
        if (to != null) {
            segments.writtenUp(to.number);
            segments.sync();
        }
        commit(moved, emptied, to);
        // Until the index on disk has forgotten the old files, a restart needs them.
        group.index().flush(true);
        long freed = to == null ? 0 : -to.length;
        for (Map.Entry<Integer, SegmentRow> each : emptied.entrySet()) {
            segments.delete(each.getKey());
            freed += each.getValue().length();
        }
        return freed;
    }

    /// @return whether everything alive could be read
    private boolean copyLive(int number, long length, Segments.Writing to, List<Moved> moved) throws IOException {
        Segments segments = group.segments();
        segments.pin(number);
        try {
            long position = 0;
            while (position < length) {
                SegmentRecord record = segments.header(number, position);
                if (record == null) {
                    StorageGroup.LOG.warn(
                            "Segment {} in {} is damaged at {}; it is not compacted.",
                            number,
                            group.folder(),
                            position);
                    return false;
                }
                Place from = new Place(number, position, record.length());
                byte[] key = Keys.place(record.bodyId(), record.offset());
                if (isAt(key, from)) {
                    byte[] bytes = segments.read(from, record.bodyId(), record.offset());
                    if (bytes == null) {
                        group.settings()
                                .corrupt()
                                .accept(record.bodyId(), "its checksum is wrong in segment " + number);
                        return false;
                    }
                    byte[] body = Arrays.copyOfRange(bytes, SegmentRecord.HEADER_BYTES, bytes.length);
                    Place there = segments.append(to, record.bodyId(), record.offset(), body, record.crc32c());
                    moved.add(new Moved(key, from, there));
                }
                position += from.space();
            }
            return true;
        } finally {
            segments.unpin(number);
        }
    }

    private boolean isAt(byte[] key, Place place) {
        byte[] value = group.index().get(key);
        return value != null && Place.decode(value).equals(place);
    }

    private void commit(List<Moved> moved, Map<Integer, SegmentRow> emptied, Segments.Writing to) {
        group.state.lock();
        try (Transaction rows = new Transaction(group.index(), group.hotRows())) {
            long live = 0;
            for (Moved each : moved) {
                // A body may have gone while its bytes were copied: then the copy is garbage from the start.
                if (isAt(each.key, each.from)) {
                    rows.writeLocal(each.key, each.to.encode());
                    live += each.to.space();
                }
            }
            for (int number : emptied.keySet()) {
                rows.writeLocal(Keys.segment(number), null);
            }
            if (to != null) {
                Segments.Closed closed = Segments.closed(to);
                rows.writeLocal(
                        Keys.segment(to.number), new SegmentRow(closed.length(), closed.crc32c(), live).encode());
            }
            group.writeLocal(rows);
        } finally {
            group.state.unlock();
        }
    }
}
