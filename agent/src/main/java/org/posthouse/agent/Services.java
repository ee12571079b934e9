package org.posthouse.agent;

import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.VirtualServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The resources of one virtual server on this node. They are opened with the node, owner or not, and go online and
/// offline with the gate, in its order, on one thread of their own.
final class Services implements AutoCloseable {
    /// The storage group's own type: its resource is online while the gate is open.
    static final String STORAGE_GROUP = "storage-group";

    private static final Logger LOG = LoggerFactory.getLogger(Services.class);
    private static final int ORDERS_MAX = 1000;

    private final String virtualServer;
    private final Map<String, ResourceType.Resource> open = new ConcurrentSkipListMap<>();
    private final Map<String, ResourceState> states = new ConcurrentSkipListMap<>();
    private final ThreadPoolExecutor worker;

    Services(String virtualServer) {
        this.virtualServer = virtualServer;
        this.worker = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(ORDERS_MAX),
                Thread.ofVirtual().name("services-" + virtualServer).factory());
    }

    /// Opens what the image names and is not open yet.
    void open(VirtualServer image, String node, LocalStore store, Collection<ResourceType<ServiceContext>> types) {
        for (VirtualServer.Resource resource : image.resources().values()) {
            if (states.containsKey(resource.name())) {
                continue;
            }
            states.put(resource.name(), ResourceState.OFFLINE);
            if (resource.type().equals(STORAGE_GROUP)) {
                continue;
            }
            try {
                ResourceType<ServiceContext> type = types.stream()
                        .filter(known -> known.name().equals(resource.type()))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("this node has no resources of that type"));
                var context = new ServiceContext(virtualServer, node, store, resource.properties());
                open.put(resource.name(), type.open(context));
            } catch (Exception e) {
                states.put(resource.name(), ResourceState.FAILED);
                LOG.error(
                        "{}: resource {} of type {} cannot be opened here; the others go on",
                        virtualServer,
                        resource.name(),
                        resource.type(),
                        e);
            }
        }
    }

    /// The gate has opened; returns at once.
    ///
    /// @param done called when all that can be are online
    void online(Runnable done) {
        states.replaceAll((_, state) -> state == ResourceState.OFFLINE ? ResourceState.ONLINE_PENDING : state);
        worker.execute(() -> {
            states.keySet().stream()
                    .filter(name -> !open.containsKey(name) && states.get(name) != ResourceState.FAILED)
                    .forEach(name -> states.put(name, ResourceState.ONLINE));
            open.forEach((name, resource) -> {
                try {
                    states.put(name, ResourceState.ONLINE_PENDING);
                    resource.online();
                    states.put(name, ResourceState.ONLINE);
                } catch (Exception e) {
                    states.put(name, ResourceState.FAILED);
                    LOG.error("{}: resource {} cannot be brought online", virtualServer, name, e);
                }
            });
            done.run();
        });
    }

    /// The gate has closed; returns at once.
    void offline(Runnable done) {
        worker.execute(() -> {
            takeOffline();
            done.run();
        });
    }

    private void takeOffline() {
        open.forEach((name, resource) -> {
            try {
                resource.offline();
            } catch (RuntimeException e) {
                LOG.warn("{}: resource {} did not go offline in order; it is terminated", virtualServer, name, e);
                resource.terminate();
            }
        });
        states.replaceAll((name, state) ->
                open.containsKey(name) || state != ResourceState.FAILED ? ResourceState.OFFLINE : state);
    }

    SortedMap<String, ResourceState> states() {
        return new TreeMap<>(states);
    }

    @Override
    public void close() {
        worker.shutdown();
        try {
            if (!worker.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("{}: its resources did not follow the last order within 5 s", virtualServer);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        takeOffline();
        open.values().forEach(ResourceType.Resource::close);
        open.clear();
    }
}
