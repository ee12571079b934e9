package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.posthouse.wire.Authority;

/// A sample cluster's folder: what lies where in it, and how it is made.
///
/// @param dir absolute
/// @param sample its layout
record ClusterFolder(Path dir, SampleCluster sample) {
    private static final String FORMING = "forming";
    private static final String WITHOUT_USERS = "without-users";

    /// The cluster in a folder.
    ///
    /// @throws IOException if there is none
    static ClusterFolder open(Path dir) throws IOException {
        return find(dir)
                .orElseThrow(() -> new IOException("there is no cluster in " + dir
                        + ": name its folder with --dir, or make one with 'posthouse up --dir " + dir + "'"));
    }

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
            Files.createFile(folder.process(node).resolve(FORMING));
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

    /// The same without a node that has left the cluster; what it held is left where it is.
    ClusterFolder without(String node) throws IOException {
        ClusterFolder shrunk = new ClusterFolder(dir, sample.without(node));
        shrunk.sample.save(dir);
        return shrunk;
    }

    /// Whether a node is to form its groups when it starts.
    boolean forming(String node) {
        return Files.exists(process(node).resolve(FORMING));
    }

    /// The node has formed its groups: never again.
    void formed(String node) throws IOException {
        Files.deleteIfExists(process(node).resolve(FORMING));
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

    /// Certificates of the command line.
    Path operatorTls() {
        return dir.resolve("operator/tls");
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

    private Path authority() {
        return dir.resolve("ca");
    }

    private void certify(String peer, String address, Path folder) throws IOException {
        Authority authority = Authority.open(authority());
        Path tls = Files.createDirectories(folder.resolve("tls"));
        authority.issuePeer(peer, List.of(address), tls);
        authority.issueServer(
                List.of(address, "127.0.0.1", "localhost"), tls.resolve("server.key"), tls.resolve("server.pem"));
    }
}
