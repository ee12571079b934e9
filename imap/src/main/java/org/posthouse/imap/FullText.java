package org.posthouse.imap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.fulltext.Matches;
import org.posthouse.fulltext.TextIndex;
import org.posthouse.fulltext.TextIndex.Where;
import org.posthouse.fulltext.TextQuery;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The text index of one virtual server, kept up while this node owns it: a thread follows the store, and searches ask.
/// Nothing waits for it. A search reads what is not in the index yet, and everything where there is none.
///
/// **What is trusted.** A body's number stands for the same bytes for as long as the generation of epochs lasts; a
/// storage group that was recovered, or deleted and made anew, has a later one, and may have given numbers again. An
/// index says of which generation all of it is (its lineage). One of another is not asked before it was compared with
/// the store, body by body.
///
/// **What it costs.** While log entries are applied the thread works a tenth of the time, so that mail does not wait
/// for it; else half of it. It looks at the store once a second at most, and not at all while nothing is applied.
///
/// A platform thread of its own, never interrupted: that would close Lucene's files.
public final class FullText implements AutoCloseable {
    private static final Duration COMMIT_EVERY = Duration.ofMinutes(1);
    /// How often all numbers are compared, so that bodies that died leave the index.
    private static final Duration SWEEP_EVERY = Duration.ofHours(6);

    private static final Duration TRY_AGAIN_AFTER = Duration.ofSeconds(1);
    private static final Duration FAILED_AGAIN_AFTER = Duration.ofMinutes(10);
    private static final Duration CLOSED_WITHIN = Duration.ofSeconds(2);
    /// What is left free for mail.
    private static final long ROOM_BYTES_MIN = 512L << 20;

    private static final int NEWS_BODIES = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(FullText.class);

    private final String name;
    private final Path folder;
    private final MailStore store;
    private final Duration gathering;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final IndexPace pace = new IndexPace(this::stopping);
    private final Thread thread;
    private volatile boolean wanted;
    private volatile boolean closed;
    private volatile boolean nudged;
    private volatile boolean working;
    private volatile Asked asked;
    private volatile Throwable damage;
    private long failedAtNanos; // of the thread, 0 for never
    private boolean tight; // of the thread

    /// An index that may be asked.
    ///
    /// @param generation of epochs that its numbers are of
    private record Asked(TextIndex index, long generation) {}

    /// @param name of the virtual server, for the log
    /// @param folder of the index; this process' own
    public FullText(String name, Path folder, MailStore store) {
        this(name, folder, store, Duration.ofSeconds(1));
    }

    /// @param gathering how long it waits for more after something was applied
    FullText(String name, Path folder, MailStore store, Duration gathering) {
        this.name = name;
        this.folder = folder;
        this.store = store;
        this.gathering = gathering;
        this.thread = Thread.ofPlatform().daemon().name(name + " text index").unstarted(this::run);
    }

    /// Deletes an index that is not kept any more.
    public static void delete(Path folder) throws IOException {
        TextIndex.delete(folder);
    }

