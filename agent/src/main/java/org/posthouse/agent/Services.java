package org.posthouse.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
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
/// resource that hangs holds up nobody but those that depend on it. What was deleted is taken offline and closed,
/// before another of its name or type is opened.
final class Services implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Services.class);
    /// Before a restart, for each failure that counts.
    private static final long RESTART_DELAY_MILLIS = 500;
    /// A resource that could not be opened is opened again, but not sooner than this.
    private static final long OPEN_AGAIN_MILLIS = 30_000;

    /// Times in milliseconds that policy does not set.
    ///
    /// @param check a check that has not answered for so long has failed
    /// @param offline a resource that is not offline so long after its last word of progress is terminated, where
    ///     this node does not own the virtual server any more
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
    private final NodeSettings.Halt halt;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    private final SortedMap<String, RunningResource> running = new TreeMap<>(); // under lock, as all below
    private final List<RunningResource> leaving = new ArrayList<>(); // not in the image any more
    private final SortedSet<String> opening = new TreeSet<>();
    private VirtualServer image;
    private ResourceOpener opener;
    private boolean open;
    private boolean closed;
    private Runnable whenSettled;

    /// @param clock milliseconds of a monotonic clock
    /// @param halt ends the process when a resource hangs for good
    Services(String virtualServer, Threads threads, Patience patience, LongSupplier clock, NodeSettings.Halt halt) {
        this.virtualServer = virtualServer;
        this.threads = threads;
        this.patience = patience;
        this.clock = clock;
        this.halt = halt;
    }

    // ---- what there is

    /// Opens what the image names and is not open yet, and follows what it wants from now on.
    void follow(VirtualServer wanted, ResourceOpener by) {
        lock.lock();
        try {
            image = wanted;
            opener = by;
            RunningResource.rename(running, wanted);
            running.values().removeIf(each -> {
                boolean stays = each.is(wanted.resources().get(each.name()));
                if (stays) {
                    each.wanted = wanted.resources().get(each.name());
                } else {
                    leaving.add(each);
                }
                return !stays;
            });
        } finally {
            lock.unlock();
        }
        openMissing();
        lock.lock();
        try {
            obeyFailures();
            step();
        } finally {
            lock.unlock();
        }
    }

    /// Opens what can be opened now. Without the lock, but for looking: heartbeats wait for it, and what is
    /// opened may take its time.
    private void openMissing() {
        for (VirtualServer.Resource missing : missing()) {
            RunningResource made = new RunningResource(missing, clock);
            tryToOpen(made);
            lock.lock();
            try {
                opening.remove(missing.name());
                if (!closed && made.is(image.resources().get(missing.name()))) {
                    made.wanted = image.resources().get(missing.name());
                    running.put(missing.name(), made);
                } else {
                    leaving.add(made); // Deleted meanwhile.
                }
                step();
            } finally {
                lock.unlock();
            }
        }
    }

    private List<VirtualServer.Resource> missing() {
        lock.lock();
        try {
            List<VirtualServer.Resource> missing = image == null || closed
                    ? List.of()
                    : image.resources().values().stream()
                            .filter(this::toBeOpened)
                            .toList();
            missing.forEach(each -> opening.add(each.name()));
            return missing;
        } finally {
            lock.unlock();
        }
    }

    private boolean toBeOpened(VirtualServer.Resource resource) {
        RunningResource known = running.get(resource.name());
        boolean due = known == null || (!known.usable && clock.getAsLong() - known.triedToOpen >= OPEN_AGAIN_MILLIS);
        // One that goes may still have the ports that this one wants.
        return due
                && !opening.contains(resource.name())
                && leaving.stream().noneMatch(each -> each.wanted.type().equals(resource.type()));
    }

    private void tryToOpen(RunningResource each) {
        if (each.storageGroup()) {
            return;
        }
        try {
            each.resource = opener.open(each.wanted, what -> reported(each, what));
        } catch (Exception e) {
            LOG.error(
                    "{}: resource {} of type {} cannot be opened here; the others go on, it is tried again in {} s",
                    virtualServer,
                    each.name(),
                    each.wanted.type(),
                    OPEN_AGAIN_MILLIS / 1000,
                    e);
            each.usable = false;
            each.triedToOpen = clock.getAsLong();
            each.state = ResourceState.FAILED;
        }
    }

    private void reported(RunningResource each, String what) {
        lock.lock();
        try {
            each.reported(what, clock.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    private void obeyFailures() {
        for (RunningResource known : running.values()) {
            if (known.wanted.failuresAsked() > known.failuresObeyed) {
                known.failuresObeyed = known.wanted.failuresAsked();
                if (known.state == ResourceState.ONLINE) {
                    failed(known, "an operator has it fail", null);
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
            running.values().forEach(RunningResource::newChance);
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
            for (ResourceActions.Action action : ResourceActions.next(image, stateMap(), open, opener.barred(image))) {
                RunningResource each = running.get(action.resource());
                if (each != null && each.usable) {
                    again |= begin(each, action.online());
                }
            }
        }
        for (RunningResource each : running.values()) {
            if (each.state == ResourceState.OFFLINE && each.unclean) {
                terminate(each); // It was to be restarted, and is not any more.
            }
        }
        letGo();
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

    /// Takes what was deleted offline, and closes it. Under the lock.
    private void letGo() {
        for (RunningResource each : List.copyOf(leaving)) {
            if (each.resource == null) {
                leaving.remove(each);
                continue;
            }
            if (each.restartAt >= 0) {
                each.restartAt = -1;
                each.state = ResourceState.FAILED;
            }
            if (each.state == ResourceState.ONLINE || each.state == ResourceState.FAILED) {
                begin(each, false);
            }
            if (each.state == ResourceState.OFFLINE && !each.closing) {
                each.closing = true;
                if (each.unclean) {
                    terminate(each);
                }
                threads.start("close-" + each.name() + "-" + virtualServer, () -> {
                    each.resource.close();
                    gone(each);
                });
            }
        }
    }

    private void gone(RunningResource each) {
        lock.lock();
        try {
            leaving.remove(each);
        } finally {
            lock.unlock();
        }
        LOG.info("{}: resource {} was deleted and is closed here", virtualServer, each.name());
        openMissing();
    }

    /// @return whether it took effect at once
    private boolean begin(RunningResource each, boolean online) {
        // What has failed was terminated.
        if (each.storageGroup() || (!online && each.state == ResourceState.FAILED)) {
            each.state = online ? ResourceState.ONLINE : ResourceState.OFFLINE;
            return true;
        }
        each.state = online ? ResourceState.ONLINE_PENDING : ResourceState.OFFLINE_PENDING;
        each.heardOf = clock.getAsLong();
        each.progress = "";
        long step = ++each.steps;
        boolean unclean = each.unclean;
        each.unclean = false;
        each.checkBegan = -1; // One still under way counts for nothing any more.
        VirtualServer.Resource wanted = each.wanted;
        ResourceOpener by = opener;
        threads.start(each.name() + "-" + virtualServer, () -> {
            Exception failure = each.calls.run(online ? "coming online" : "going offline", () -> {
                if (unclean && each.resource != null) {
                    each.resource.terminate();
                }
                if (online) {
                    by.renew(each, wanted, what -> reported(each, what));
                    each.resource.online();
                } else {
                    each.resource.offline();
                }
            });
            ended(each, step, online, failure);
        });
        return false;
    }

    private void ended(RunningResource each, long step, boolean online, Exception failure) {
        lock.lock();
        try {
            if (each.steps != step) {
                return; // It took too long, and has been given up since.
            }
            if (online && failure != null) {
                failed(each, "it could not be brought online", failure);
            } else if (online) {
                each.state = ResourceState.ONLINE;
                each.lookedAt = clock.getAsLong();
                each.askedAt = each.lookedAt;
            } else {
                if (failure != null) {
                    LOG.warn(
                            "{}: resource {} did not go offline in order; it is terminated",
                            virtualServer,
                            each.name(),
                            failure);
                    terminate(each);
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
        Optional<String> hung = Optional.empty();
        boolean missing = false;
        lock.lock();
        try {
            if (image == null || closed) {
                return;
            }
            long now = clock.getAsLong();
            for (RunningResource each :
                    Stream.concat(running.values().stream(), leaving.stream()).toList()) {
                if (each.usable && !each.storageGroup()) {
                    tick(each, now);
                }
                if (hung.isEmpty()) {
                    hung = each.calls.hung(
                            virtualServer + ": resource " + each.name(),
                            each.wanted.policy().deadlock());
                }
            }
            step();
            missing = image.resources().values().stream().anyMatch(this::toBeOpened);
        } finally {
            lock.unlock();
        }
        if (missing) {
            threads.start("open-" + virtualServer, this::openMissing);
        }
        hung.ifPresent(halt::halt);
    }

    private void tick(RunningResource each, long now) {
        ResourcePolicy policy = each.wanted.policy();
        switch (each.state) {
            case ONLINE_PENDING -> {
                if (each.restartAt >= 0) {
                    if (now >= each.restartAt) {
                        each.restartAt = -1;
                        each.state = ResourceState.OFFLINE;
                    }
                } else if (now - each.heardOf > policy.pendingMillis()) {
                    failed(each, "it was not online, and " + each.silence(now), null);
                }
            }
            case OFFLINE_PENDING -> {
                // Where another node owns the virtual server by now, there is less time.
                long patient = open ? policy.pendingMillis() : Math.min(policy.pendingMillis(), patience.offline());
                if (!each.closing && now - each.heardOf > patient) {
                    LOG.warn(
                            "{}: resource {} does not go offline, and {}; it is terminated",
                            virtualServer,
                            each.name(),
                            each.silence(now));
                    each.steps++;
                    each.state = ResourceState.OFFLINE;
                    terminate(each);
                }
            }
            case ONLINE -> {
                if (each.checkBegan >= 0) {
                    if (now - each.checkBegan > patience.check()) {
                        failed(each, "a check of its health did not come back", null);
                    }
                } else if (now - each.askedAt >= policy.isAliveMillis()) {
                    check(each, true);
                } else if (now - each.lookedAt >= policy.looksAliveMillis()) {
                    check(each, false);
                }
            }
            case FAILED -> {
                if (each.retryAt >= 0 && now >= each.retryAt) {
                    LOG.info("{}: trying resource {} again", virtualServer, each.name());
                    each.failures.clear();
                    each.retryAt = -1;
                    each.state = ResourceState.OFFLINE;
                }
            }
            case OFFLINE -> {}
        }
    }

    private void check(RunningResource each, boolean thorough) {
        each.checkBegan = clock.getAsLong();
        long step = each.steps;
        threads.start("check-" + each.name() + "-" + virtualServer, () -> {
            String wrong = "";
            try {
                // A failing cheap check asks the thorough one at once.
                if ((thorough || !each.resource.looksAlive()) && !each.resource.isAlive()) {
                    wrong = "it is not alive";
                }
            } catch (RuntimeException e) {
                wrong = "a check of its health failed: " + e;
            }
            checked(each, step, thorough, wrong);
        });
    }

    private void checked(RunningResource each, long step, boolean thorough, String wrong) {
        lock.lock();
        try {
            if (each.steps != step || each.state != ResourceState.ONLINE) {
                return;
            }
            each.checkBegan = -1;
            each.lookedAt = clock.getAsLong();
            each.askedAt = thorough ? each.lookedAt : each.askedAt;
            if (!wrong.isEmpty()) {
                failed(each, wrong, null);
                step();
            }
        } finally {
            lock.unlock();
        }
    }

    /// A resource failed: ends it, and has it restarted or not, as its policy says. Under the lock.
    private void failed(RunningResource each, String why, Exception cause) {
        ResourcePolicy policy = each.wanted.policy();
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
                        each.name(),
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
                        each.name(),
                        why,
                        cause);
                terminate(each);
            }
        }
    }

    /// What hangs may hang here too, so it gets a thread of its own.
    private void terminate(RunningResource each) {
        each.unclean = false;
        ResourceType.Resource resource = each.resource;
        if (resource == null) {
            return;
        }
        each.ending++;
        threads.start("terminate-" + each.name() + "-" + virtualServer, () -> {
            Exception failure = each.calls.run("being terminated", resource::terminate);
            if (failure != null) {
                LOG.warn("{}: resource {} could not be terminated", virtualServer, each.name(), failure);
            }
            lock.lock();
            try {
                each.ending--;
            } finally {
                lock.unlock();
            }
        });
    }

    // ---- the node lease

    /// Looks whether the lease was granted or has lapsed; gives it back where nothing needs it here any more.
    ///
    /// @param giveBack called if so, before anything could be brought online again
    void lease(Runnable giveBack) {
        lock.lock();
        try {
            if (image == null || closed) {
                return;
            }
            List<RunningResource> needing = Stream.concat(running.values().stream(), leaving.stream())
                    .filter(each -> opener.needsLease(each.wanted))
                    .toList();
            if (!needing.isEmpty()) {
                step();
            }
            if (!open && needing.stream().noneMatch(RunningResource::inUse)) {
                giveBack.run();
            }
        } finally {
            lock.unlock();
        }
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
        List<RunningResource> all = new ArrayList<>();
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(patience.offline());
            while (left > 0
                    && running.values().stream().anyMatch(each -> each.state == ResourceState.OFFLINE_PENDING)) {
                left = settled.awaitNanos(left);
            }
            closed = true;
            all.addAll(running.values());
            leaving.stream().filter(each -> !each.closing).forEach(all::add);
            running.clear();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } finally {
            lock.unlock();
        }
        all.stream().map(each -> each.resource).filter(Objects::nonNull).forEach(ResourceType.Resource::close);
    }
}
