package org.posthouse.wire;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The standing links of this process to its peers, one each: made at once, and made anew whenever one is lost.
public final class Links implements AutoCloseable {
    private static final Duration FIRST_RETRY = Duration.ofMillis(5);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(1);
    private static final String REFUSED = "refused"; // in the message of a ConnectException, for ECONNREFUSED
    private static final Logger log = LoggerFactory.getLogger(Links.class);

    private final PeerIdentity identity;
    private final LinkServices services;
    private final LinkSettings settings;
    private final List<LinkListener> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, LinkConnection> standing = new ConcurrentHashMap<>();
    private final LinkClock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Connector> connectors = new HashMap<>();
    private final Runnable refusing = this::endRevoked;
    private boolean closed;

    /// Links for a process.
    ///
    /// @param services what peers may ask of this process over the links that it made
    public Links(PeerIdentity identity, LinkServices services, LinkSettings settings) {
        this.identity = identity;
        this.services = services;
        this.settings = settings;
        identity.revocation().listen(refusing);
        this.clock = new LinkClock(
                "links", settings.liveness(), () -> standing.values().forEach(LinkConnection::tick));
    }

    /// Sets to whom links are kept from now on: those to others are ended. An address with a host name is looked
    /// up anew at each attempt.
    ///
    /// @param peers addresses by the names that the peers' certificates must carry
    public void peers(Map<String, InetSocketAddress> peers) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            connectors.entrySet().removeIf(entry -> {
                boolean leaves = !Objects.equals(peers.get(entry.getKey()), entry.getValue().address);
                if (leaves) {
                    entry.getValue().stop("no peer any more");
                }
                return leaves;
            });
            peers.forEach((peer, address) -> {
                PeerIdentity.requirePeerName(peer);
                connectors.computeIfAbsent(peer, _ -> {
                    Connector connector = new Connector(peer, address);
                    Thread.ofVirtual().name("link-" + peer + "-connect").start(connector::run);
                    return connector;
                });
            });
        } finally {
            lock.unlock();
        }
    }

    /// The link to a peer, if it stands now.
    public Optional<Link> link(String peer) {
        return Optional.<Link>ofNullable(standing.get(peer)).filter(Link::up);
    }

    /// All links that stand now, in the order of the peers' names.
    public List<Link> standing() {
        return standing.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .<Link>map(Map.Entry::getValue)
                .filter(Link::up)
                .toList();
    }

    /// Waits for the link to a peer.
    ///
    /// @throws IOException if it does not stand within the deadline
    public Link await(String peer, Duration deadline) throws IOException {
        long left = deadline.toNanos();
        lock.lock();
        try {
            while (true) {
                Optional<Link> link = link(peer);
                if (link.isPresent()) {
                    return link.get();
                }
                if (left <= 0 || closed) {
                    throw new IOException("no link to " + peer + " within " + deadline.toMillis() + " ms");
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a link");
        } finally {
            lock.unlock();
        }
    }

    /// The certificate that this process shows.
    public PeerCertificate certificate() {
        return identity.certificate();
    }

    private void endRevoked() {
        standing.forEach(
                (peer, link) -> identity.revocation().reason(link.certificate()).ifPresent(reason -> {
                    log.warn("Ending the link to {}: {}", peer, reason);
                    Thread.ofVirtual().name("link-" + peer + "-revoked").start(() -> link.close(reason));
                }));
    }

    /// Adds a listener for changes from now on; add it before [#peers] to hear them all.
    public void listen(LinkListener listener) {
        listeners.add(listener);
    }

    /// Ends all links and keeps none any more.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            connectors.values().forEach(connector -> connector.stop("the process ends"));
            connectors.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        identity.revocation().leave(refusing);
        clock.close();
        LinkClock.closeAll(standing.values(), "the process ends");
    }

    private void changed() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Keeps the link to one peer.
    private final class Connector {
        private final String peer;
        private final InetSocketAddress address;
        private final CountDownLatch stopped = new CountDownLatch(1);
        private volatile LinkConnection current;

        Connector(String peer, InetSocketAddress address) {
            this.peer = peer;
            this.address = address;
        }

        void stop(String reason) {
            stopped.countDown();
            LinkConnection link = current;
            if (link != null) {
                Thread.ofVirtual().name("link-" + peer + "-close").start(() -> link.close(reason));
            }
        }

        void run() {
            Duration pause = FIRST_RETRY;
            String lastFailure = "";
            boolean lost = false;
            try {
                while (stopped.getCount() > 0) {
                    long attempted = System.nanoTime();
                    try {
                        keep(connect());
                        lost = true;
                        lastFailure = "";
                    } catch (IOException e) {
                        String failure = String.valueOf(e.getMessage());
                        if (lost && e instanceof ConnectException && failure.contains(REFUSED)) {
                            lost = false;
                            log.info("{} at {} refuses connections: its process has ended.", peer, address);
                            listeners.forEach(listener -> listener.gone(peer));
                        }
                        // Once for each reason: a peer that is down for a day must not fill the log.
                        if (!failure.equals(lastFailure)) {
                            log.info("No link to {} at {} yet: {}. Trying on.", peer, address, failure);
                        }
                        lastFailure = failure;
                    }
                    boolean lasted = System.nanoTime() - attempted > LONGEST_RETRY.toNanos();
                    if (lasted && lastFailure.isEmpty()) {
                        pause = FIRST_RETRY;
                    }
                    if (stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                        return;
                    }
                    pause = pause.multipliedBy(2).compareTo(LONGEST_RETRY) < 0 ? pause.multipliedBy(2) : LONGEST_RETRY;
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        private LinkConnection connect() throws IOException {
            InetSocketAddress to = address.isUnresolved()
                    ? new InetSocketAddress(address.getHostString(), address.getPort())
                    : address;
            Socket socket = new Socket();
            try {
                socket.connect(to, (int) settings.connectTimeout().toMillis());
            } catch (IOException e) {
                socket.close();
                throw e;
            }
            return LinkConnection.connect(socket, to, peer, identity, settings, services);
        }

        private void keep(LinkConnection link) throws InterruptedException {
            CountDownLatch down = new CountDownLatch(1);
            String[] reason = new String[1];
            current = link;
            link.start(why -> {
                reason[0] = why;
                standing.remove(peer, link);
                down.countDown();
            });
            standing.put(peer, link);
            identity.revocation().reason(link.certificate()).ifPresent(link::close);
            if (stopped.getCount() == 0) {
                link.close();
            }
            log.info("The link to {} at {} stands.", peer, address);
            listeners.forEach(listener -> listener.up(link));
            changed();
            down.await();
            standing.remove(peer, link);
            log.info("The link to {} is gone: {}.", peer, reason[0]);
            listeners.forEach(listener -> listener.down(link, reason[0]));
            changed();
        }
    }
}