    /// This node owns the virtual server now.
    public void begin() {
        lock.lock();
        try {
            wanted = true;
            if (thread.getState() == Thread.State.NEW && !closed) {
                thread.start();
            }
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(thread);
    }

    /// It does not any more. Returns at once; what is under way ends soon.
    public void end() {
        wanted = false;
        LockSupport.unpark(thread);
    }

    /// Ends it for good, and waits a little until it has written what it has. What it could not write is made again.
    @Override
    public void close() {
        closed = true;
        end();
        try {
            thread.join(CLOSED_WITHIN);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean stopping() {
        return !wanted || closed;
    }

    // ---- asking

    /// Asks the index. What it finds is as of now: what was told to a client before is either in it or said to be
    /// unknown.
    ///
    /// @param messages in how many it is looked for
    /// @param check called now and then; what it throws ends the search
    /// @return empty where all messages have to be read
    Optional<Matches> find(TextQuery query, Where where, long messages, Runnable check) {
        Asked now = asked;
        if (now == null || query.isEmpty() || store.enter().generation() != now.generation) {
            return Optional.empty();
        }
        try {
            return now.index.find(query, where, messages, check);
        } catch (ImapException e) {
            throw e; // of the check
        } catch (IOException | RuntimeException e) {
            if (!TextIndex.saysClosed(e)) {
                damaged(e);
            }
        } catch (InternalError | AssertionError e) { // a file that became shorter in use; damage that Lucene noticed
            damaged(e);
        }
        return Optional.empty();
    }

    private void damaged(Throwable failure) {
        asked = null;
        damage = failure;
        LockSupport.unpark(thread);
    }

    /// Waits until everything that was applied before this call is in the index.
    ///
    /// @return false if it is not in time
    public boolean awaitCaughtUp(Duration within) throws InterruptedException {
        long left = within.toNanos();
        lock.lock();
        try {
            while ((working || nudged || asked == null) && left > 0) {
                left = changed.awaitNanos(left);
            }
            return left > 0;
        } finally {
            lock.unlock();
        }
    }

    // ---- keeping it

    /// On the thread that applies entries.
    private void applied() {
        pace.busy();
        if (!nudged) {
            nudged = true;
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closed) {
            if (!wanted) {
                LockSupport.park(this);
                continue;
            }
            try {
                keep();
            } catch (StoreException e) {
                LOG.debug("{}: the text index waits for the store: {}", name, e.getMessage());
                rest(TRY_AGAIN_AFTER);
            } catch (TextIndex.InUseException e) {
                LOG.debug("{}: the text index waits for who has it: {}", name, e.getMessage());
                rest(TRY_AGAIN_AFTER);
            } catch (IOException | RuntimeException e) {
                failed(e);
            } catch (InternalError | AssertionError e) { // as above
                failed(e);
            }
        }
    }

    private void failed(Throwable failure) {
        if (stopping()) {
            LOG.debug("{}: the text index was not closed cleanly: {}", name, failure.toString());
            return;
        }
        boolean again = failedAtNanos != 0 && System.nanoTime() - failedAtNanos < FAILED_AGAIN_AFTER.toNanos();
        failedAtNanos = System.nanoTime();
        LOG.warn(
                "{}: the text index in {} cannot be used; it is made anew{}. Searches read messages meanwhile.",
                name,
                folder,
                again ? " in " + FAILED_AGAIN_AFTER.toMinutes() + " minutes" : "",
                failure);
        try {
            TextIndex.delete(folder);
        } catch (IOException e) {
            LOG.warn("{}: {} cannot be deleted: {}", name, folder, e.toString());
            again = true;
        }
        if (again) {
            rest(FAILED_AGAIN_AFTER);
        }
    }

    private void keep() throws IOException {
        long generation = store.enter().generation();
        damage = null;
        nudged = true;
        try (MailStore.Watch _ = store.watch(this::applied);
                TextIndex index = TextIndex.open(folder)) {
            index.verify(pace::worked);
            if (index.size() == 0) {
                index.lineage(generation);
            }
            try {
                follow(index, new TextKeeper(store, index, pace), generation);
            } catch (StoreException e) {
                index.commit();
                throw e;
            } finally {
                asked = null;
            }
            index.commit();
        }
    }

    private void follow(TextIndex index, TextKeeper keeper, long generation) throws IOException {
        Asked mayBeAsked = new Asked(index, generation);
        asked = index.lineage() == generation ? mayBeAsked : null;
        long committedNanos = System.nanoTime();
        long sweepNanos = committedNanos; // of the next one
        long news = 0;
        while (!stopping() && store.enter().generation() == generation) {
            boolean sweeps = System.nanoTime() - sweepNanos >= 0;
            if (nudged || sweeps) {
                working = true;
                nudged = false;
                boolean done = hasRoom() && (sweeps ? keeper.sweep() : keeper.catchUp());
                if (done && sweeps) {
                    index.lineage(generation);
                    asked = mayBeAsked;
                    sweepNanos = System.nanoTime() + SWEEP_EVERY.toNanos();
                }
                if (done && keeper.added() - news >= (news == 0 ? 0 : NEWS_BODIES)) {
                    news = Math.max(1, keeper.added());
                    LOG.info("{}: the text index has caught up, {} bodies", name, index.size());
                }
                idle(done);
            }
            if (System.nanoTime() - committedNanos >= COMMIT_EVERY.toNanos()) {
                index.commit(); // nothing where nothing has changed
                committedNanos = System.nanoTime();
            }
            if (!nudged) {
                rest(COMMIT_EVERY);
            }
            if (nudged) {
                rest(gathering);
            }
            if (damage != null) {
                throw new IOException("a search has failed", damage);
            }
        }
    }

    /// Tells who waits.
    private void idle(boolean done) {
        lock.lock();
        try {
            working = false;
            if (done) {
                changed.signalAll();
            } else {
                nudged = true; // as far as nothing was done
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoom() throws IOException {
        boolean room = Files.getFileStore(folder).getUsableSpace() >= ROOM_BYTES_MIN;
        if (!room && !tight) {
            LOG.warn("{}: less than {} MB are free, so the text index stays behind", name, ROOM_BYTES_MIN >> 20);
        }
        tight = !room;
        return room;
    }

    /// Until the time has passed, or it is nudged, or there is something else to be done.
    private void rest(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        boolean asBefore = nudged;
        for (long left = time.toNanos();
                left > 0 && !stopping() && damage == null && nudged == asBefore;
                left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }
}
