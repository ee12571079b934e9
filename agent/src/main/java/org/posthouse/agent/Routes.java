package org.posthouse.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.NodeAddresses;
import org.posthouse.cluster.Route;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkStream;

/// Tells whoever opened a stream of kind `routes` where virtual servers are served, and where the nodes are: at the
/// start what is known, then a line at once when a gate opens on this node, or when nodes join or leave. The reader
/// sends nothing.
final class Routes implements LinkService {
    static final String KIND = "routes";
    private static final int WAITING_MAX = 1000;
    private static final long STILL_THERE_SECONDS = 10;

    private final Supplier<Collection<Route>> known;
    private final Set<BlockingQueue<String>> listeners = ConcurrentHashMap.newKeySet();
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

    private void publish(String line) {
        // A reader that takes nothing is cut off; it opens a new stream and begins with what is known then.
        listeners.removeIf(listener -> !listener.offer(line));
    }

    @Override
    public void stream(Link from, LinkStream stream) throws IOException {
        BlockingQueue<String> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
        listeners.add(waiting);
        try (stream) {
            OutputStream out = stream.output();
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
        }
    }

    private static void write(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    void close() {
        closed = true;
    }
}
