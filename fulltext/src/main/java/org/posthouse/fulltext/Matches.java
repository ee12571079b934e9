package org.posthouse.fulltext;

import java.util.Arrays;
import java.util.List;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.FixedBitSet;

/// What a search has found, as of one moment. Immutable; needs no file.
public final class Matches {
    /// Of a body that is not in the index, or of which nothing is known there.
    public static final int UNKNOWN = -1;

    private final List<Segment> segments;

    /// @param bodies by document, ascending
    /// @param live documents that are not deleted; null for all
    /// @param unsure documents of which nothing is known; null for none
    /// @param levels documents that fit, by how well: each has those of the better ones too
    @SuppressWarnings("ArrayRecordComponent") // seen by this package only
    record Segment(long[] bodies, Bits live, FixedBitSet unsure, FixedBitSet[] levels) {

        /// The document of a body, or -1.
        int document(long body) {
            if (bodies.length == 0 || body < bodies[0] || body > bodies[bodies.length - 1]) {
                return -1;
            }
            int document = Arrays.binarySearch(bodies, body);
            return document >= 0 && (live == null || live.get(document)) ? document : -1;
        }

        int relevance(int document) {
            if (unsure != null && unsure.get(document)) {
                return UNKNOWN;
            }
            for (int level = 0; level < levels.length; level++) {
                if (levels[level].get(document)) {
                    return TextQuery.relevance(level);
                }
            }
            return 0;
        }
    }

    Matches(List<Segment> segments) {
        this.segments = List.copyOf(segments);
    }

    /// How relevant a body is: 1 to 100, 0 if it does not fit, [#UNKNOWN] if it has to be read to know.
    public int relevance(long body) {
        for (Segment segment : segments) {
            int document = segment.document(body);
            if (document >= 0) {
                return segment.relevance(document);
            }
        }
        return UNKNOWN;
    }
}
