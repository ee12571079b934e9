package org.posthouse.wire;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A bound port: accepts connections and gives each a virtual thread in its service. A connection over a limit is
/// told so and closed; one that comes while the [ServiceGate] is closed is held for a while first.
public final class Listener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);

    /// What is done with a connection, on a thread of its own. The listener closes it afterwards.
    @FunctionalInterface
    public interface Service {
        /// Carries on the conversation until it is over.
        ///
        /// @throws IOException if the client went away or broke the protocol beyond repair
        void serve(Duplex conversation) throws IOException;
    }

    /// Why a client is sent away.
    public enum Reason {
        /// The listener has all the connections that it takes.
        TOO_MANY,
        /// This client's address has as many as it gets.
        TOO_MANY_FROM_ADDRESS,
        /// The virtual server was not open here within the time that a client is held.
        NOT_OPEN,
        /// The service is being taken offline.
        CLOSING
    }

    /// The protocol's last line for a client, without CR LF: `421 4.3.2 ...`, `* BYE [UNAVAILABLE] ...`.
    @FunctionalInterface
    public interface Farewell {
        /// In printable ASCII.
        String line(Reason reason);
    }

    /// @param connectionsMax in all
    /// @param perAddressMax from one IPv4 address or IPv6 /64
    /// @param perLoopbackMax from a loopback address, where front ends, balancers and tests sit
    /// @param holdingMax connections waiting for the gate at one time
    /// @param holdFor how long each of them waits
    /// @param writeDeadline for one write, and for a TLS handshake
    /// @param backlog of the kernel's queue
    public record Limits(
            int connectionsMax,
            int perAddressMax,
            int perLoopbackMax,
            int holdingMax,
            Duration holdFor,
            Duration writeDeadline,
            int backlog) {
        /// 10,000 in all, 50 by address, 5,000 from loopback, 1,000 held for 10 s, writes within 60 s.
        public static final Limits DEFAULT =
                new Limits(10_000, 50, 5_000, 1_000, Duration.ofSeconds(10), WriteWatchdog.DEADLINE, 512);

        /// With another limit for all and for one address (loopback or not).
        public Limits connections(int all, int perAddress) {
            return new Limits(all, perAddress, perAddress, holdingMax, holdFor, writeDeadline, backlog);
        }

        /// With another way of holding.
        public Limits holding(int most, Duration duration) {
            return new Limits(connectionsMax, perAddressMax, perLoopbackMax, most, duration, writeDeadline, backlog);
        }

        /// With another write deadline.
        public Limits writeDeadline(Duration deadline) {
            return new Limits(connectionsMax, perAddressMax, perLoopbackMax, holdingMax, holdFor, deadline, backlog);
        }
    }

    /// What to listen on, and how.
    ///
    /// @param name for logs and threads: `vs1 smtp`
    /// @param address to bind; port 0 for any free one
    /// @param tls for STARTTLS, or for TLS from the first byte; empty for neither
    /// @param implicitTls whether TLS begins at once
    /// @param gate whether to serve or to hold
    /// @param balancers whose connections begin with a PROXY header
    public record Plan(
            String name,
            InetSocketAddress address,
            Limits limits,
            Optional<TlsIdentity> tls,
            boolean implicitTls,
            ServiceGate gate,
            Farewell farewell,
            Balancers balancers) {

        /// Clients come directly.
        public Plan(
                String name,
                InetSocketAddress address,
                Limits limits,
                Optional<TlsIdentity> tls,
                boolean implicitTls,
                ServiceGate gate,
                Farewell farewell) {
            this(name, address, limits, tls, implicitTls, gate, farewell, Balancers.NONE);
        }
    }

    private final Plan plan;
    private final Service service;
    private final ServerSocket server;
    private final WriteWatchdog watchdog;
    private final ConnectionLimits limits;
    private final AtomicInteger holding = new AtomicInteger();
    private final Set<SocketConnection> connections = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    private volatile boolean closing;

    private Listener(Plan plan, Service service, ServerSocket server) {
        this.plan = plan;
        this.service = service;
        this.server = server;
        this.watchdog = new WriteWatchdog(plan.name(), plan.limits().writeDeadline());
        this.limits = new ConnectionLimits(
                plan.limits().connectionsMax(),
                plan.limits().perAddressMax(),
                plan.limits().perLoopbackMax());
    }

    /// Binds and begins to accept.
    ///
    /// @throws IOException if the address cannot be bound; the message names it
    public static Listener open(Plan plan, Service service) throws IOException {
        if (plan.implicitTls() && plan.tls().isEmpty()) {
            throw new IllegalArgumentException(plan.name() + ": TLS from the first byte needs a certificate");
        }
        ServerSocket server = new ServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(plan.address(), plan.limits().backlog());
        } catch (IOException e) {
            server.close();
            throw new IOException(
                    "cannot listen on " + plan.address() + " for " + plan.name() + ": " + e.getMessage(), e);
        }
        Listener listener = new Listener(plan, service, server);
        Thread.ofVirtual().name("accept " + plan.name()).start(listener::accept);
        return listener;
    }

    /// Where it listens, with the port that was bound.
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /// How many connections stand now, those held included.
    public int connections() {
        return limits.connections();
    }

    /// Sends everybody away who is connected now, each as soon as it waits for its client, and goes on listening.
    ///
    /// @param deadline after which connections still busy are cut
    public void dismiss(Duration deadline) {
        byte[] line = line(Reason.CLOSING);
        Set<SocketConnection> concerned = Set.copyOf(connections);
        for (SocketConnection connection : concerned) {
            connection.dismiss(line);
        }
        awaitGone(concerned, deadline);
        for (SocketConnection connection : concerned) {
            if (connections.contains(connection)) {
                connection.close();
            }
        }
    }

    /// Stops listening, then sends everybody away.
    ///
    /// @param deadline after which connections still busy are cut
    public void close(Duration deadline) {
        closing = true;
        try {
            server.close();
        } catch (IOException e) {
            LOG.warn("{}: closing the port {} failed: {}", plan.name(), plan.address(), e.toString());
        }
        dismiss(deadline);
        watchdog.close();
    }

    /// The same with a deadline of 2 s.
    @Override
    public void close() {
        close(CLOSE_DEADLINE);
    }

    private void awaitGone(Set<SocketConnection> concerned, Duration deadline) {
        long leftNanos = deadline.toNanos();
        lock.lock();
        try {
            while (leftNanos > 0 && concerned.stream().anyMatch(connections::contains)) {
                leftNanos = left.awaitNanos(leftNanos);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // whoever closes is in a hurry: cut what is left
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!closing) {
            try {
                admit(server.accept());
            } catch (IOException e) {
                if (!closing) {
                    LOG.warn(
                            "{}: cannot accept connections on {} now ({}); trying on",
                            plan.name(),
                            address(),
                            e.toString());
                    pause();
                }
            }
        }
    }

    /// Out of file descriptors, most likely: some will be given back.
    private void pause() {
        lock.lock();
        try {
            long nanos = TimeUnit.MILLISECONDS.toNanos(100);
            while (nanos > 0 && !closing) {
                nanos = left.awaitNanos(nanos);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread but the end of the process
        } finally {
            lock.unlock();
        }
    }

    private void admit(Socket socket) {
        boolean passedOn = plan.balancers().contain(socket.getInetAddress());
        ConnectionLimits.Place place = limits.place();
        switch (passedOn ? place.enter() : place.enter(socket.getInetAddress())) {
            case ADMITTED -> Thread.ofVirtual().name(plan.name()).start(() -> converse(socket, place, passedOn));
            case TOO_MANY -> refuse(socket, Reason.TOO_MANY);
            case TOO_MANY_FROM_ADDRESS -> refuse(socket, Reason.TOO_MANY_FROM_ADDRESS);
        }
    }

    /// On the accepting thread: one line fits into the buffer of a new socket, so this does not wait. Where the
    /// client expects TLS there is nothing that could be said for less than a handshake.
    private void refuse(Socket socket, Reason reason) {
        LOG.info("{}: refused {}: {}", plan.name(), socket.getRemoteSocketAddress(), reason);
        try (socket) {
            if (!plan.implicitTls()) {
                socket.getOutputStream().write(line(reason));
            }
        } catch (IOException e) {
            LOG.debug("{}: refused client was gone already: {}", plan.name(), e.toString());
        }
    }

    private void converse(Socket socket, ConnectionLimits.Place place, boolean passedOn) {
        SocketConnection connection = null;
        try {
            SocketDuplex duplex = SocketDuplex.plain(socket, plan.tls(), watchdog);
            connection = duplex.connection();
            connections.add(connection);
            if (closing) {
                connection.dismiss(line(Reason.CLOSING));
            }
            if (passedOn && !introduced(duplex, place)) {
                return;
            }
            if (plan.implicitTls()) {
                duplex = duplex.startTls();
            }
            if (held()) {
                service.serve(duplex);
            } else {
                duplex.output().write(line(Reason.NOT_OPEN));
            }
        } catch (IOException e) {
            LOG.debug("{}: connection from {} ended: {}", plan.name(), socket.getRemoteSocketAddress(), e.toString());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread but the end of the process
        } catch (RuntimeException e) {
            LOG.error(
                    "{}: connection from {} was cut by a fault of ours",
                    plan.name(),
                    socket.getRemoteSocketAddress(),
                    e);
        } finally {
            leave(socket, connection, place);
        }
    }

    /// Learns whose connection a balancer passes on.
    ///
    /// @return whether that client may have one more; if not, it was told so
    private boolean introduced(SocketDuplex duplex, ConnectionLimits.Place place) throws IOException {
        try {
            ProxyHeader.read(duplex, ProxyHeader.WITHIN).ifPresent(duplex.connection()::passedOnFor);
        } catch (ProtocolException | SocketTimeoutException e) {
            LOG.warn(
                    "{}: a connection of the balancer at {} is closed: {}",
                    plan.name(),
                    duplex.remote(),
                    e instanceof ProtocolException ? e.getMessage() : "it sent no whole PROXY header in time");
            throw e;
        }
        if (place.enter(duplex.remote().getAddress()) == ConnectionLimits.Verdict.ADMITTED) {
            return true;
        }
        LOG.info("{}: refused {}: {}", plan.name(), duplex.remote(), Reason.TOO_MANY_FROM_ADDRESS);
        if (!plan.implicitTls()) {
            duplex.output().write(line(Reason.TOO_MANY_FROM_ADDRESS));
        }
        return false;
    }

    private void leave(Socket socket, SocketConnection connection, ConnectionLimits.Place place) {
        if (connection == null) {
            try {
                socket.close();
            } catch (IOException e) {
                LOG.debug("{}: closing failed: {}", plan.name(), e.toString());
            }
        } else {
            connection.closeGently();
            connections.remove(connection);
        }
        place.leave();
        lock.lock();
        try {
            left.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Whether the gate is open, after waiting for it.
    private boolean held() throws InterruptedException {
        if (plan.gate().isOpen()) {
            return true;
        }
        try {
            return holding.incrementAndGet() <= plan.limits().holdingMax()
                    && plan.gate().await(plan.limits().holdFor());
        } finally {
            holding.decrementAndGet();
        }
    }

    private byte[] line(Reason reason) {
        return (plan.farewell().line(reason) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }
}
