package org.posthouse.agent;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.posthouse.cluster.Certificates;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.NodeAddresses;
import org.posthouse.cluster.Reply;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.ResourceType;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.Route;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.cluster.Witness;
import org.posthouse.mailstore.StorageGroup;
import org.posthouse.mailstore.StoreMemory;
import org.posthouse.replication.GroupMember;
import org.posthouse.replication.GroupName;
import org.posthouse.replication.RatisHost;
import org.posthouse.replication.Settings;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkListener;
import org.posthouse.wire.LinkServer;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.Links;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.Revocation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The cluster service on one node: takes part in the cluster group, hosts the replicas that the image places here,
/// opens and closes virtual servers, coordinates while it leads. See the package comment for how.
public final class NodeAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);

    private static final long HOUSEKEEPING_SECONDS = 1;

    private final Parts parts;
    private final LinkServer server;
    private final RatisHost host;
    private final StoreMemory memory;
    private final Routes routes;
    private final Duties duties;
    private final StatusGatherer status;
    private final ScheduledExecutorService timer;
    private List<Certificates.Revoked> refused = List.of(); // of the thread that applies changes of the image

    /// What the parts of an agent share.
    static final class Parts {
        private final NodeSettings settings;
        private final List<ResourceType<ServiceContext>> types;
        private final long started = Pulse.millis();
        private final long process = System.currentTimeMillis();
        private final SortedMap<String, HostedServer> servers = new ConcurrentSkipListMap<>();
        private NodeMemory remembered;
        private Links links;
        private Pulse pulse;
        private Leases leases;
        private ClusterMember cluster;
        private HostedServer.Surroundings around;
        private ClusterImage met = ClusterImage.EMPTY; // last; of the duties' thread

        private Parts(NodeSettings settings, List<ResourceType<ServiceContext>> types) {
            this.settings = settings;
            this.types = types;
        }

        NodeSettings settings() {
            return settings;
        }

        NodeMemory memory() {
            return remembered;
        }

        Links links() {
            return links;
        }

        Pulse pulse() {
            return pulse;
        }

        Leases leases() {
            return leases;
        }

        ClusterMember cluster() {
            return cluster;
        }

        /// See [Warrant#note].
        String note() {
            return around.warrant().note();
        }

        Collection<HostedServer> servers() {
            return servers.values();
        }

        /// The virtual server of that name, if it was heard of here.
        Optional<HostedServer> known(String name) {
            return Optional.ofNullable(servers.get(name));
        }

        HostedServer server(String name) {
            return servers.computeIfAbsent(name, created -> new HostedServer(created, around));
        }

        long processAgeMillis() {
            return Pulse.millis() - started;
        }

        /// What this node tells of the types of resources that it knows.
        List<ResourceTypeFacts> typeFacts() {
            return Stream.concat(
                            Stream.of(ResourceTypeFacts.STORAGE_GROUP),
                            types.stream().map(ResourceType::facts))
                    .toList();
        }

        /// Makes ready what an image names: services of each virtual server, links to each node. Images of one process
        /// are never older than those before.
        void meet(ClusterImage image) {
            if (image.version() == met.version()) {
                return;
            }
            for (VirtualServer server : met.virtualServers().values()) {
                if (!image.virtualServers().containsKey(server.name())) {
                    follow(server.withoutResources()); // It was deleted.
                }
            }
            met = image;
            boolean witness = Witness.is(image, settings.node());
            image.virtualServers().values().forEach(known -> follow(witness ? known.withoutResources() : known));
            if (image.created()) {
                Map<String, InetSocketAddress> peers = new TreeMap<>();
                image.nodes().values().stream()
                        .filter(node -> !node.name().equals(settings.node()))
                        .forEach(node ->
                                peers.put("node:" + node.name(), new InetSocketAddress(node.host(), node.linkPort())));
                links.peers(peers);
            }
        }

        private void follow(VirtualServer server) {
            server(server.name()).follow(server, types);
        }

        private Facts.Heartbeat heartbeat() {
            TreeMap<String, Facts.Membership> groups = new TreeMap<>();
            // A release that knows no witness does not know the word either.
            boolean witnessed = Witness.present(cluster.replica().image());
            for (HostedServer hosted : servers.values()) {
                hosted.lease();
                hosted.membership().ifPresent(known -> groups.put(hosted.name(), witnessed ? known : known.with(0)));
            }
            cluster.member().ifPresent(member -> {
                GroupMember.View view = member.view();
                groups.put(
                        ClusterImage.CLUSTER_GROUP,
                        new Facts.Membership(
                                cluster.incarnation(),
                                view.leading(),
                                Optional.empty(),
                                0,
                                view.committed(),
                                view.applied().index(),
                                HostedServer.told(view),
                                cluster.failed(),
                                new TreeMap<>()));
            });
            Facts.Heartbeat heartbeat = new Facts.Heartbeat(
                    settings.node(),
                    remembered.incarnation(),
                    process,
                    processAgeMillis(),
                    groups,
                    ClusterImage.FEATURE_LEVEL,
                    leases.say(groups));
            return cluster.coordinates()
                    ? heartbeat.telling(Facts.outdated(cluster.replica().image(), pulse.peers()))
                    : heartbeat;
        }
    }

    private NodeAgent(NodeSettings settings, List<ResourceType<ServiceContext>> types) throws IOException {
        Path folder = settings.folder();
        Files.createDirectories(folder.resolve("store"));
        parts = new Parts(settings, types);
        parts.remembered = new NodeMemory(folder.resolve("agent"));
        parts.links = new Links(settings.identity(), settings.services(), settings.links());
        parts.pulse = new Pulse(
                settings.clusterId().toString(), parts.links, parts::heartbeat, () -> parts.cluster.coordinator());
        memory = new StoreMemory();
        SnapshotTransfer snapshots = new SnapshotTransfer(parts.links, this::host);
        BodyTransfer bodies = new BodyTransfer(parts.links, this::group);
        host = RatisHost.start(replicationSettings(settings, snapshots));
        routes = new Routes(this::knownRoutes);
        duties = new Duties(parts);
        Runnable changed = () -> {
            duties.nudge();
            parts.pulse.nudge();
        };
        parts.leases = new Leases(settings.node(), parts.links, new BootClock(), parts.process, () -> parts.servers()
                .forEach(HostedServer::lease));
        parts.cluster =
                new ClusterMember(settings, host, parts.remembered, parts.links, parts.pulse, parts.leases, changed);
        parts.around = new HostedServer.Surroundings(
                settings.node(),
                folder.resolve("store"),
                host,
                memory,
                settings.store(),
                parts.remembered,
                changed,
                routes,
                parts.leases,
                settings.warrant().orElse(parts.leases),
                bodies,
                settings.halt());
        status = new StatusGatherer(parts);
        timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("agent-timer").factory());
        register(settings.services(), snapshots, bodies);
        server = LinkServer.start(
                new InetSocketAddress(settings.host(), settings.linkPort()),
                settings.identity(),
                settings.services(),
                settings.links());
    }

    private RatisHost host() {
        return host;
    }

    private void register(LinkServices services, SnapshotTransfer snapshots, BodyTransfer bodies) {
        services.register(Pulse.KIND, LinkServices::nodes, parts.pulse);
        services.register(SnapshotTransfer.KIND, LinkServices::nodes, snapshots);
        services.register(BodyTransfer.KIND, LinkServices::nodes, bodies);
        services.register(Leases.KIND, LinkServices::nodes, parts.leases);
        services.register(Routes.KIND, LinkServices::nodesAndFrontEnds, routes);
        ControlServices.register(services, parts.cluster, status, parts.around.warrant());
    }

    /// Starts the cluster service on this node: opens what its folder holds, and forms, or asks to be taken into,
    /// what it does not. Returns at once; the node takes part as soon as a majority answers.
    ///
    /// @param types resources that this node can bring online; each is opened here for every virtual server
    /// @throws IOException if a port cannot be bound or the folder cannot be used
    public static NodeAgent start(NodeSettings settings, List<ResourceType<ServiceContext>> types) throws IOException {
        NodeAgent agent = new NodeAgent(settings, List.copyOf(types));
        agent.run();
        return agent;
    }

    private void run() {
        Map<String, InetSocketAddress> peers = new TreeMap<>();
        parts.settings.peers().forEach((node, address) -> peers.put("node:" + node, address));
        peers.remove("node:" + parts.settings.node());
        parts.links.peers(peers);
        parts.cluster.replica().listen(this::imageChanged);
        parts.links.listen(new Neighbours());
        parts.pulse.start();
        Thread.ofPlatform().daemon().name("cluster-group").start(parts.cluster::begin);
        for (String group : parts.remembered.held().keySet()) {
            parts.server(group).reopen();
        }
        duties.start();
        var unused = timer.scheduleWithFixedDelay(
                () -> parts.servers().forEach(hosted -> {
                    hosted.tick();
                    hosted.cover(image(), parts.pulse().peers());
                }),
                HOUSEKEEPING_SECONDS,
                HOUSEKEEPING_SECONDS,
                TimeUnit.SECONDS);
    }

    /// Processes of other nodes that are certain to have ended, or to be there again: replication need not find out by
    /// timeouts.
    private final class Neighbours implements LinkListener {
        @Override
        public void up(Link link) {
            host.returned(node(link.peer()));
        }

        @Override
        public void down(Link link, String reason) {
            // May be the network.
        }

        @Override
        public void gone(String peer) {
            String node = node(peer);
            parts.cluster().member().ifPresent(member -> ended(member, node));
            parts.servers().forEach(server -> server.member().ifPresent(member -> ended(member, node)));
        }

        private static String node(String peer) {
            return peer.substring(peer.indexOf(':') + 1);
        }

        private static void ended(GroupMember member, String node) {
            member.view().leader().filter(leader -> leader.node().equals(node)).ifPresent(member::ended);
        }
    }

    private void imageChanged(ClusterImage image) {
        if (image.created()) {
            parts.settings.forming().ifPresent(forming -> forming.formed().run());
            routes.publish(NodeAddresses.of(image));
            refuse(image.certificates());
        }
        duties.nudge();
    }

    /// On links, on replication's connections, and by front ends.
    private void refuse(Certificates certificates) {
        if (!certificates.revoked().equals(refused)) {
            refused = certificates.revoked();
            parts.settings.identity().revocation().refuse(certificates.reasons());
            routes.publish(refused);
        }
    }

    private static Settings replicationSettings(NodeSettings settings, SnapshotTransfer snapshots) {
        Path tls = settings.identity().folder();
        return new Settings(
                settings.clusterId(),
                settings.node(),
                settings.host(),
                settings.replicationPort(),
                settings.folder().resolve("raft"),
                Optional.of(new Settings.Tls(
                        tls.resolve(PeerIdentity.KEY_FILE),
                        tls.resolve(PeerIdentity.CHAIN_FILE),
                        tls.resolve(PeerIdentity.TRUST_FILE),
                        certificate -> refusal(settings.identity().revocation(), certificate))),
                snapshots,
                new Settings.GrayOwner() {
                    @Override
                    public void gray(GroupName group, String reason) {
                        LOG.error("{}: {}; this node steps down. Check its disk.", group, reason);
                    }

                    @Override
                    public void halt(GroupName group, String reason) {
                        settings.halt().halt(group + ": " + reason);
                    }
                },
                settings.replication());
    }

    private static Optional<String> refusal(Revocation revocation, X509Certificate certificate) {
        return isNode(certificate)
                ? revocation.reason(certificate)
                : Optional.of("that is not the certificate of a node of this cluster");
    }

    private static boolean isNode(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names != null
                    && names.stream()
                            .anyMatch(name -> String.valueOf(name.get(1)).startsWith("posthouse:node:"));
        } catch (CertificateParsingException e) {
            return false;
        }
    }

    private List<Route> knownRoutes() {
        SortedMap<String, Route> known = new TreeMap<>();
        for (VirtualServer virtualServer : image().virtualServers().values()) {
            virtualServer
                    .opened()
                    .ifPresent(opened -> known.put(
                            virtualServer.name(), new Route(virtualServer.name(), opened.epoch(), opened.node())));
        }
        for (HostedServer hosted : parts.servers()) {
            hosted.route().ifPresent(route -> {
                Route recorded = known.get(route.virtualServer());
                if (recorded == null || route.epoch().compareTo(recorded.epoch()) > 0) {
                    known.put(route.virtualServer(), route);
                }
            });
        }
        return new ArrayList<>(known.values());
    }

    /// The replica of a virtual server in this process, if there is one.
    Optional<StorageGroup> group(String virtualServer) {
        return parts.known(virtualServer).flatMap(HostedServer::group);
    }

    /// The image as applied on this node: may be a little old.
    public ClusterImage image() {
        return parts.cluster.replica().image();
    }

    /// The image by a linearizable read: as it was at some instant after the call, or newer.
    ///
    /// @throws IOException if the cluster group does not answer in time (no quorum)
    public ClusterImage linearizableImage(Duration deadline) throws IOException {
        return parts.cluster.linearizable(deadline);
    }

    /// Has the coordinator decide a command, wherever it runs; tries again until the deadline while there is none.
    ///
    /// @return the answer, which may be a refusal
    /// @throws IOException if no coordinator answered in time; the command may have been carried out all the same
    public Reply submit(Command command, Duration deadline) throws IOException {
        return parts.cluster.submit(command, deadline);
    }

    /// How the cluster stands; asks the other nodes, 700 ms at most.
    public StatusReport status() {
        return status.gather();
    }

    /// The states of a virtual server's resources in this process; empty while this node does not own it.
    public Optional<SortedMap<String, ResourceState>> owned(String virtualServer) {
        return parts.known(virtualServer)
                .filter(server -> server.route().isPresent())
                .map(server -> server.services().states());
    }

    /// Where this agent takes links.
    public InetSocketAddress linkAddress() {
        return server.address();
    }

    /// The links to the other nodes.
    public Links links() {
        return parts.links;
    }

    /// Stops everything here, in order; blocks until done. What this node owned fails over.
    @Override
    public void close() {
        routes.close();
        duties.close();
        timer.shutdown();
        parts.cluster.close();
        parts.pulse.close();
        parts.servers().forEach(HostedServer::close);
        host.close();
        parts.links.close();
        server.close();
        memory.close();
    }
}
