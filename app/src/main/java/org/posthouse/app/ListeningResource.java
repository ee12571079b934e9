package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.posthouse.cluster.ResourceType;
import org.posthouse.wire.Listener;
import org.posthouse.wire.ServiceGate;
import org.posthouse.wire.TlsIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A service of one virtual server with its listeners. They are bound while the resource is open, whoever owns the
/// virtual server, and hold their clients behind one gate until it is online here. Without any it serves front ends.
abstract class ListeningResource implements ResourceType.Resource {
    static final Duration DISMISS_WITHIN = Duration.ofSeconds(2);
    private static final Logger LOG = LoggerFactory.getLogger(ListeningResource.class);
    private static final int GREETED_WITHIN_MILLIS = 5_000;

    private final String name;
    private final String greeting;
    private final ServiceGate gate = ServiceGate.closed();
    private final List<Listener> listeners = new ArrayList<>();
    private Optional<InetSocketAddress> first = Optional.empty();

    /// @param name for logs, e.g. `vs1 imap`
    /// @param greeting how the first listener greets, for the thorough check
    ListeningResource(String name, String greeting) {
        this.name = name;
        this.greeting = greeting;
    }

    /// Binds one more listener; to be called while the resource is made.
    ///
    /// @throws IOException if the address cannot be bound; what was bound before is given up
    final void listen(
            InetSocketAddress at,
            TlsIdentity tls,
            boolean implicitTls,
            Listener.Farewell farewell,
            Listener.Service service)
            throws IOException {
        try {
            Listener.Plan plan =
                    new Listener.Plan(name, at, Listener.Limits.DEFAULT, Optional.of(tls), implicitTls, gate, farewell);
            listeners.add(Listener.open(plan, service));
            first = first.or(() -> Optional.of(at));
        } catch (IOException e) {
            listeners.forEach(Listener::close);
            throw e;
        }
    }

    @Override
    public final void online() {
        gate.open();
    }

    @Override
    public final void offline() {
        gate.close();
        dismiss();
    }

    /// Tells the clients that the service ends here, and closes their connections.
    void dismiss() {
        listeners.forEach(listener -> listener.dismiss(DISMISS_WITHIN));
    }

    @Override
    public final void terminate() {
        listeners.forEach(listener -> listener.dismiss(Duration.ZERO));
    }

    @Override
    public final boolean looksAlive() {
        return gate.isOpen();
    }

    @Override
    public final boolean isAlive() {
        return gate.isOpen() && first.stream().allMatch(this::greets);
    }

    private boolean greets(InetSocketAddress at) {
        try (Socket socket = new Socket()) {
            socket.connect(at, GREETED_WITHIN_MILLIS);
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
        listeners.forEach(Listener::close);
    }
}
