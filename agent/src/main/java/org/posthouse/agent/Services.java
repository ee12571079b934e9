package org.posthouse.agent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.posthouse.cluster.ResourceActions;
import org.posthouse.cluster.ResourcePolicy;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.VirtualServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The resources of one virtual server on this node. They are opened with the node, owner or not; while the gate is
/// open here they are brought online and taken offline as the image wants them ([ResourceActions]), watched, and
/// restarted when they fail ([ResourcePolicy]). Each step and each check runs on a thread of its own, so that one
/// resource that hangs holds up nobody but those that depend on it.
final class Services implements AutoCloseable {
    /// The storage group's own type: its resource is online while the gate is open.
    static final String STORAGE_GROUP = "storage-group";

    private static final Logger LOG = LoggerFactory.getLogger(Services.class);
    /// Before a restart, for each failure that counts.
    private static final long RESTART_DELAY_MILLIS = 500;
    /// A resource that could not be opened is opened again at a change of the image, but not sooner than this.
    private static final long OPEN_AGAIN_MILLIS = 30_000;

    /// Times in milliseconds that policy does not set.
    ///
    /// @param check a check that has not answered for so long has failed
    /// @param offline a resource that is not offline after so long is terminated
    record Patience(long check, long offline) {
        static final Patience DEFAULT = new Patience(10_000, 10_000);
    }

    /// Runs steps and checks, each on a thread of its own.
    interface Threads {
        Threads VIRTUAL = (name, work) -> Thread.ofVirtual().name(name).start(work);

        /// Returns at once.
        void start(String name, Runnable work);
    }

    private final String virtualServer;
    private final Threads threads;
    private final Patience patience;
    private final LongSupplier clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    private final SortedMap<String, Running> running = new TreeMap<>(); // under lock, as all below
    private VirtualServer image;
    private boolean open;
    private boolean closed;
    private Runnable whenSettled;

    /// One resource here; all of it under the lock.
    private static final class Running {
        final ResourceType.Resource resource; // null for the storage group's own
        final List<Long> failures = new ArrayList<>();
        ResourceState state = ResourceState.OFFLINE;
        boolean usable = true; // false if it could not be opened
        long steps; // how many were begun: the end of an older one counts for nothing
        long stepBegan;
        long checkBegan = -1;
        long lookedAt;
        long askedAt;
        long retryAt = -1;
        long restartAt = -1; // while it waits for a restart, pending
        boolean unclean; // to be terminated before it is brought online again
        int failuresObeyed;

        Running(ResourceType.Resource resource, int failuresObeyed) {
            this.resource = resource;
            this.failuresObeyed = failuresObeyed;
        }
    }

    /// @param clock milliseconds of a monotonic clock
    Services(String virtualServer, Threads threads, Patience patience, LongSupplier clock) {
        this.virtualServer = virtualServer;
        this.threads = threads;
        this.patience = patience;
        this.clock = clock;
    }

    /// Opens what the image names and is not open yet, and follows what it wants from now on.
    void follow(VirtualServer wanted, String node, LocalStore store, Collection<ResourceType<ServiceContext>> types) {
        // Without the lock: heartbeats wait for it, and what is opened may take its time.
        Map<String, Running> opened = new TreeMap<>();
        for (VirtualServer.Resource resource : wanted.resources().values()) {
            if (toBeOpened(resource.name())) {
                opened.put(resource.name(), open(resource, node, store, types));
            }
        }
        lock.lock();
        try {
            image = wanted;
            running.putAll(opened);
            obeyFailures();
            step();
        } finally {
            lock.unlock();
        }
    }

    private boolean toBeOpened(String name) {
        lock.lock();
        try {
            Running known = running.get(name);
            return known == null || (!known.usable && clock.getAsLong() - known.stepBegan >= OPEN_AGAIN_MILLIS);
        } finally {
            lock.unlock();
        }
    }

