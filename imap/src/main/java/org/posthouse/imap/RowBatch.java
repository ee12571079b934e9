package org.posthouse.imap;

import java.io.IOException;
import java.util.List;
import org.posthouse.mail.Headers;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.StoreException;

/// The rows of some messages of a mailbox, and the fields that summaries keep of their headers.
final class RowBatch {
    /// A reasonable number to ask the store for at once.
    static final int SIZE = 512;

    private final Session session;
    private final List<MessageRow> rows;
    private SummaryReader summaries;
    private int last = -1; // place of the row asked for last

    /// Of the selected mailbox.
    RowBatch(Session session, UidSet sequences) {
        this(session, session.selected(), sequences);
    }

    /// @param sequences of the messages, [#SIZE] or so
    RowBatch(Session session, Selected selected, UidSet sequences) {
        this.session = session;
        this.rows = session.store().messages(selected.mailboxId(), selected.uids(sequences));
    }

    /// Where the row of a UID is, or -1: most often where the one asked for last is, or behind it.
    private int place(long uid) {
        for (int near = Math.max(0, last); near <= last + 1 && near < rows.size(); near++) {
            if (rows.get(near).uid() == uid) {
                last = near;
                return near;
            }
        }
        int low = 0;
        int high = rows.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long found = rows.get(middle).uid();
            if (found == uid) {
                last = middle;
                return middle;
            }
            if (found < uid) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /// The row, or null if the message was expunged elsewhere.
    MessageRow row(long uid) {
        int place = place(uid);
        return place < 0 ? null : rows.get(place);
    }

    /// What is kept of the header, which is all of the fields by which messages are sorted and threaded; none where the
    /// message cannot be read.
    Headers headers(MessageRow row) throws IOException {
        try (OpenMessage message = new OpenMessage(session.store(), row.bodyId())) {
            return headers(row, message);
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.CORRUPT && e.kind() != StoreException.Kind.GONE) {
                throw e;
            }
            return Headers.NONE;
        }
    }

    /// The summary of a message, made and kept if there is none.
    Summary summary(MessageRow row, OpenMessage message) throws IOException {
        if (summaries == null) {
            summaries = new SummaryReader(session.store(), rows, false);
        }
        return summaries.of(place(row.uid()), row, message);
    }

    private Headers headers(MessageRow row, OpenMessage message) throws IOException {
        Summary summary = summary(row, message);
        return summary.hasFields() ? summary.headers() : message.headers();
    }

    /// Lets the store keep what was made.
    void done() {
        if (summaries != null) {
            summaries.done();
        }
    }
}
