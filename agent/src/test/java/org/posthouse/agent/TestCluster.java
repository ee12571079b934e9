package org.posthouse.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.Reply;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.mail.Flags;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.CommandId;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.posthouse.mailstore.StoreSettings;
import org.posthouse.replication.Limits;
import org.posthouse.wire.Authority;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.Links;
import org.posthouse.wire.PeerIdentity;

/// A whole cluster in one process: real Ratis, real links with TLS, real stores; a service that only notes where it
/// is online.
final class TestCluster implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(2);
    /// A type whose resources need the node lease; noted as `vs1/leased`.
    static final String LEASED = "leased";

    private static final String USER = "anna@example.org";

    final SortedMap<String, NodeAgent> agents = new ConcurrentSkipListMap<>();
    final Map<String, MailStore> stores = new ConcurrentHashMap<>();
    final Map<String, String> online = new ConcurrentHashMap<>();
    final List<String> doubles = new CopyOnWriteArrayList<>();
    private Links operator;
    final UUID id = UUID.randomUUID();
    /// Nodes that are in another cluster than they were, by name.
    final Map<String, UUID> ids = new ConcurrentHashMap<>();
    /// Who decides, if not the coordinator; for nodes that are started from now on.
    Optional<Warrant> warrant = Optional.empty();
    private final Path folder;
    private final Authority authority;
    private final FirstPlan plan;
    private final List<FirstPlan.PlannedNode> machines;

    TestCluster(Path folder, int nodes, int virtualServers) throws IOException {
        this.folder = folder;
        this.authority = Authority.create(folder.resolve("ca"), "test");
        List<FirstPlan.PlannedNode> members = new ArrayList<>();
        List<Integer> ports = freePorts(nodes * 2);
        for (int node = 0; node < nodes; node++) {
            String name = "n" + (node + 1);
            members.add(new FirstPlan.PlannedNode(name, "127.0.0.1", ports.get(node * 2), ports.get(node * 2 + 1), ""));
            Files.createDirectories(folder.resolve(name));
            Files.createFile(folder.resolve(name).resolve("forming"));
        }
        List<FirstPlan.PlannedServer> servers = new ArrayList<>();
        for (int server = 1; server <= virtualServers; server++) {
            servers.add(new FirstPlan.PlannedServer(
                    "vs" + server,
                    List.of(
                            new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of()),
                            new FirstPlan.PlannedResource("imap", "imap", new TreeMap<>(), List.of("storage")))));
        }
        plan = new FirstPlan(id.toString(), "test", members, servers, List.of("example.org"));
        machines = new ArrayList<>(members);
    }

    /// Adds a node to the running cluster and starts it.
    void join(String name) throws IOException {
        join(name, false);
    }

    void join(String name, boolean witness) throws IOException {
        List<Integer> ports = freePorts(2);
        var machine = new FirstPlan.PlannedNode(name, "127.0.0.1", ports.getFirst(), ports.getLast(), "", witness);
        Reply reply = any().submit(
                        new Command.AddNode(
                                name, machine.host(), machine.replicationPort(), machine.linkPort(), "", witness),
                        PATIENCE);
        if (!reply.accepted()) {
            throw new IOException(reply.message());
        }
        machines.add(machine);
        start(name);
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> bound = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            bound.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : bound) {
            socket.close();
        }
        return ports;
    }

    void startAll() throws IOException {
        for (FirstPlan.PlannedNode node : plan.nodes()) {
            start(node.name());
        }
    }

    void start(String name) throws IOException {
        Path own = folder.resolve(name);
        Path tls = own.resolve("tls");
        if (Files.notExists(tls)) {
            authority.issuePeer("node:" + name, List.of("127.0.0.1"), tls);
        }
        SortedMap<String, InetSocketAddress> peers = new TreeMap<>();
        machines.forEach(node -> peers.put(node.name(), new InetSocketAddress(node.host(), node.linkPort())));
        FirstPlan.PlannedNode self = machines.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
        Path forming = own.resolve("forming");
        Optional<NodeSettings.Forming> first = Files.exists(forming)
                ? Optional.of(new NodeSettings.Forming(plan.image(0), () -> delete(forming)))
                : Optional.empty();
        NodeSettings settings = new NodeSettings(
                ids.getOrDefault(name, id),
                name,
                own,
                self.host(),
                self.replicationPort(),
                self.linkPort(),
                PeerIdentity.load(tls),
                new LinkServices(),
                LinkSettings.DEFAULT,
                peers,
                first,
                // All nodes share this process and, in a build, a busy machine.
                Limits.DEFAULTS.withElection(Duration.ofMillis(600), Duration.ofMillis(1200)),
                StoreSettings.defaults(),
                reason -> {
                    throw new AssertionError(reason);
                },
                warrant);
        agents.put(
                name, NodeAgent.start(settings, List.of(new NotingType("imap", false), new NotingType(LEASED, true))));
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Ends a node without handing anything over.
    void stop(String name) {
        agents.remove(name).close();
        online.values().removeIf(name::equals);
    }

    void wipe(String name) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve(name))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    NodeAgent any() {
        return agents.firstEntry().getValue();
    }

    ClusterImage image() {
        return any().image();
    }

    /// As this node knows it.
    ClusterImage image(String node) {
        return agents.get(node).image();
    }

    Path folder(String node) {
        return folder.resolve(node);
    }

    String owner(String virtualServer) {
        return image().virtualServers().get(virtualServer).permission().owner();
    }

    String heir(String virtualServer) {
        return image().virtualServers().get(virtualServer).permission().heir().orElse("none");
    }

    /// A link to a node as the command line has it.
    Link operator(String node) throws IOException {
        Path tls = folder.resolve("operator");
        if (Files.notExists(tls)) {
            authority.issuePeer("operator:admin", List.of("127.0.0.1"), tls);
        }
        if (operator == null) {
            operator = new Links(PeerIdentity.load(tls), new LinkServices(), LinkSettings.DEFAULT);
            TreeMap<String, InetSocketAddress> peers = new TreeMap<>();
            agents.forEach((name, agent) -> peers.put("node:" + name, agent.linkAddress()));
            operator.peers(peers);
        }
        return operator.await("node:" + node, PATIENCE);
    }

    /// Waits until all replicas of each virtual server have the same digest at the same index.
    void awaitEqualDigests() {
        await("equal digests", () -> any().status().virtualServers().stream()
                .allMatch(server -> server.replicas().stream()
                                        .map(StatusReport.ReplicaStatus::digest)
                                        .distinct()
                                        .count()
                                == 1
                        && !server.replicas().getFirst().digest().isEmpty()));
    }

    /// Waits until each virtual server survives the loss of its owner.
    void awaitWhole(String... virtualServers) {
        await("each of " + List.of(virtualServers) + " survives the loss of its owner", () -> {
            StatusReport status = any().status();
            return status.virtualServers().stream()
                            .filter(server ->
                                    List.of(virtualServers).contains(server.name()) && server.survivesOwnerLoss())
                            .count()
                    == virtualServers.length;
        });
    }

    void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + PATIENCE + ": " + what + "\n" + describe());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    String describe() {
        StatusReport status = any().status();
        StringBuilder text = new StringBuilder(status.cluster().toString());
        status.nodes().forEach(node -> text.append("\n").append(node));
        status.virtualServers().forEach(server -> text.append("\n").append(server));
        status.events().forEach(event -> text.append("\n").append(event));
        return text.toString();
    }

    /// Delivers a message where the virtual server is open, as often as it takes.
    void deliver(String virtualServer, String deliveryId) {
        await("delivery " + deliveryId, () -> {
            for (String node : agents.keySet()) {
                MailStore store = stores.get(node + "/" + virtualServer);
                if (store != null && tryDeliver(store, deliveryId)) {
                    return true;
                }
            }
            return false;
        });
    }

    private static boolean tryDeliver(MailStore store, String deliveryId) {
        try {
            store.enter();
            try (MailStore.Upload upload = store.upload()) {
                upload.write(("Subject: " + deliveryId + "\r\n\r\n" + "x".repeat(2000)).getBytes(UTF_8));
                store.execute(
                        CommandId.NONE,
                        new Action.Deliver(
                                deliveryId,
                                List.of(new Action.Target(USER, "INBOX", Flags.NONE)),
                                upload.finish(),
                                new Action.Stamp(1_700_000_000, 0)),
                        Duration.ofSeconds(5));
            }
            return true;
        } catch (StoreException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// How many messages the user has, read on the owner.
    int messages(String virtualServer) {
        MailStore store = stores.get(owner(virtualServer) + "/" + virtualServer);
        return Math.toIntExact(store.mailbox(USER, "INBOX")
                .map(mailbox -> store.view(mailbox.id()).size())
                .orElse(0));
    }

    /// The id of the body of the user's newest message, read on the owner.
    long newestBody(String virtualServer) {
        MailStore store = stores.get(owner(virtualServer) + "/" + virtualServer);
        long inbox = store.mailbox(USER, "INBOX").orElseThrow().id();
        return store.message(inbox, store.view(inbox).size()).orElseThrow().bodyId();
    }

    @Override
    public void close() {
        if (operator != null) {
            operator.close();
        }
        stopAll();
    }

    /// Ends all nodes at the same time.
    void stopAll() {
        List<Thread> closing = agents.values().stream()
                .map(agent -> Thread.ofPlatform().start(agent::close))
                .toList();
        for (Thread thread : closing) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        agents.clear();
    }

    private final class NotingType implements ResourceType<ServiceContext> {
        private final String name;
        private final boolean needsLease;

        NotingType(String name, boolean needsLease) {
            this.name = name;
            this.needsLease = needsLease;
        }

        @Override
        public ResourceTypeFacts facts() {
            return new ResourceTypeFacts(name, "Notes where it is online.", true, needsLease, List.of());
        }

        @Override
        public Resource open(ServiceContext context) {
            stores.put(context.node() + "/" + context.virtualServer(), context.store());
            String noted = context.virtualServer() + (needsLease ? "/" + name : "");
            return new Resource() {
                @Override
                public void online() {
                    String before = online.put(noted, context.node());
                    if (needsLease && before != null && !before.equals(context.node())) {
                        doubles.add(noted + " on " + before + " and " + context.node());
                    }
                }

                @Override
                public void offline() {
                    online.remove(noted, context.node());
                }

                @Override
                public void terminate() {
                    offline();
                }

                @Override
                public boolean looksAlive() {
                    return true;
                }

                @Override
                public boolean isAlive() {
                    return true;
                }

                @Override
                public void close() {
                    offline();
                }
            };
        }
    }
}
