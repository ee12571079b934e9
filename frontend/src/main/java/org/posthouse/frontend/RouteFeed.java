package org.posthouse.frontend;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.posthouse.cluster.Certificates;
import org.posthouse.cluster.NodeAddresses;
import org.posthouse.cluster.Route;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkListener;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;
import org.posthouse.wire.WireReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens to every node's routes: one stream of kind [#KIND] on each link, on which the node writes a line
/// (`virtual-server epoch node`, ended by LF) for each route that it knows, and then for each new one as soon as
/// it has opened. So the news of a failover takes one way over a connection that stands already. A line
/// `nodes version name=host:port ...` tells where the nodes are, at the start and when some join or leave; one
/// `revoked ...` ([Certificates.Revoked#line]) which certificate is refused from now on.
final class RouteFeed implements LinkListener, AutoCloseable {
    static final String KIND = "routes";
    private static final SortedMap<String, String> ASKING = new TreeMap<>(Map.of("revoked", "yes"));

    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Logger log = LoggerFactory.getLogger(RouteFeed.class);

    private final Routes routes;
    private final Consumer<NodeAddresses> nodes;
    private final Consumer<Certificates.Revoked> refused;
    private final CountDownLatch closed = new CountDownLatch(1);

    /// @param nodes takes each list of nodes, of any node and any age
    /// @param refused takes each certificate that is refused, as often as it is told
    RouteFeed(Routes routes, Consumer<NodeAddresses> nodes, Consumer<Certificates.Revoked> refused) {
        this.routes = routes;
        this.nodes = nodes;
        this.refused = refused;
    }

    @Override
    public void up(Link link) {
        Thread.ofVirtual().name("routes of " + link.peer()).start(() -> follow(link));
        routes.linksChanged();
    }

    @Override
    public void down(Link link, String reason) {
        routes.linksChanged();
    }

    private void follow(Link link) {
        String lastFailure = "";
        try {
            do {
                try (LinkStream stream = link.open(new Opening(KIND, ASKING))) {
                    read(stream);
                    log.info("{} tells no routes any more; asking again.", link.peer());
                } catch (IOException e) {
                    String failure = String.valueOf(e.getMessage());
                    // Once for each reason: this is asked twice a second.
                    if (link.up() && !failure.equals(lastFailure)) {
                        log.warn("The routes of {} cannot be read, asking again: {}", link.peer(), failure);
                        lastFailure = failure;
                    }
                }
            } while (link.up() && !closed.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread but the end of the process
        }
    }

    /// Without a read timeout: a node may have nothing to tell for months, and the link finds out if it is dead.
    private void read(LinkStream stream) throws IOException {
        WireReader reader = new WireReader(stream.input());
        StringBuilder line = new StringBuilder();
        for (int octet = reader.read(); octet >= 0; octet = reader.read()) {
            if (octet == '\n') {
                take(line.toString().strip());
                line.setLength(0);
            } else if (line.length() >= NodeAddresses.LINE_BYTES_MAX) {
                throw new IOException("a line longer than " + NodeAddresses.LINE_BYTES_MAX + " bytes");
            } else {
                line.append((char) octet);
            }
        }
    }

    private void take(String line) throws IOException {
        try {
            if (line.startsWith(NodeAddresses.WORD + " ")) {
                nodes.accept(NodeAddresses.parse(line));
            } else if (line.startsWith(Certificates.Revoked.WORD + " ")) {
                refused.accept(Certificates.Revoked.parse(line));
            } else {
                routes.take(Route.parse(line));
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "neither a route nor a list of nodes: "
                            + new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8),
                    e);
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
