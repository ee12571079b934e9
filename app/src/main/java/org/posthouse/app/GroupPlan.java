package org.posthouse.app;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.agent.IpAddress;
import org.posthouse.app.SampleCluster.ClientPorts;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.FirstPlan.PlannedServer;
import org.posthouse.cluster.RoomPolicy;
import org.posthouse.cluster.SharedStorage;
import org.posthouse.cluster.VirtualServer;
import picocli.CommandLine.Option;

/// What a virtual server consists of that is created in a running cluster: the same as those made with the cluster
/// ([MailServices#planned]), on ports that no other has.
final class GroupPlan {
    @Option(
            names = "--domain",
            paramLabel = "DOMAIN",
            description = "Its host name ends so, and its postmaster is meant by 'postmaster' alone (as the others').")
    private Optional<String> domain = Optional.empty();

    @Option(
            names = "--room",
            paramLabel = "ROOM",
            description = "'one-per-node' or 'stack N': how many virtual servers its owner may own (as the others).")
    private Optional<String> room = Optional.empty();

    @Option(names = "--smtp-port", paramLabel = "PORT", description = "Its owner receives mail there; 0 for none.")
    private Optional<Integer> smtp = Optional.empty();

    @Option(names = "--submission-port", paramLabel = "PORT", description = "For users' own mail; 0 for none.")
    private Optional<Integer> submission = Optional.empty();

    @Option(names = "--imap-port", paramLabel = "PORT", description = "IMAP with STARTTLS; 0 for none.")
    private Optional<Integer> imap = Optional.empty();

    @Option(names = "--imaps-port", paramLabel = "PORT", description = "IMAP in TLS; 0 for none.")
    private Optional<Integer> imaps = Optional.empty();

    @Option(
            names = "--address",
            paramLabel = "ADDRESS/LENGTH",
            description = "An address that is where it is, e.g. 192.0.2.7/24, so that clients need no front end.")
    private Optional<String> address = Optional.empty();

    @Option(names = "--interface", paramLabel = "NAME", description = "The network interface that gets the address.")
    private Optional<String> networkInterface = Optional.empty();

    @Option(
            names = "--shared",
            paramLabel = "FOLDER",
            description =
                    "Keep its mail in this folder, mounted on every node that may own it, instead of in replicas.")
    private Optional<String> shared = Optional.empty();

    @Option(
            names = "--fencing",
            paramLabel = "HOW",
            description = "What ends a lost node's access to that folder: 'none', 'storage' or 'node'. Default: none.")
    private Optional<String> fencing = Optional.empty();

    /// Plans it.
    ///
    /// @throws IOException if a port is taken, or nothing says which domain is meant
    PlannedServer planned(Installation installation, ClusterImage image, String name) throws IOException {
        // On an address of its own it shares no port with anybody.
        SortedMap<Integer, String> taken = address.isPresent() ? new TreeMap<>() : taken(image);
        ClientPorts standard =
                switch (installation) {
                    case ClusterFolder folder ->
                        folder.sample().freePorts(name, taken(image).keySet());
                    case Machine _ -> ClientPorts.NONE;
                };
        ClientPorts ports = new ClientPorts(
                free(taken, "--smtp-port", smtp, standard.smtp()),
                free(taken, "--submission-port", submission, standard.submission()),
                free(taken, "--imap-port", imap, standard.imap()),
                free(taken, "--imaps-port", imaps, standard.imaps()));
        return MailServices.planned(name, domain(image), Optional.of(ports), address(), storage());
    }

    private SortedMap<String, String> storage() throws IOException {
        if (fencing.isPresent() && shared.isEmpty()) {
            throw new IOException("--fencing goes with --shared: replicas need none");
        }
        SortedMap<String, String> properties = new TreeMap<>();
        shared.ifPresent(folder -> properties.put(SharedStorage.FOLDER, folder));
        fencing.ifPresent(how -> properties.put(SharedStorage.FENCING, how));
        return properties;
    }

