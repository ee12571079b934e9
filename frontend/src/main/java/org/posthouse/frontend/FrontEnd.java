package org.posthouse.frontend;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.posthouse.frontend.FrontEndSettings.Port;
import org.posthouse.imap.ImapServer;
import org.posthouse.smtp.RemoteReception;
import org.posthouse.smtp.Role;
import org.posthouse.smtp.SmtpServer;
import org.posthouse.smtp.SpoolSpace;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.Links;
import org.posthouse.wire.Listener;
import org.posthouse.wire.Opening;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.ServiceGate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A front end: listeners for mail clients, a standing link to every node, and the table of who owns what. It
/// holds no state worth saving; any number of front ends run, each able to serve any user.
public final class FrontEnd implements AutoCloseable {
    /// Kind of the notice with which it reports itself to all nodes. Fields: `name`, `pid`, `address`, one for
    /// each port by its word (`smtp`, `submission`, `imap`, `imaps`), `sessions`, `connections`.
    public static final String HEARTBEAT_KIND = "front-end";

    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(2);
    private static final byte[] NOTHING = new byte[0];
    private static final Logger log = LoggerFactory.getLogger(FrontEnd.class);

    private final FrontEndSettings settings;
    private final Links links;
    private final Routes routes;
    private final KnownNodes nodes;
    private final RouteFeed feed;
    private final Locator locator;
    private final SmtpServer smtp;
    private final RemoteReception reception;
    private final ImapServer imap;
    private final Map<Port, Listener> listeners = new EnumMap<>(Port.class);
    private final Set<ImapRelay> relays = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);

    private FrontEnd(FrontEndSettings settings, PeerIdentity identity) throws IOException {
        this.settings = settings;
        this.links = new Links(identity, new LinkServices(), settings.links());
        this.routes = new Routes(links::link);
        this.nodes = new KnownNodes(settings.nodes(), links::peers);
        RefusedNodes refused = new RefusedNodes(identity.revocation()::refuse, System::currentTimeMillis);
        this.feed = new RouteFeed(routes, nodes::take, refused::take);
        this.locator = new Locator(links::standing, Locator.Limits.DEFAULT, System::nanoTime);
        this.smtp = new SmtpServer(
                settings.smtp(),
                settings.imap().throttle(),
                SmtpServer.Surroundings.real(),
                settings.imap().access().bearers());
        this.reception = new RemoteReception(
                locator,
                routes,
                new SpoolSpace(settings.spoolFolder(), SpoolSpace.Limits.DEFAULT),
                settings.smtpPatience());
        this.imap = new ImapServer(settings.imap());
    }

    /// Binds all listeners and begins to make links. Clients that come before there are routes wait for them.
    ///
    /// @param identity the name must be `front-end:` and the settings' name
    /// @throws IOException if a port cannot be bound or the spool folder not be made; nothing is left running then
    public static FrontEnd start(FrontEndSettings settings, PeerIdentity identity) throws IOException {
        if (!identity.name().equals("front-end:" + settings.name())) {
            throw new IOException("the certificate in " + identity.folder() + " is that of " + identity.name()
                    + ", not of front-end:" + settings.name());
        }
        FrontEnd frontEnd = new FrontEnd(settings, identity);
        try {
            for (Map.Entry<Port, InetSocketAddress> each : settings.listeners().entrySet()) {
                frontEnd.listeners.put(each.getKey(), frontEnd.listen(each.getKey(), each.getValue()));
            }
        } catch (IOException | RuntimeException e) {
            frontEnd.close();
            throw e;
        }
        frontEnd.links.listen(frontEnd.feed);
        frontEnd.nodes.begin();
        Thread.ofVirtual().name("heartbeat").start(frontEnd::beat);
        log.info("Front end {} listens: {}", settings.name(), frontEnd.status().ports());
        return frontEnd;
    }

    private Listener listen(Port port, InetSocketAddress address) throws IOException {
        boolean mail = port == Port.SMTP || port == Port.SUBMISSION;
        Listener.Plan plan = new Listener.Plan(
                settings.name() + " " + port.word(),
                address,
                settings.limits(),
                Optional.of(settings.tls()),
                port == Port.IMAPS,
                ServiceGate.alwaysOpen(),
                mail ? SmtpServer::farewell : ImapServer::farewell,
                settings.balancers());
        return Listener.open(
                plan,
                switch (port) {
                    case SMTP -> client -> smtp.serve(client, Role.RECEIVING, reception);
                    case SUBMISSION -> client -> smtp.serve(client, Role.SUBMISSION, reception);
                    case IMAP, IMAPS -> this::serveImap;
                });
    }

    private void serveImap(Duplex client) throws IOException {
        OwnerLogin login = new OwnerLogin(locator, routes, settings.loginPatience());
        Optional<ImapServer.Relay> handedOver = imap.serve(client, login);
        if (handedOver.isEmpty()) {
            return;
        }
        ImapRelay relay = new ImapRelay(handedOver.get(), login.route(), routes);
        relays.add(relay);
        try {
            if (closed.getCount() == 0) {
                relay.end("This server is going down, connect again");
            }
            relay.run();
        } finally {
            relays.remove(relay);
            imap.ended(handedOver.get());
        }
    }

    private void beat() {
        try {
            do {
                FrontEndStatus now = status();
                SortedMap<String, String> fields = new TreeMap<>();
                fields.put("name", now.name());
                fields.put("pid", Long.toString(now.pid()));
                fields.put("address", now.address());
                now.ports().forEach((word, port) -> fields.put(word, Integer.toString(port)));
                fields.put("sessions", Integer.toString(now.sessions()));
                fields.put("connections", Integer.toString(now.connections()));
                Opening heartbeat = new Opening(HEARTBEAT_KIND, fields);
                for (Link link : links.standing()) {
                    if (!link.notice(heartbeat, NOTHING)) {
                        log.debug("A heartbeat to {} was dropped.", link.peer());
                    }
                }
            } while (!closed.await(settings.heartbeatPause().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread but the end of the process
        }
    }

    /// How it is now.
    public FrontEndStatus status() {
        SortedMap<String, Integer> ports = new TreeMap<>();
        listeners.forEach(
                (port, listener) -> ports.put(port.word(), listener.address().getPort()));
        SortedMap<String, Boolean> linked = new TreeMap<>();
        nodes.names()
                .forEach(node ->
                        linked.put(node, links.link(KnownNodes.PEER + node).isPresent()));
        String address = listeners.values().stream()
                .map(listener -> listener.address().getAddress().getHostAddress())
                .findFirst()
                .orElse("");
        int connections =
                listeners.values().stream().mapToInt(Listener::connections).sum();
        return new FrontEndStatus(
                settings.name(),
                ProcessHandle.current().pid(),
                address,
                ports,
                relays.size(),
                connections,
                linked,
                routes.all());
    }

    /// Where it listens for something, with the port that was bound.
    public Optional<InetSocketAddress> address(Port port) {
        return Optional.ofNullable(listeners.get(port)).map(Listener::address);
    }

    /// Sends all clients away, each at the end of a response, and ends the links.
    @Override
    public void close() {
        closed.countDown();
        endRelays();
        listeners.values().stream()
                .map(listener -> Thread.ofVirtual().start(() -> listener.close(CLOSE_DEADLINE)))
                .toList()
                .forEach(FrontEnd::join);
        locator.close();
        feed.close();
        links.close();
    }

    /// Before the listeners close: they say farewell to whoever waits for input, which a relay always does, also in
    /// the middle of a response.
    private void endRelays() {
        List<ImapRelay> all = List.copyOf(relays);
        all.forEach(relay -> relay.end("This server is going down, connect again"));
        long until = System.nanoTime() + CLOSE_DEADLINE.toNanos();
        try {
            for (ImapRelay relay : all) {
                relay.awaitEnd(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // whoever closes is in a hurry: the listeners cut what is left
        }
    }

    private static void join(Thread closer) {
        try {
            closer.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
