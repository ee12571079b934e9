package org.posthouse.frontend;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.posthouse.cluster.Route;
import org.posthouse.smtp.Owners;
import org.posthouse.wire.Link;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which node owns which virtual server, as the nodes themselves tell. All nodes tell all the time, so what one
/// says may be old: a route is taken only with a higher epoch than the one known, and nothing ever takes it back
/// but a higher one. That an owner does not serve at present is learned by asking it.
public final class Routes implements Owners {
    /// More virtual servers than any cluster has; a node that names more is broken.
    private static final int ROUTES_MAX = 10_000;

    private static final Logger log = LoggerFactory.getLogger(Routes.class);

    private final Function<String, Optional<Link>> links;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Route> table = new TreeMap<>();
    private final Map<String, Set<Watcher>> watchers = new ConcurrentHashMap<>();
    private long changes;

    /// An empty table.
    ///
    /// @param links the link to a peer (`node:n1`), if it stands
    public Routes(Function<String, Optional<Link>> links) {
        this.links = links;
    }

    /// Takes a route if its epoch is higher than that of the one known, and tells whoever watches the virtual
    /// server.
    ///
    /// @return whether it was taken
    public boolean take(Route route) {
        lock.lock();
        try {
            Route known = table.get(route.virtualServer());
            if (known != null && route.epoch().compareTo(known.epoch()) <= 0) {
                if (route.epoch().equals(known.epoch()) && !route.node().equals(known.node())) {
                    log.error(
                            "{} and {} both claim {} in epoch {}: keeping {}. This must not happen; report it.",
                            known.node(),
                            route.node(),
                            route.virtualServer(),
                            route.epoch(),
                            known.node());
                }
                return false;
            }
            if (known == null && table.size() >= ROUTES_MAX) {
                log.error("More than {} virtual servers: {} is not served.", ROUTES_MAX, route.virtualServer());
                return false;
            }
            table.put(route.virtualServer(), route);
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        log.info("{} is served by {} from epoch {} on.", route.virtualServer(), route.node(), route.epoch());
        tell(watchers.getOrDefault(route.virtualServer(), Set.of()));
        return true;
    }

    /// Says that a link has come up or gone down.
    public void linksChanged() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        watchers.values().forEach(Routes::tell);
    }

    private static void tell(Set<Watcher> concerned) {
        concerned.forEach(watcher -> watcher.changed.run());
    }

    /// The route of a virtual server, whether or not there is a link to its owner.
    public Optional<Route> route(String virtualServer) {
        lock.lock();
        try {
            return Optional.ofNullable(table.get(virtualServer));
        } finally {
            lock.unlock();
        }
    }

    /// All routes, in the order of the virtual servers' names.
    public List<Route> all() {
        lock.lock();
        try {
            return List.copyOf(table.values());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<Link> owner(String virtualServer) {
        return route(virtualServer).flatMap(this::link);
    }

    /// The link to a route's node, if it stands.
    Optional<Link> link(Route route) {
        return links.apply("node:" + route.node());
    }

    /// Whether this is the newest route that its virtual server has.
    boolean newest(Route route) {
        return route(route.virtualServer()).filter(route::equals).isPresent();
    }

    /// How many changes there were; to be read before looking at the table, and given to [#await].
    long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for a change after those seen, or until the time is over.
    void await(long seen, Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (changes == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Watch watch(String virtualServer, Runnable changed) {
        Watcher watcher = new Watcher(changed);
        watchers.compute(virtualServer, (name, others) -> {
            Set<Watcher> all = others == null ? ConcurrentHashMap.newKeySet() : others;
            all.add(watcher);
            return all;
        });
        return () -> watchers.computeIfPresent(virtualServer, (name, all) -> {
            all.remove(watcher);
            return all.isEmpty() ? null : all;
        });
    }

    /// Each its own, so that one callback may watch twice.
    private static final class Watcher {
        private final Runnable changed;

        Watcher(Runnable changed) {
            this.changed = changed;
        }
    }
}
