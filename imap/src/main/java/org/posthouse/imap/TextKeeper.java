package org.posthouse.imap;

import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import org.posthouse.fulltext.TextIndex;
import org.posthouse.fulltext.Tokens;
import org.posthouse.mailstore.KeptBody;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings a text index into agreement with the bodies of a store. Used by one thread.
final class TextKeeper {
    private static final int BODIES_AT_ONCE = 512;
    /// How far behind the newest number one may come into being that was sent ahead.
    private static final int LATE_BODIES = 1_000;
    /// Text beyond which a message is read whenever it is searched: its words would be as long as itself.
    private static final int TEXT_CHARS_MAX = 16 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(TextKeeper.class);

    private final MailStore store;
    private final TextIndex index;
    private final IndexPace pace;
    private final Gatherer header = new Gatherer();
    private final Gatherer rest = new Gatherer();
    private long highest;
    private long added;

    /// @param index that nobody else writes to
    TextKeeper(MailStore store, TextIndex index, IndexPace pace) {
        this.store = store;
        this.index = index;
        this.pace = pace;
    }

    /// How many bodies were put into the index.
    long added() {
        return added;
    }

    /// Takes in what is new.
    ///
    /// @return false if it was stopped before it was through
    boolean catchUp() throws IOException {
        return compare(Math.max(0, highest - LATE_BODIES));
    }

    /// Takes in what is missing, drops what died, and does anew what is another body than it was.
    ///
    /// @return false if it was stopped before it was through
    boolean sweep() throws IOException {
        return compare(0);
    }

    private boolean compare(long from) throws IOException {
        pace.begin();
        long after = from;
        boolean more = true;
        while (more) {
            List<KeptBody> bodies = store.keptBodies(after, BODIES_AT_ONCE);
            more = bodies.size() == BODIES_AT_ONCE;
            long last = more ? bodies.getLast().bodyId() : Long.MAX_VALUE;
            SortedMap<Long, Long> known = index.marks(after, last);
            for (KeptBody body : bodies) {
                Long mark = known.remove(body.bodyId());
                if (mark == null || mark != mark(body)) {
                    add(body, mark != null);
                }
                highest = Math.max(highest, body.bodyId());
                pace.worked();
                if (pace.stopping()) {
                    index.refresh();
                    return false;
                }
            }
            index.remove(known.keySet());
            index.refresh();
            after = last;
        }
        return true;
    }

    private static long mark(KeptBody body) {
        return body.length() << 32 ^ (body.crc32c() & 0xffffffffL);
    }

    private void add(KeptBody body, boolean replaces) throws IOException {
        switch (gather(body.bodyId())) {
            case WHOLE -> index.add(body.bodyId(), mark(body), replaces, header.tokens, rest.tokens);
            case TOO_MUCH -> index.addUnsure(body.bodyId(), mark(body), replaces);
            case UNREADABLE -> {
                return;
            }
        }
        added++;
    }

    private enum Gathered {
        WHOLE,
        TOO_MUCH,
        UNREADABLE
    }

    private Gathered gather(long body) {
        header.clear();
        rest.clear();
        try (OpenMessage message = new OpenMessage(store, body)) {
            boolean whole = TextSearch.walkHeaders(message.headers(), header) && TextSearch.walkBody(message, rest);
            return whole ? Gathered.WHOLE : Gathered.TOO_MUCH;
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.CORRUPT && e.kind() != StoreException.Kind.GONE) {
                throw e;
            }
            return unreadable(body, e);
        } catch (IOException e) {
            return unreadable(body, e);
        }
    }

    /// It is tried again with the next sweep; whoever searches it is told then what is wrong.
    private static Gathered unreadable(long body, Exception e) {
        LOG.debug("body {} is not put into the text index: {}", body, e.toString());
        return Gathered.UNREADABLE;
    }

    /// Gathers words as long as there is not too much of them.
    private static final class Gatherer implements TextSearch.Sink {
        final Tokens tokens = new Tokens();
        private long chars;

        void clear() {
            tokens.clear();
            chars = 0;
        }

        @Override
        public boolean take(char[] folded, int length) {
            tokens.add(folded, 0, length);
            chars += length;
            return chars <= TEXT_CHARS_MAX && !tokens.tooMany();
        }

        @Override
        public void end() {
            tokens.end();
        }
    }
}
