package org.posthouse.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Bodies found damaged on one virtual server's replica here, by a reader or by the scrubber, are put right from
/// another replica, one after the other. One that nobody could give is tried again when it is found again: the scrubber
/// comes by every round.
final class BodyRepairs {
    private static final Logger LOG = LoggerFactory.getLogger(BodyRepairs.class);
    /// What is found beyond is found again.
    private static final int WAITING_MAX = 1_000;

    private final String virtualServer;
    private final Path folder;
    private final Supplier<Optional<StorageGroup>> replica;
    private final Supplier<List<String>> others;
    private final Source source;
    private final ReentrantLock lock = new ReentrantLock();
    // under lock
    private final Deque<Long> waiting = new ArrayDeque<>();
    private final Set<Long> known = new HashSet<>();
    private boolean working;

    /// Where other replicas' bodies come from.
    @FunctionalInterface
    interface Source {
        /// Fetches a body as that node's replica has it.
        ///
        /// @param into a file, made or replaced
        /// @throws IOException if the node cannot give it, or it cannot be written
        void fetch(String node, String virtualServer, long bodyId, Path into) throws IOException;
    }

    /// @param folder for what is fetched
    /// @param replica the one in this process
    /// @param others nodes that hold the other replicas
    BodyRepairs(
            String virtualServer,
            Path folder,
            Supplier<Optional<StorageGroup>> replica,
            Supplier<List<String>> others,
            Source source) {
        this.virtualServer = virtualServer;
        this.folder = folder;
        this.replica = replica;
        this.others = others;
        this.source = source;
    }

    /// Takes up that a body is damaged; returns at once.
    ///
    /// @param what was found
    void found(long bodyId, String what) {
        lock.lock();
        try {
            if (known.size() >= WAITING_MAX || !known.add(bodyId)) {
                return;
            }
            LOG.warn("{}: body {} is damaged on this replica: {}", virtualServer, bodyId, what);
            waiting.add(bodyId);
            if (!working) {
                working = true;
                Thread.ofVirtual().name("repair-" + virtualServer).start(this::work);
            }
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        for (Optional<Long> next = next(); next.isPresent(); next = next()) {
            long body = next.get();
            try {
                repair(body);
            } catch (RuntimeException e) {
                LOG.warn("{}: body {} could not be repaired; it is tried when found again", virtualServer, body, e);
            } finally {
                done(body);
            }
        }
    }

    private Optional<Long> next() {
        lock.lock();
        try {
            Long first = waiting.poll();
            working = first != null;
            return Optional.ofNullable(first);
        } finally {
            lock.unlock();
        }
    }

    private void done(long body) {
        lock.lock();
        try {
            known.remove(body);
        } finally {
            lock.unlock();
        }
    }

    private void repair(StorageGroup here, long body, String node) throws IOException {
        Files.createDirectories(folder);
        Path fetched = folder.resolve(virtualServer + ".body"); // one at a time
        try {
            source.fetch(node, virtualServer, body, fetched);
            here.repairBody(body, fetched);
        } finally {
            Files.deleteIfExists(fetched);
        }
    }

    private void repair(long body) {
        List<String> failures = new ArrayList<>();
        for (String node : others.get()) {
            Optional<StorageGroup> here = replica.get();
            if (here.isEmpty()) {
                return; // It is closed, and may be another one when it is opened again.
            }
            try {
                repair(here.get(), body, node);
                LOG.info("{}: body {} was repaired from the replica on {}", virtualServer, body, node);
                return;
            } catch (StoreException e) {
                if (e.kind() == StoreException.Kind.GONE) {
                    return; // Its messages were expunged meanwhile.
                }
                failures.add(node + ": " + e.getMessage());
            } catch (IOException e) {
                failures.add(node + ": " + e.getMessage());
            }
        }
        LOG.error(
                "{}: body {} stays damaged on this replica: {}; it is tried again when it is found again",
                virtualServer,
                body,
                failures.isEmpty() ? "there is no other replica" : failures);
    }
}
