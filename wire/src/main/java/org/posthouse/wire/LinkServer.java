package org.posthouse.wire;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Takes links from peers: mutual TLS, the peer's name from its certificate, and then whatever
/// [LinkServices] offers to that name.
public final class LinkServer implements AutoCloseable {
    /// Strangers may begin so many handshakes at a time; whoever comes then is turned away.
    private static final int HANDSHAKES_MAX = 64;

    /// A peer keeps one link, an operator's commands a few; a broken peer must not use up all sockets.
    private static final int LINKS_PER_PEER_MAX = 64;

    private static final int BACKLOG = 256;
    private static final long ACCEPTED_LAST_MILLIS = 1_000;
    private static final Logger log = LoggerFactory.getLogger(LinkServer.class);

    private final PeerIdentity identity;
    private final LinkServices services;
    private final LinkSettings settings;
    private final ServerSocket listening;
    private final LinkClock clock;
    private final Semaphore handshakes = new Semaphore(HANDSHAKES_MAX);
    private final Map<Socket, Long> begun = new ConcurrentHashMap<>();
    private final Set<LinkConnection> links = ConcurrentHashMap.newKeySet();
    private final Set<String> refusedBefore = ConcurrentHashMap.newKeySet();
    private final Runnable refusing = this::endRevoked;
    private final Thread acceptor =
            Thread.ofPlatform().daemon().name("link-accept").unstarted(this::accept);
    private volatile boolean closed;

    private LinkServer(PeerIdentity identity, LinkServices services, LinkSettings settings, ServerSocket listening) {
        this.identity = identity;
        this.services = services;
        this.settings = settings;
        this.listening = listening;
        this.clock = new LinkClock("link-server", settings.liveness(), this::tick);
    }

    /// Binds, and takes links from now on.
    ///
    /// @param address where; port 0 for any that is free
    /// @throws IOException if it cannot be bound
    public static LinkServer start(
            InetSocketAddress address, PeerIdentity identity, LinkServices services, LinkSettings settings)
            throws IOException {
        ServerSocket listening = new ServerSocket();
        try {
            // A restarted node must not wait for the connections of its former life to fade.
            listening.setReuseAddress(true);
            listening.bind(address, BACKLOG);
        } catch (IOException e) {
            listening.close();
            throw new IOException("cannot listen for links on " + address + ": " + e.getMessage(), e);
        }
        LinkServer server = new LinkServer(identity, services, settings, listening);
        identity.revocation().listen(server.refusing);
        server.acceptor.start();
        return server;
    }

    /// Where it listens.
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    /// The links that stand now, in no order.
    public List<Link> links() {
        return List.copyOf(links);
    }

    private void tick() {
        links.forEach(LinkConnection::tick);
        // The socket's own timeout bounds one read, not a stranger who sends a byte a second.
        long oldest = System.nanoTime() - 2 * settings.connectTimeout().toNanos();
        begun.forEach((socket, since) -> {
            if (since - oldest < 0) {
                closeQuietly(socket);
            }
        });
    }

    private void accept() {
        while (!closed) {
            try {
                Socket socket = listening.accept();
                if (handshakes.tryAcquire()) {
                    Thread.ofVirtual().name("link-handshake").start(() -> establish(socket));
                } else {
                    socket.close();
                    log.warn("Turned away {}: {} handshakes are under way.", socket, HANDSHAKES_MAX);
                }
            } catch (IOException e) {
                if (!closed) {
                    log.warn("Accepting a link failed: {}", e.getMessage());
                }
            }
        }
    }

    private void establish(Socket socket) {
        begun.put(socket, System.nanoTime());
        try {
            if (closed) {
                closeQuietly(socket);
                return;
            }
            LinkConnection link = LinkConnection.accept(socket, identity, settings, services);
            links.add(link);
            link.start(reason -> {
                links.remove(link);
                log.atLevel(level(link)).log("The link from {} is gone: {}.", link.peer(), reason);
            });
            log.atLevel(level(link)).log("{} has linked in from {}.", link.peer(), link.address());
            Optional<String> refused = identity.revocation().reason(link.certificate());
            if (closed) {
                link.close("the process ends");
            } else if (refused.isPresent()) {
                link.close(refused.get()); // It became known while the two greeted each other.
            } else if (linksOf(link.peer()) > LINKS_PER_PEER_MAX) {
                log.warn("{} has more than {} links here; its newest is refused.", link.peer(), LINKS_PER_PEER_MAX);
                link.close("more than " + LINKS_PER_PEER_MAX + " links");
            }
        } catch (RevokedException e) {
            // Whoever is refused tries again each second.
            log.atLevel(refusedBefore.add(e.fingerprint()) ? Level.WARN : Level.DEBUG)
                    .log("Refused a link from {}: {}", socket.getRemoteSocketAddress(), e.getMessage());
        } catch (IOException e) {
            log.warn("Refused a link from {}: {}", socket.getRemoteSocketAddress(), e.getMessage());
        } finally {
            begun.remove(socket);
            handshakes.release();
        }
    }

    private void endRevoked() {
        for (LinkConnection link : links) {
            identity.revocation().reason(link.certificate()).ifPresent(reason -> {
                log.warn("Ending the link from {} at {}: {}", link.peer(), link.address(), reason);
                Thread.ofVirtual().name("link-" + link.peer() + "-revoked").start(() -> link.close(reason));
            });
        }
    }

    /// Every call of the command line makes a link.
    private static Level level(LinkConnection link) {
        return link.peer().startsWith("operator:") ? Level.DEBUG : Level.INFO;
    }

    private long linksOf(String peer) {
        return links.stream().filter(link -> link.peer().equals(peer)).count();
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("Closing a stranger's socket failed.", e);
        }
    }

    /// Stops listening and ends all links, those that are just being made too.
    @Override
    public void close() {
        closed = true;
        identity.revocation().leave(refusing);
        try {
            listening.close();
            acceptor.join(ACCEPTED_LAST_MILLIS);
        } catch (IOException e) {
            log.debug("Closing the links' listener failed.", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        begun.keySet().forEach(LinkServer::closeQuietly);
        clock.close();
        LinkClock.closeAll(links, "the process ends");
    }
}
