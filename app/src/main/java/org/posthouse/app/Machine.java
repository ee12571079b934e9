package org.posthouse.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.frontend.FrontEndSettings.Port;

/// One machine of a real cluster, in a folder of its own (`/var/lib/posthouse`, say):
///
/// - `node.json` and `node/`: the node that runs here,
/// - `front-end.json` and `front-end/`: the front end that runs here, if one does,
/// - `operator/`: the command line's certificate and `nodes.json`, where to find the nodes. On the machine on which the
///   cluster was created, and wherever it is copied to,
/// - `ca/`: the cluster's certificate authority, on the machine on which the cluster was created. Its key is needed to
///   let machines join, and for nothing else: keep a copy away from the nodes.
///
/// @param dir absolute
record Machine(Path dir) implements Installation {
    private static final String NODE_FILE = "node.json";
    private static final String FRONT_END_FILE = "front-end.json";
    private static final String NODES_FILE = "operator/nodes.json";
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /// `node.json`.
    ///
    /// @param peers other nodes that are known, as `HOST:PORT` of their links
    record NodeFile(
            UUID cluster,
            String name,
            String address,
            int replicationPort,
            int linkPort,
            SortedMap<String, String> peers) {}

    /// `front-end.json`.
    ///
    /// @param ports by the words of [Port]; 0 to listen for none
    record FrontEndFile(
            UUID cluster,
            String name,
            String address,
            SortedMap<String, Integer> ports,
            String hostName,
            String domain,
            SortedMap<String, String> nodes) {}

    /// `node/forming`, until the node has formed the cluster.
    record Forming(FirstPlan plan, long createdMillis) {}

    static boolean holdsOne(Path dir) {
        return Files.exists(dir.resolve(NODE_FILE))
                || Files.exists(dir.resolve(FRONT_END_FILE))
                || Files.exists(dir.resolve(NODES_FILE));
    }

    // ---- the node

    Path nodeFolder() {
        return dir.resolve("node");
    }

    /// The node that is to run here, if one is.
    Optional<NodeFile> nodeFile() throws IOException {
        return read(NODE_FILE, NodeFile.class);
    }

    /// Written last when a node is made or joins: a folder without it holds none.
    void write(NodeFile file) throws IOException {
        write(NODE_FILE, file);
    }

    /// Marks the node as one that is to form this cluster.
    void write(Forming forming) throws IOException {
        write("node/" + NodeSetup.FORMING, forming);
    }

    NodeSetup node() throws IOException {
        NodeFile file = nodeFile()
                .orElseThrow(() -> new IOException("no node is to run here: " + dir + " has no " + NODE_FILE
                        + "; let this machine join with 'posthouse node join'"));
        Optional<Forming> forming = read("node/" + NodeSetup.FORMING, Forming.class);
        Optional<ClusterImage> planned = forming.map(found -> found.plan().image(found.createdMillis()));
        return new NodeSetup(
                file.cluster(),
                file.name(),
                nodeFolder(),
                file.address(),
                file.replicationPort(),
                file.linkPort(),
                addresses(file.peers()),
                planned,
                false);
    }

    // ---- the front end

    Path frontEndFolder() {
        return dir.resolve("front-end");
    }

    /// The front end that is to run here, if one is.
    Optional<FrontEndFile> frontEndFile() throws IOException {
        return read(FRONT_END_FILE, FrontEndFile.class);
    }

    /// Written last when a front end joins.
    void write(FrontEndFile file) throws IOException {
        write(FRONT_END_FILE, file);
    }

    FrontEndSetup frontEnd() throws IOException {
        FrontEndFile file = frontEndFile()
                .orElseThrow(() -> new IOException("no front end is to run here: " + dir + " has no " + FRONT_END_FILE
                        + "; let one join with 'posthouse front-end join'"));
        SortedMap<Port, InetSocketAddress> listeners = new TreeMap<>();
        for (Port port : Port.values()) {
            int number = file.ports().getOrDefault(port.word(), 0);
            if (number > 0) {
                listeners.put(port, new InetSocketAddress(file.address(), number));
            }
        }
        return new FrontEndSetup(
                file.name(),
                frontEndFolder(),
                addresses(file.nodes()),
                listeners,
                file.hostName(),
                file.domain(),
                false);
    }

    // ---- what commands ask

    /// Notes where a node is, for the command line.
    void know(String node, String host, int linkPort) throws IOException {
        SortedMap<String, String> nodes = known();
        nodes.put(node, host + ":" + linkPort);
        write(NODES_FILE, nodes);
    }

    /// Notes that a node has left.
    void forget(String node) throws IOException {
        SortedMap<String, String> nodes = known();
        nodes.remove(node);
        write(NODES_FILE, nodes);
    }

    /// The nodes that the command line knows, as `HOST:PORT` of their links.
    SortedMap<String, String> known() throws IOException {
        Path file = dir.resolve(NODES_FILE);
        SortedMap<String, String> nodes = new TreeMap<>();
        if (Files.exists(file)) {
            JSON.readTree(file.toFile())
                    .properties()
                    .forEach(node -> nodes.put(node.getKey(), node.getValue().asText()));
        }
        return nodes;
    }

    @Override
    public SortedMap<String, InetSocketAddress> nodes() throws IOException {
        return addresses(known());
    }

    @Override
    public List<KnownFrontEnd> frontEnds() {
        return List.of();
    }

    @Override
    public Optional<ProcessHandle> running(String name) {
        return Optional.empty();
    }

    @Override
    public Path operatorTls() throws IOException {
        Path tls = Installation.super.operatorTls();
        if (Files.notExists(tls)) {
            throw new IOException("commands are given on the machine on which the cluster was created, or on one to"
                    + " which its folder operator/ was copied; " + dir + " has none");
        }
        return tls;
    }

    @Override
    public void requireReachable() {
        // Whether the nodes run is known on their machines only.
    }

    @Override
    public String whereLogsAre() {
        return "they log where 'posthouse node run' runs, under systemd to its journal";
    }

    // ---- files

    private <T> Optional<T> read(String name, Class<T> type) throws IOException {
        Path file = dir.resolve(name);
        return Files.exists(file) ? Optional.of(JSON.readValue(file.toFile(), type)) : Optional.empty();
    }

    private void write(String name, Object content) throws IOException {
        Path file = dir.resolve(name);
        Files.createDirectories(file.getParent());
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        JSON.writeValue(draft.toFile(), content);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static SortedMap<String, InetSocketAddress> addresses(SortedMap<String, String> given) throws IOException {
        SortedMap<String, InetSocketAddress> addresses = new TreeMap<>();
        for (var each : given.entrySet()) {
            int colon = each.getValue().lastIndexOf(':');
            if (colon < 1) {
                throw new IOException("the address of " + each.getKey() + " is not HOST:PORT but " + each.getValue());
            }
            addresses.put(
                    each.getKey(),
                    new InetSocketAddress(
                            each.getValue().substring(0, colon),
                            Integer.parseInt(each.getValue().substring(colon + 1))));
        }
        return addresses;
    }
}
