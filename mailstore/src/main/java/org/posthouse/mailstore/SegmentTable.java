package org.posthouse.mailstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/// The index' knowledge of segments against the files that are there.
final class SegmentTable {
    private SegmentTable() {}

    /// Called for each closed segment.
    interface Visitor {
        void segment(int number, Rows.SegmentRow row);
    }

    static void forEach(Index index, Visitor visitor) {
        byte[] prefix = {Keys.SEGMENT};
        index.scan(prefix, prefix, (key, value) -> {
            visitor.segment(ByteBuffer.wrap(key).getInt(1), Rows.SegmentRow.decode(value));
            return true;
        });
    }

    /// Crash rule 3.
    ///
    /// @return which segment does not reach the length that the index notes, or null
    static String check(Index index, Segments segments, Meta meta) throws IOException {
        StringBuilder wrong = new StringBuilder();
        if (meta.segmentOpen != 0 && segments.lengthOnDisk(meta.segmentOpen) < meta.segmentLength) {
            wrong.append("segment ")
                    .append(meta.segmentOpen)
                    .append(" is shorter than ")
                    .append(meta.segmentLength);
        }
        IOException[] failure = {null};
        forEach(index, (number, row) -> {
            try {
                if (segments.lengthOnDisk(number) != row.length()) {
                    wrong.append("segment ")
                            .append(number)
                            .append(" has not length ")
                            .append(row.length());
                }
            } catch (IOException e) {
                failure[0] = e;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
        return wrong.isEmpty() ? null : wrong.toString();
    }

    /// After a start: deletes files that the index does not know, and closes the segment that was open, behind
    /// the last byte that the index knows.
    static void tidy(Index index, Segments segments, Meta meta) throws IOException {
        Set<Integer> known = new HashSet<>();
        forEach(index, (number, _) -> known.add(number));
        segments.nextAtLeast(meta.segmentNext);
        if (meta.segmentOpen != 0) {
            known.add(meta.segmentOpen);
        }
        for (int number : segments.numbers()) {
            segments.nextAtLeast(number + 1);
            if (!known.contains(number)) {
                segments.delete(number);
            }
        }
        if (meta.segmentOpen != 0) {
            Segments.Closed closed = segments.cut(meta.segmentOpen, meta.segmentLength);
            try (Transaction rows = new Transaction(index, new HotRows())) {
                rows.writeLocal(
                        Keys.segment(closed.number()),
                        new Rows.SegmentRow(closed.length(), closed.crc32c(), meta.segmentLive).encode());
                meta.segmentOpen = 0;
                meta.segmentLength = 0;
                meta.segmentLive = 0;
                meta.segmentNext = segments.next();
                rows.commit(meta);
            }
        }
    }
}
