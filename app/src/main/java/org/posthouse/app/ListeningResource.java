package org.posthouse.app;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.posthouse.cluster.ResourceType;
import org.posthouse.wire.Listener;
import org.posthouse.wire.ServiceGate;
import org.posthouse.wire.TlsIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A service of one virtual server with its doors, each a port.
///
/// Where the virtual server has no address of its own, the doors are on the node's: bound while the resource is open,
/// whoever owns the virtual server, and clients are held behind one gate until it is online here. Addresses that move
/// with the virtual server are on one node at a time: there the doors are bound when the resource comes online, so that
/// virtual servers with addresses may have the same ports. Without any door it serves front ends.
abstract class ListeningResource implements ResourceType.Resource {
    static final Duration DISMISS_WITHIN = Duration.ofSeconds(2);
    private static final Logger LOG = LoggerFactory.getLogger(ListeningResource.class);
    private static final int GREETED_WITHIN_MILLIS = 5_000;
    private static final long TRY_AGAIN_MILLIS = 500;
    private static final String NOT_HERE = "annot assign requested address"; // of a BindException, for EADDRNOTAVAIL

    private final String name;
    private final String greeting;
    private final String own;
    private final Supplier<List<String>> addresses;
    private final ServiceGate gate = ServiceGate.closed();
    private final List<Door> doors = new ArrayList<>();
    private final List<Bound> standing = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final SortedMap<String, Bound> moving = new TreeMap<>(); // under lock, by address and port
    private boolean online; // under lock

    /// A port, and how it is served.
    record Door(int port, boolean implicitTls, Listener.Farewell farewell, Listener.Service service) {}

    private record Bound(Door door, Listener listener) {}

    /// @param name for logs, e.g. `vs1 imap`
    /// @param greeting how every door greets in the clear, for the thorough check
    /// @param own the node's address
    /// @param addresses that move with the virtual server
    ListeningResource(String name, String greeting, String own, Supplier<List<String>> addresses) {
        this.name = name;
        this.greeting = greeting;
        this.own = own;
        this.addresses = addresses;
    }

    /// For all doors.
    abstract TlsIdentity tls();

    /// Of each door.
    abstract Listener.Limits limits();

    /// Adds one more door; to be called while the resource is made.
    ///
    /// @throws IOException if the address cannot be bound; what was bound before is given up
    final void listen(Door door) throws IOException {
        doors.add(door);
        if (!addresses.get().isEmpty()) {
            return;
        }
        try {
            standing.add(open(door, own));
        } catch (IOException e) {
            standing.forEach(bound -> bound.listener().close());
            throw e;
        }
    }

    private Bound open(Door door, String address) throws IOException {
        Listener.Plan plan = new Listener.Plan(
                name,
                new InetSocketAddress(InetAddress.getByName(address), door.port()),
                limits(),
                Optional.of(tls()),
                door.implicitTls(),
                gate,
                door.farewell());
        return new Bound(door, Listener.open(plan, door.service()));
    }

    @Override
    public final void online() throws IOException {
        lock.lock();
        try {
            online = true;
            if (!openMoving()) {
                Thread.ofVirtual().name(name + " waits for its address").start(this::tryAgain);
            }
        } catch (IOException e) {
            online = false;
            closeMoving();
            throw e;
        } finally {
            lock.unlock();
        }
        serving(true);
        gate.open();
    }

    /// Told that it begins to serve, or that it does not any more; returns at once.
    void serving(boolean now) {}

    /// Under the lock.
    ///
    /// @return false if an address is not on this node, as for a while where the service does not depend on it
    private boolean openMoving() throws IOException {
        boolean all = true;
        for (String address : addresses.get()) {
            for (Door door : doors) {
                String at = address + " " + door.port();
                if (moving.containsKey(at)) {
                    continue;
                }
                try {
                    moving.put(at, open(door, address));
                } catch (IOException e) {
                    if (!(e.getCause() instanceof BindException cause)
                            || !String.valueOf(cause.getMessage()).contains(NOT_HERE)) {
                        throw e;
                    }
                    all = false;
                }
            }
        }
        return all;
    }

    private void tryAgain() {
        LOG.info("{}: {} not all on this node yet; it listens there as soon as they are.", name, addresses.get());
        boolean done = false;
        while (!done) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(TRY_AGAIN_MILLIS));
            lock.lock();
            try {
                done = !online || openMoving();
            } catch (IOException e) {
                LOG.warn("{}: {}", name, e.getMessage());
                done = true;
            } finally {
                lock.unlock();
            }
        }
    }

    private void closeMoving() {
        lock.lock();
        try {
            moving.values().forEach(bound -> bound.listener().close(Duration.ZERO));
            moving.clear();
        } finally {
            lock.unlock();
        }
    }

    private List<Bound> bound() {
        lock.lock();
        try {
            return Stream.concat(standing.stream(), moving.values().stream()).toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public final void offline() {
        gate.close();
        dismiss();
        giveUp();
    }

    private void giveUp() {
        serving(false);
        lock.lock();
        try {
            online = false;
            closeMoving();
        } finally {
            lock.unlock();
        }
    }

    /// Tells the clients that the service ends here, and closes their connections.
    void dismiss() {
        bound().forEach(one -> one.listener().dismiss(DISMISS_WITHIN));
    }

    @Override
    public final void terminate() {
        bound().forEach(one -> one.listener().dismiss(Duration.ZERO));
        giveUp();
    }

    @Override
    public final boolean looksAlive() {
        return gate.isOpen();
    }

    @Override
    public final boolean isAlive() {
        return gate.isOpen() && bound().stream().limit(1).allMatch(this::greets);
    }

    /// One in TLS from the first byte says nothing before; that it takes the connection has to do.
    private boolean greets(Bound bound) {
        InetSocketAddress at = bound.listener().address();
        try (Socket socket = new Socket()) {
            socket.connect(at, GREETED_WITHIN_MILLIS);
            if (bound.door().implicitTls()) {
                return true;
            }
            socket.setSoTimeout(GREETED_WITHIN_MILLIS);
            byte[] heard = socket.getInputStream().readNBytes(greeting.length());
            return new String(heard, StandardCharsets.US_ASCII).equals(greeting);
        } catch (IOException e) {
            LOG.warn("{}: {} does not greet: {}", name, at, e.getMessage());
            return false;
        }
    }

    @Override
    public void close() {
        giveUp();
        standing.forEach(bound -> bound.listener().close());
    }
}