    private Running open(
            VirtualServer.Resource resource,
            String node,
            LocalStore store,
            Collection<ResourceType<ServiceContext>> types) {
        if (resource.type().equals(STORAGE_GROUP)) {
            return new Running(null, resource.failuresAsked());
        }
        try {
            ResourceType<ServiceContext> type = types.stream()
                    .filter(known -> known.name().equals(resource.type()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("this node has no resources of that type"));
            var context = new ServiceContext(virtualServer, node, store, resource.properties());
            return new Running(type.open(context), resource.failuresAsked());
        } catch (Exception e) {
            LOG.error(
                    "{}: resource {} of type {} cannot be opened here; the others go on, it is tried again in {} s"
                            + " or at the next change of the cluster's image after that",
                    virtualServer,
                    resource.name(),
                    resource.type(),
                    OPEN_AGAIN_MILLIS / 1000,
                    e);
            Running failed = new Running(null, resource.failuresAsked());
            failed.usable = false;
            failed.stepBegan = clock.getAsLong();
            failed.state = ResourceState.FAILED;
            return failed;
        }
    }

    private void obeyFailures() {
        for (VirtualServer.Resource resource : image.resources().values()) {
            Running known = running.get(resource.name());
            if (resource.failuresAsked() > known.failuresObeyed) {
                known.failuresObeyed = resource.failuresAsked();
                if (known.state == ResourceState.ONLINE) {
                    failed(resource.name(), known, "an operator has it fail", null);
                }
            }
        }
    }

    /// The gate has opened, or closed; returns at once.
    ///
    /// @param done called once everything that can be is online, or offline
    void gate(boolean isOpen, Runnable done) {
        lock.lock();
        try {
            open = isOpen;
            whenSettled = done;
            for (Running each : running.values()) {
                // A new chance on each node and in each epoch.
                each.failures.clear();
                boolean waits = each.restartAt >= 0;
                each.restartAt = -1;
                each.retryAt = -1;
                if (waits || (each.state == ResourceState.FAILED && each.usable)) {
                    each.state = ResourceState.OFFLINE;
                }
            }
            step();
        } finally {
            lock.unlock();
        }
    }

    // ---- steps

    /// Begins every step that can be taken now. Under the lock.
    private void step() {
        if (image == null || closed) {
            return;
        }
        boolean again = true;
        while (again) {
            again = false;
            for (ResourceActions.Action action : ResourceActions.next(image, stateMap(), open)) {
                Running each = running.get(action.resource());
                if (!each.usable) {
                    continue;
                }
                if (each.resource == null || (!action.online() && each.state == ResourceState.FAILED)) {
                    each.state = action.online() ? ResourceState.ONLINE : ResourceState.OFFLINE;
                    again = true;
                } else {
                    begin(action.resource(), each, action.online());
                }
            }
        }
        boolean pending = running.values().stream()
                .anyMatch(each -> each.restartAt < 0
                        && (each.state == ResourceState.ONLINE_PENDING || each.state == ResourceState.OFFLINE_PENDING));
        if (!pending) {
            Runnable done = whenSettled;
            whenSettled = null;
            settled.signalAll();
            if (done != null) {
                threads.start("settled-" + virtualServer, done);
            }
        }
    }

    private void begin(String name, Running each, boolean online) {
        each.state = online ? ResourceState.ONLINE_PENDING : ResourceState.OFFLINE_PENDING;
        each.stepBegan = clock.getAsLong();
        long step = ++each.steps;
        boolean unclean = each.unclean;
        each.unclean = false;
        each.checkBegan = -1; // One still under way counts for nothing any more.
        threads.start(name + "-" + virtualServer, () -> {
            try {
                if (unclean) {
                    each.resource.terminate();
                }
                if (online) {
                    each.resource.online();
                } else {
                    each.resource.offline();
                }
                ended(name, each, step, online, null);
            } catch (Exception e) {
                ended(name, each, step, online, e);
            }
        });
    }

    private void ended(String name, Running each, long step, boolean online, Exception failure) {
        lock.lock();
        try {
            if (each.steps != step) {
                return; // It took too long, and has been given up since.
            }
            if (online && failure != null) {
                failed(name, each, "it could not be brought online", failure);
            } else if (online) {
                each.state = ResourceState.ONLINE;
                each.lookedAt = clock.getAsLong();
                each.askedAt = each.lookedAt;
            } else {
                if (failure != null) {
                    LOG.warn(
                            "{}: resource {} did not go offline in order; it is terminated",
                            virtualServer,
                            name,
                            failure);
                    terminate(name, each);
                }
                each.state = ResourceState.OFFLINE;
            }
            step();
        } finally {
            lock.unlock();
        }
    }

    // ---- health

    /// Looks what is due: checks, steps and checks that take too long, retries. Returns soon.
    void tick() {
        lock.lock();
        try {
            if (image == null || closed) {
                return;
            }
            long now = clock.getAsLong();
            for (VirtualServer.Resource resource : image.resources().values()) {
                Running each = running.get(resource.name());
                if (each != null && each.resource != null) {
                    tick(resource, each, now);
                }
            }
            step();
        } finally {
            lock.unlock();
        }
    }

    private void tick(VirtualServer.Resource resource, Running each, long now) {
        ResourcePolicy policy = resource.policy();
        switch (each.state) {
            case ONLINE_PENDING -> {
                if (each.restartAt >= 0) {
                    if (now >= each.restartAt) {
                        each.restartAt = -1;
                        each.state = ResourceState.OFFLINE;
                    }
                } else if (now - each.stepBegan > policy.pendingMillis()) {
                    failed(
                            resource.name(),
                            each,
                            "it was not online after " + policy.pendingMillis() / 1000 + " s",
                            null);
                }
            }
            case OFFLINE_PENDING -> {
                if (now - each.stepBegan > patience.offline()) {
                    LOG.warn("{}: resource {} does not go offline; it is terminated", virtualServer, resource.name());
                    each.steps++;
                    each.state = ResourceState.OFFLINE;
                    terminate(resource.name(), each);
                }
            }
            case ONLINE -> {
                if (each.checkBegan >= 0) {
                    if (now - each.checkBegan > patience.check()) {
                        failed(resource.name(), each, "a check of its health did not come back", null);
                    }
                } else if (now - each.askedAt >= policy.isAliveMillis()) {
                    check(resource.name(), each, true);
                } else if (now - each.lookedAt >= policy.looksAliveMillis()) {
                    check(resource.name(), each, false);
                }
            }
            case FAILED -> {
                if (each.retryAt >= 0 && now >= each.retryAt) {
                    LOG.info("{}: trying resource {} again", virtualServer, resource.name());
                    each.failures.clear();
                    each.retryAt = -1;
                    each.state = ResourceState.OFFLINE;
                }
            }
            case OFFLINE -> {}
        }
    }

    private void check(String name, Running each, boolean thorough) {
        each.checkBegan = clock.getAsLong();
        long step = each.steps;
        threads.start("check-" + name + "-" + virtualServer, () -> {
            String wrong = "";
            try {
                // A failing cheap check asks the thorough one at once.
                if ((thorough || !each.resource.looksAlive()) && !each.resource.isAlive()) {
                    wrong = "it is not alive";
                }
            } catch (RuntimeException e) {
                wrong = "a check of its health failed: " + e;
            }
            checked(name, each, step, thorough, wrong);
        });
    }

    private void checked(String name, Running each, long step, boolean thorough, String wrong) {
        lock.lock();
        try {
            if (each.steps != step || each.state != ResourceState.ONLINE) {
                return;
            }
            each.checkBegan = -1;
            each.lookedAt = clock.getAsLong();
            each.askedAt = thorough ? each.lookedAt : each.askedAt;
            if (!wrong.isEmpty()) {
                failed(name, each, wrong, null);
                step();
            }
        } finally {
            lock.unlock();
        }
    }

    /// A resource failed: ends it, and has it restarted or not, as its policy says. Under the lock.
    private void failed(String name, Running each, String why, Exception cause) {
        ResourcePolicy policy = image.resources().get(name).policy();
        long now = clock.getAsLong();
        each.failures.removeIf(at -> now - at >= policy.periodMillis());
        each.failures.add(now);
        each.steps++;
        each.checkBegan = -1;
        switch (policy.to(each.failures)) {
            case ResourcePolicy.Answer.Restart() -> {
                each.state = ResourceState.ONLINE_PENDING;
                each.unclean = true;
                each.restartAt = now + RESTART_DELAY_MILLIS * each.failures.size();
                LOG.warn(
                        "{}: resource {} failed: {}; it is restarted (failure {}, restarted are {} within {} s)",
                        virtualServer,
                        name,
                        why,
                        each.failures.size(),
                        policy.restarts(),
                        policy.periodMillis() / 1000,
                        cause);
            }
            case ResourcePolicy.Answer.GiveUp(long retryAfter) -> {
                each.state = ResourceState.FAILED;
                each.retryAt = now + retryAfter;
                LOG.error(
                        "{}: resource {} failed: {}; it is not restarted here any more",
                        virtualServer,
                        name,
                        why,
                        cause);
                terminate(name, each);
            }
        }
    }

    /// What hangs may hang here too, so it gets a thread of its own.
    private void terminate(String name, Running each) {
        threads.start("terminate-" + name + "-" + virtualServer, () -> {
            try {
                each.resource.terminate();
            } catch (RuntimeException e) {
                LOG.warn("{}: resource {} could not be terminated", virtualServer, name, e);
            }
        });
    }

    // ---- what others are told

    private SortedMap<String, ResourceState> stateMap() {
        SortedMap<String, ResourceState> states = new TreeMap<>();
        running.forEach((name, each) -> states.put(name, each.state));
        return states;
    }

    SortedMap<String, ResourceState> states() {
        lock.lock();
        try {
            return stateMap();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        gate(false, null);
        List<Running> all;
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(patience.offline());
            while (left > 0
                    && running.values().stream().anyMatch(each -> each.state == ResourceState.OFFLINE_PENDING)) {
                left = settled.awaitNanos(left);
            }
            closed = true;
            all = List.copyOf(running.values());
            running.clear();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } finally {
            lock.unlock();
        }
        all.stream().filter(each -> each.resource != null).forEach(each -> each.resource.close());
    }
}
