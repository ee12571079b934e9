package org.posthouse.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.posthouse.cluster.Certificates;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.NodeAddresses;
import org.posthouse.cluster.Route;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkStream;

/// Tells whoever opened a stream of kind `routes` where virtual servers are served, and where the nodes are: at the
/// start what is known, then a line at once when a gate opens on this node, or when nodes join or leave, and which
/// certificates are refused. The reader sends nothing.
final class Routes implements LinkService {
    static final String KIND = "routes";
    private static final int WAITING_MAX = 1000;
    private static final long STILL_THERE_SECONDS = 10;

    private final Supplier<Collection<Route>> known;
    /// In the opening of a stream: the reader wants to hear of certificates that are refused. One of an earlier release
    /// would not understand.
    static final String REVOKED_FIELD = "revoked";

    private final Set<BlockingQueue<String>> listeners = ConcurrentHashMap.newKeySet();
    private final Set<BlockingQueue<String>> listenersForRevoked = ConcurrentHashMap.newKeySet();
    private volatile List<Certificates.Revoked> revoked = List.of();
    private volatile NodeAddresses nodes = NodeAddresses.of(ClusterImage.EMPTY);
    private volatile boolean closed;

    Routes(Supplier<Collection<Route>> known) {
        this.known = known;
    }

    /// Sends a route to all listeners; returns at once.
    void publish(Route route) {
        publish(route.line());
    }

    /// Sends the nodes' addresses to all listeners, if they are others than before; returns at once. To be called from
    /// one thread at a time.
    void publish(NodeAddresses now) {
        if (!now.addresses().equals(nodes.addresses())) {
            nodes = now;
            publish(now.line());
        }
    }

    /// Sends those that are refused and were not before to the listeners that want it; returns at once. To be called
    /// from one thread at a time.
    void publish(List<Certificates.Revoked> now) {
        List<Certificates.Revoked> before = revoked;
        if (now.equals(before)) {
            return;
        }
        revoked = now;
        for (Certificates.Revoked one : now) {
            if (!before.contains(one)) {
                publish(one.line(), listenersForRevoked);
            }
        }
    }

    private void publish(String line) {
        publish(line, listeners);
    }

    private void publish(String line, Set<BlockingQueue<String>> to) {
        // A reader that takes nothing is cut off; it opens a new stream and begins with what is known then.
        for (BlockingQueue<String> listener : to) {
            if (!listener.offer(line)) {
                listeners.remove(listener);
            }
        }
    }

    @Override
    public void stream(Link from, LinkStream stream) throws IOException {
        BlockingQueue<String> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
        listeners.add(waiting);
        boolean wantsRevoked = stream.opening().fields().containsKey(REVOKED_FIELD);
        if (wantsRevoked) {
            listenersForRevoked.add(waiting);
        }
        try (stream) {
            OutputStream out = stream.output();
            for (Certificates.Revoked one : wantsRevoked ? revoked : List.<Certificates.Revoked>of()) {
                write(out, one.line());
            }
            if (!nodes.addresses().isEmpty()) {
                write(out, nodes.line());
            }
            for (Route route : known.get()) {
                write(out, route.line());
            }
            out.flush();
            while (!closed && from.up() && (listeners.contains(waiting) || !waiting.isEmpty())) {
                String line = waiting.poll(STILL_THERE_SECONDS, TimeUnit.SECONDS);
                if (line != null) {
                    write(out, line);
                    out.flush();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            listeners.remove(waiting);
            listenersForRevoked.remove(waiting);
        }
    }

    private static void write(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    void close() {
        closed = true;
    }
}