    private SortedMap<String, String> address() throws IOException {
        if (address.isPresent() != networkInterface.isPresent()) {
            throw new IOException("--address and --interface go together: the address is held by that interface");
        }
        SortedMap<String, String> properties = new TreeMap<>();
        address.ifPresent(held -> properties.put(IpAddress.ADDRESS, held));
        networkInterface.ifPresent(held -> properties.put(IpAddress.INTERFACE, held));
        return properties;
    }

    /// As asked for, else as those have it that are there, if they agree.
    RoomPolicy room(ClusterImage image) throws IOException {
        if (room.isPresent()) {
            try {
                return RoomPolicy.parse(room.get());
            } catch (IllegalArgumentException e) {
                throw new IOException("--room: " + e.getMessage(), e);
            }
        }
        List<RoomPolicy> others = image.virtualServers().values().stream()
                .map(server -> server.policy().room())
                .distinct()
                .toList();
        return others.size() == 1 ? others.getFirst() : RoomPolicy.ONE_PER_NODE;
    }

    private String domain(ClusterImage image) throws IOException {
        return domain.or(() -> image.virtualServers().values().stream()
                        .flatMap(server -> server.resources().values().stream())
                        .map(resource -> resource.properties().get(MailServices.POSTMASTER_DOMAIN))
                        .filter(found -> found != null)
                        .findFirst())
                .or(() -> image.directory().domains().keySet().stream().findFirst())
                .orElseThrow(() -> new IOException("the cluster receives mail for no domain; say --domain"));
    }

    /// The port to take, which is taken from here on.
    private static int free(SortedMap<Integer, String> taken, String option, Optional<Integer> asked, int standard)
            throws IOException {
        int port = asked.orElse(standard);
        if (port < 0 || port > MailServices.PORT_MAX) {
            throw new IOException(
                    option + " is a port from 1 to " + MailServices.PORT_MAX + ", or 0 for none, not " + port);
        }
        String holder = port == 0 ? null : taken.put(port, option);
        if (holder != null) {
            throw new IOException("port " + port + " cannot be given to " + option + ": it is that of " + holder
                    + "; every node listens on the ports of every virtual server");
        }
        return port;
    }

    private static SortedMap<Integer, String> taken(ClusterImage image) {
        SortedMap<Integer, String> taken = new TreeMap<>();
        image.nodes().values().forEach(node -> {
            taken.put(node.replicationPort(), "node " + node.name());
            taken.put(node.linkPort(), "node " + node.name());
        });
        for (VirtualServer server : image.virtualServers().values()) {
            boolean ownAddress = server.resources().values().stream()
                    .anyMatch(resource -> resource.type().equals(IpAddress.TYPE));
            for (VirtualServer.Resource resource : ownAddress
                    ? List.<VirtualServer.Resource>of()
                    : server.resources().values()) {
                for (String property : MailServices.PORTS) {
                    String port = resource.properties().getOrDefault(property, "");
                    if (port.matches("[1-9]\\d{0,4}")) {
                        taken.put(Integer.parseInt(port), server.name() + "/" + resource.name());
                    }
                }
            }
        }
        return taken;
    }

    /// On which ports a virtual server is served by its owner; 0 where it is not.
    static ClientPorts ports(VirtualServer server) {
        return new ClientPorts(
                port(server, "smtp", MailServices.PORT),
                port(server, "smtp", MailServices.SUBMISSION_PORT),
                port(server, "imap", MailServices.PORT),
                port(server, "imap", MailServices.TLS_PORT));
    }

    private static int port(VirtualServer server, String type, String property) {
        return server.resources().values().stream()
                .filter(resource -> resource.type().equals(type))
                .map(resource -> resource.properties().getOrDefault(property, ""))
                .filter(port -> port.matches("[1-9]\\d{0,4}"))
                .map(Integer::parseInt)
                .findFirst()
                .orElse(0);
    }
}
