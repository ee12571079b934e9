package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.posthouse.mail.Flags;

/// A mailbox view as a list of chunks ([ViewChunk]), 12 bytes a message. A new version shares all chunks that did
/// not change. An append writes behind the end of the last chunk in place: older versions know their own size and
/// do not look there. So only the newest version may be changed, by one thread, and it has to be published
/// through a volatile field.
final class ChunkedView implements MailboxView {
    private static final int CHUNK_MESSAGES = 1024;
    private static final int CHUNK_MESSAGES_MIN = 8;
    private static final int FIELDS = 3;

    private final ViewChunk[] chunks;
    private final int[] starts; // position of each chunk's first message
    private final int size;
    private final long highestModSeq;
    private final long uidNext;
    private final List<String> keywords;

    private ChunkedView(
            ViewChunk[] chunks, int[] starts, int size, long highestModSeq, long uidNext, List<String> keywords) {
        this.chunks = chunks;
        this.starts = starts;
        this.size = size;
        this.highestModSeq = highestModSeq;
        this.uidNext = uidNext;
        this.keywords = keywords;
    }

    /// Collects messages in UID order.
    static final class Builder {
        private final List<ViewChunk> chunks = new ArrayList<>();
        private int size;
        private int inLast = CHUNK_MESSAGES;

        void add(long uid, long modSeq, long word) {
            if (inLast == CHUNK_MESSAGES) {
                chunks.add(new ViewChunk(CHUNK_MESSAGES_MIN));
                inLast = 0;
            }
            int last = chunks.size() - 1;
            ViewChunk chunk = chunks.get(last);
            if (inLast == chunk.capacity()) {
                chunk = new ViewChunk(chunk, Math.min(CHUNK_MESSAGES, inLast * 2));
                chunks.set(last, chunk);
            }
            chunk.set(inLast++, uid, modSeq, word);
            size++;
        }

        ChunkedView build(MailboxRow mailbox) {
            int[] starts = new int[chunks.size()];
            Arrays.setAll(starts, i -> i * CHUNK_MESSAGES);
            return new ChunkedView(
                    chunks.toArray(new ViewChunk[0]),
                    starts,
                    size,
                    mailbox.highestModSeq,
                    mailbox.uidNext,
                    mailbox.keywords);
        }
    }

    @Override
    public int size() {
        return size;
    }

    private int chunkOf(int position) {
        if (position < 0 || position >= size) {
            throw new IndexOutOfBoundsException("position " + position + " of " + size);
        }
        int found = Arrays.binarySearch(starts, position);
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public long uid(int position) {
        int chunk = chunkOf(position);
        return chunks[chunk].uid(position - starts[chunk]);
    }

    @Override
    public long modSeq(int position) {
        int chunk = chunkOf(position);
        return chunks[chunk].modSeq(position - starts[chunk]);
    }

    @Override
    public Flags flags(int position) {
        int chunk = chunkOf(position);
        return FlagWords.flags(chunks[chunk].word(position - starts[chunk]), keywords);
    }

    @Override
    public int indexOf(long uid) {
        int low = 0;
        int high = chunks.length - 1;
        while (low < high) { // the last chunk that begins at or below the UID
            int middle = (low + high + 1) >>> 1;
            if (chunks[middle].uid(0) <= uid) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if (high < 0) {
            return -1;
        }
        int found = chunks[low].indexOf(uid, lengthOf(low));
        return found >= 0 ? found + starts[low] : found - starts[low];
    }

    @Override
    public void uids(int[] into) {
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            chunks[chunk].uids(lengthOf(chunk), into, starts[chunk]);
        }
    }

    @Override
    public int firstWithout(int systemFlag) {
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            int found = chunks[chunk].firstWithout(systemFlag, lengthOf(chunk));
            if (found >= 0) {
                return starts[chunk] + found;
            }
        }
        return -1;
    }

    private int lengthOf(int chunk) {
        return (chunk + 1 < starts.length ? starts[chunk + 1] : size) - starts[chunk];
    }

    @Override
    public long highestModSeq() {
        return highestModSeq;
    }

    @Override
    public long uidNext() {
        return uidNext;
    }

