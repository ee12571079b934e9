package org.posthouse.imap;

import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The summaries of some messages: what the store has kept, the rest made here and given to the store to keep.
final class SummaryReader {
    private static final Logger LOG = LoggerFactory.getLogger(SummaryReader.class);
    /// A message up to here is in memory as soon as its header is, so it may as well be looked at whole.
    private static final int SMALL_BYTES_MAX = 256 << 10;

    private final MailStore store;
    private final boolean needsStructure;
    private final byte[][] kept;
    private final SortedMap<Long, byte[]> made = new TreeMap<>();

    /// @param needsStructure whether the part behind the header is needed too
    SummaryReader(MailStore store, List<MessageRow> rows, boolean needsStructure) {
        this.store = store;
        this.needsStructure = needsStructure;
        this.kept = store.summaries(bodyIds(rows));
    }

    static long[] bodyIds(List<MessageRow> rows) {
        long[] bodies = new long[rows.size()];
        for (int i = 0; i < bodies.length; i++) {
            bodies[i] = rows.get(i).bodyId();
        }
        return bodies;
    }

    /// The summary of a row, by its place in the list.
    ///
    /// @param message opened only if there is none
    Summary of(int place, MessageRow row, OpenMessage message) throws IOException {
        Summary summary = place < 0 ? null : Summary.of(kept[place]);
        if (summary != null && (summary.whole() || !needsStructure)) {
            return summary;
        }
        byte[] bytes = Summary.make(message, needsStructure || row.size() <= SMALL_BYTES_MAX);
        made.put(row.bodyId(), bytes);
        return Summary.of(bytes);
    }

    /// What is kept already, or null.
    Summary kept(int place) {
        return place < 0 ? null : Summary.of(kept[place]);
    }

    /// Lets the store keep what was made.
    void done() {
        if (!made.isEmpty()) {
            try {
                store.keepSummaries(made);
            } catch (StoreException e) {
                LOG.debug("{} summaries are not kept: {}", made.size(), e.getMessage());
            }
        }
    }
}
