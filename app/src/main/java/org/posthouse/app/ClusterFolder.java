package org.posthouse.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.posthouse.app.SampleCluster.ClientPorts;
import org.posthouse.frontend.FrontEndSettings.Port;
import org.posthouse.wire.Authority;
import org.posthouse.wire.Join;

/// A sample cluster's folder: what lies where in it, and how it is made.
///
/// @param dir absolute
/// @param sample its layout
record ClusterFolder(Path dir, SampleCluster sample) implements Installation {
    private static final String WITHOUT_USERS = "without-users";

    /// The cluster in a folder, if there is one.
    static Optional<ClusterFolder> find(Path dir) throws IOException {
        return SampleCluster.load(dir).map(sample -> new ClusterFolder(dir, sample));
    }

    /// Makes a cluster's folder: its certificate authority and a certificate for every process, before any of them
    /// starts. Each node is marked as one that forms its groups; a folder made later is not.
    static ClusterFolder create(Path dir, SampleCluster sample) throws IOException {
        if (Files.exists(dir)) {
            try (Stream<Path> content = Files.list(dir)) {
                if (content.findAny().isPresent()) {
                    throw new IOException(
                            dir + " is not empty and holds no cluster: choose another --dir, or empty it");
                }
            }
        }
        Files.createDirectories(dir);
        ClusterFolder folder = new ClusterFolder(dir, sample);
        Authority authority = Authority.create(folder.authority(), sample.name());
        authority.issuePeer("operator:admin", List.of("127.0.0.1"), folder.operatorTls());
        for (String node : sample.nodeNames()) {
            folder.makeNode(node);
            Files.createFile(folder.process(node).resolve(NodeSetup.FORMING));
        }
        for (String frontEnd : sample.frontEndNames()) {
            folder.certify("front-end:" + frontEnd, "127.0.0.1", folder.process(frontEnd));
        }
        Files.createFile(dir.resolve(WITHOUT_USERS));
        sample.save(dir);
        return folder;
    }

    /// Makes a node's folder with its certificate, if it is not there: also that of a node whose folder was lost.
    void makeNode(String node) throws IOException {
        if (Files.notExists(tls(node))) {
            certify("node:" + node, sample.nodeAddress(node), process(node));
        }
    }

    /// The same with one node more, whose folder and certificate are made.
    ClusterFolder withNextNode() throws IOException {
        String node = sample.nextNode();
        ClusterFolder grown = new ClusterFolder(dir, sample.withNextNode());
        grown.makeNode(node);
        grown.sample.save(dir);
        return grown;
    }

    /// The same with a witness more.
    ClusterFolder withNextWitness() throws IOException {
        String witness = sample.nextWitness();
        ClusterFolder grown = new ClusterFolder(dir, sample.withNextWitness());
        grown.makeNode(witness);
        grown.sample.save(dir);
        return grown;
    }

    /// The same without a node that has left the cluster; what it held is left where it is.
    ClusterFolder without(String node) throws IOException {
        ClusterFolder shrunk = new ClusterFolder(dir, sample.without(node));
        shrunk.sample.save(dir);
        return shrunk;
    }

    /// What a node's process is told.
    NodeSetup node(String name) {
        SortedMap<String, InetSocketAddress> peers = nodes();
        peers.remove(name);
        boolean forming = Files.exists(process(name).resolve(NodeSetup.FORMING));
        return new NodeSetup(
                sample.id(),
                name,
                process(name),
                sample.nodeAddress(name),
                sample.raftPort(),
                sample.linkPort(),
                peers,
                forming ? Optional.of(sample.plan().image(sample.createdMillis())) : Optional.empty(),
                true);
    }

    /// What a front end's process is told.
    FrontEndSetup frontEnd(String name) {
        ClientPorts ports = sample.ports(name);
        InetAddress loopback = InetAddress.getLoopbackAddress();
        SortedMap<Port, InetSocketAddress> listeners = new TreeMap<>(Map.of(
                Port.SMTP, new InetSocketAddress(loopback, ports.smtp()),
                Port.SUBMISSION, new InetSocketAddress(loopback, ports.submission()),
                Port.IMAP, new InetSocketAddress(loopback, ports.imap()),
                Port.IMAPS, new InetSocketAddress(loopback, ports.imaps())));
        return new FrontEndSetup(
                name, process(name), nodes(), listeners, name + "." + SampleCluster.DOMAIN, SampleCluster.DOMAIN, true);
    }

    @Override
    public SortedMap<String, InetSocketAddress> nodes() {
        SortedMap<String, InetSocketAddress> nodes = new TreeMap<>();
        for (String node : sample.nodeNames()) {
            nodes.put(node, new InetSocketAddress(sample.nodeAddress(node), sample.linkPort()));
        }
        return nodes;
    }

    @Override
    public List<KnownFrontEnd> frontEnds() {
        return sample.frontEndNames().stream()
                .map(name -> new KnownFrontEnd(name, "127.0.0.1", sample.ports(name)))
                .toList();
    }

    @Override
    public Optional<ProcessHandle> running(String name) throws IOException {
        return Processes.find(process(name));
    }

    @Override
    public void requireReachable() throws IOException {
        if (living().isEmpty()) {
            throw new IOException(
                    "the cluster in " + dir + " is not running: start it with 'posthouse up --dir " + dir + "'");
        }
    }

    @Override
    public String whereLogsAre() {
        return "their logs are in its folders";
    }

    /// Whether the sample users have still to be made.
    boolean withoutUsers() {
        return Files.exists(dir.resolve(WITHOUT_USERS));
    }

    /// They have been made.
    void usersMade() throws IOException {
        Files.deleteIfExists(dir.resolve(WITHOUT_USERS));
    }

    /// Folder of a node or front end.
    Path process(String name) {
        return dir.resolve(name);
    }

    /// Certificates of a node or front end.
    Path tls(String name) {
        return process(name).resolve("tls");
    }

    /// Processes that live, nodes first.
    List<ProcessHandle> living() throws IOException {
        List<ProcessHandle> living = new ArrayList<>();
        for (String name : processes()) {
            Processes.find(process(name)).ifPresent(living::add);
        }
        return living;
    }

    /// Names of all nodes and front ends.
    List<String> processes() {
        List<String> names = new ArrayList<>(sample.nodeNames());
        names.addAll(sample.frontEndNames());
        return names;
    }

    /// Deletes the folder and everything in it.
    static void delete(Path dir) throws IOException {
        if (Files.notExists(dir)) {
            return;
        }
        List<Path> content;
        try (Stream<Path> tree = Files.walk(dir)) {
            content = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : content) {
            Files.deleteIfExists(path);
        }
    }

    private void certify(String peer, String address, Path folder) throws IOException {
        Authority authority = Authority.open(authority());
        Path tls = Files.createDirectories(folder.resolve("tls"));
        authority.issuePeer(peer, List.of(address), tls);
        authority.issueServer(
                List.of(address, "127.0.0.1", "localhost"),
                tls.resolve(Join.SERVER_KEY_FILE),
                tls.resolve(Join.SERVER_CHAIN_FILE));
    }
}