    /// The next version: flags changed first, then messages removed, then appended.
    ChunkedView with(ViewChange change, MailboxRow mailbox) {
        ChunkedView next = this;
        long[] changed = change.changed();
        if (changed.length > 0) {
            next = next.changed(changed);
        }
        long[] removed = change.removed();
        if (removed.length > 0) {
            next = next.removed(removed);
        }
        next = next.appended(change.appended());
        return new ChunkedView(
                next.chunks, next.starts, next.size, mailbox.highestModSeq, mailbox.uidNext, mailbox.keywords);
    }

    private ChunkedView with(ViewChunk[] newChunks, int[] newStarts, int newSize) {
        return new ChunkedView(newChunks, newStarts, newSize, highestModSeq, uidNext, keywords);
    }

    private ChunkedView changed(long[] changed) {
        ViewChunk[] copies = chunks.clone();
        for (int i = 0; i < changed.length; i += FIELDS) {
            int position = indexOf(changed[i]);
            if (position < 0) {
                throw new IllegalStateException("a change of message " + changed[i] + ", which is not in view");
            }
            int chunk = chunkOf(position);
            if (copies[chunk] == chunks[chunk]) {
                copies[chunk] = new ViewChunk(chunks[chunk], chunks[chunk].capacity());
            }
            copies[chunk].set(position - starts[chunk], changed[i], changed[i + 1], changed[i + 2]);
        }
        return with(copies, starts, size);
    }

    private ChunkedView removed(long[] removed) {
        List<ViewChunk> kept = new ArrayList<>(chunks.length);
        int[] newStarts = new int[chunks.length];
        int newSize = 0;
        int next = 0;
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            int length = lengthOf(chunk);
            ViewChunk from = chunks[chunk];
            int keptLength = length;
            if (next < removed.length && removed[next] <= from.uid(length - 1)) {
                ViewChunk filtered = new ViewChunk(from.capacity());
                keptLength = 0;
                for (int i = 0; i < length; i++) {
                    if (next < removed.length && removed[next] == from.uid(i)) {
                        next++;
                    } else {
                        filtered.set(keptLength++, from, i);
                    }
                }
                from = filtered;
            }
            if (keptLength > 0) {
                newStarts[kept.size()] = newSize;
                kept.add(from);
                newSize += keptLength;
            }
        }
        if (next != removed.length) {
            throw new IllegalStateException("message " + removed[next] + " went, which was not in view");
        }
        ChunkedView rest = with(kept.toArray(new ViewChunk[0]), Arrays.copyOf(newStarts, kept.size()), newSize);
        return kept.size() > 2 * (newSize / CHUNK_MESSAGES) + 8 ? rest.compacted() : rest;
    }

    /// The same messages in full chunks.
    private ChunkedView compacted() {
        Builder builder = new Builder();
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            for (int i = 0; i < lengthOf(chunk); i++) {
                builder.add(chunks[chunk].uid(i), chunks[chunk].modSeq(i), chunks[chunk].word(i));
            }
        }
        return builder.build(new MailboxRow());
    }

    private ChunkedView appended(long[] appended) {
        ViewChunk[] newChunks = chunks;
        int[] newStarts = starts;
        int newSize = size;
        for (int i = 0; i < appended.length; i += FIELDS) {
            int last = newChunks.length - 1;
            int at = last < 0 ? 0 : newSize - newStarts[last];
            if (last < 0 || at >= CHUNK_MESSAGES) {
                newChunks = Arrays.copyOf(newChunks, newChunks.length + 1);
                newStarts = Arrays.copyOf(newStarts, newStarts.length + 1);
                last++;
                newChunks[last] = new ViewChunk(CHUNK_MESSAGES_MIN);
                newStarts[last] = newSize;
                at = 0;
            } else if (at == newChunks[last].capacity()) {
                newChunks = newChunks.clone();
                newChunks[last] = new ViewChunk(newChunks[last], Math.min(CHUNK_MESSAGES, at * 2));
            }
            newChunks[last].set(at, appended[i], appended[i + 1], appended[i + 2]);
            newSize++;
        }
        return with(newChunks, newStarts, newSize);
    }
}
