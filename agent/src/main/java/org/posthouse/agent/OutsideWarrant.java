package org.posthouse.agent;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The right of a process that a third-party cluster service started: it owns what it finds in its folder from its
/// start until that service ends it, or until the folder says that another start has taken it over. Then this process
/// was paused, or the service lost sight of it: it ends at once, without answering anybody.
///
/// What the folder says is asked several times a second, and before an answer is given that is based on older word than
/// [#FRESH_MILLIS]: a process that was paused answers nothing before it has asked again. While the folder cannot be
/// asked, answers wait; after [#SILENT_MILLIS_MAX] the process ends, and the service may start it elsewhere.
public final class OutsideWarrant implements Warrant, AutoCloseable {
    /// How old the folder's word may be for an answer.
    public static final long FRESH_MILLIS = 1_000;
    /// How long the folder's word holds for what the kernel or a guard ends by itself.
    static final long HELD_MILLIS = 4_000;
    /// For how long the folder may be silent.
    static final long SILENT_MILLIS_MAX = 30_000;

    private static final Logger LOG = LoggerFactory.getLogger(OutsideWarrant.class);
    private static final long EVERY_MILLIS = 250;

    /// Asks the folder.
    @FunctionalInterface
    public interface Question {
        /// Whether this process is still the last one that took the folder over.
        ///
        /// @throws IOException if the folder does not say
        boolean ours() throws IOException;
    }

    private final String folder;
    private final String support;
    private final Question question;
    private final NodeSettings.Halt halt;
    private final LongSupplier clock;
    private final NudgedLoop loop;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile long askedAt; // when the last question was put that was answered well
    private volatile boolean withdrawn;

    /// To be made when the folder was just taken over.
    ///
    /// @param folder for messages
    /// @param support what may be promised there, for status
    /// @param halt ends the process
    public OutsideWarrant(String folder, String support, Question question, NodeSettings.Halt halt) {
        this(folder, support, question, halt, new BootClock());
    }

    /// @param clock milliseconds since the machine was started
    OutsideWarrant(String folder, String support, Question question, NodeSettings.Halt halt, LongSupplier clock) {
        this.folder = folder;
        this.support = support;
        this.question = question;
        this.halt = halt;
        this.clock = clock;
        this.askedAt = clock.getAsLong();
        this.loop = new NudgedLoop("outside-warrant", EVERY_MILLIS, this::ask);
    }

    /// Begins to ask by itself.
    public void start() {
        loop.start();
    }

    @Override
    public Decider decider() {
        return Decider.OUTSIDE;
    }

    @Override
    public String note() {
        return decider().words() + " decides where this runs; " + support;
    }

    @Override
    public long leftMillis(String virtualServer) {
        return withdrawn ? 0 : Math.max(0, askedAt + HELD_MILLIS - clock.getAsLong());
    }

    @Override
    public boolean confirm(String virtualServer) {
        if (!fresh()) {
            ask();
        }
        return fresh();
    }

    private boolean fresh() {
        return !withdrawn && clock.getAsLong() - askedAt <= FRESH_MILLIS;
    }

    /// Asks once; whoever comes meanwhile waits for the answer.
    void ask() {
        long wanted = clock.getAsLong();
        asking.lock();
        try {
            if (withdrawn || askedAt > wanted) {
                return;
            }
            long began = clock.getAsLong();
            if (question.ours()) {
                askedAt = began;
            } else {
                withdrawn = true;
                halt.halt("another start has taken over " + folder + ": this process was paused, or the cluster service"
                        + " that started it lost sight of it. Nothing that it writes is read any more");
            }
        } catch (IOException e) {
            long silent = clock.getAsLong() - askedAt;
            LOG.warn("{} does not say whether it is still ours; answers wait ({} ms)", folder, silent, e);
            if (silent > SILENT_MILLIS_MAX) {
                withdrawn = true;
                halt.halt(folder + " has not said for " + silent / 1000 + " s whether it is still ours: "
                        + e.getMessage());
            }
        } finally {
            asking.unlock();
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
