package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// The folder that a command is about, as far as it says how to reach the cluster: that of a sample cluster, or of one
/// machine of a real one.
sealed interface Installation permits ClusterFolder, Machine {
    /// A front end that is known here.
    ///
    /// @param address on which it listens
    record KnownFrontEnd(String name, String address, SampleCluster.ClientPorts ports) {}

    /// The folder, absolute.
    Path dir();

    /// Link addresses of the nodes that are known here.
    SortedMap<String, InetSocketAddress> nodes() throws IOException;

    /// Front ends of this folder.
    List<KnownFrontEnd> frontEnds() throws IOException;

    /// A node or front end of this folder, if it runs.
    Optional<ProcessHandle> running(String name) throws IOException;

    /// Says why nothing can be asked, if that is known.
    ///
    /// @throws IOException with what to do about it
    void requireReachable() throws IOException;

    /// Where to look when no node answers.
    String whereLogsAre();

    /// Certificates of the command line.
    ///
    /// @throws IOException if commands cannot be given here
    default Path operatorTls() throws IOException {
        return dir().resolve("operator/tls");
    }

    /// The cluster's certificate authority, where its key is kept.
    default Path authority() {
        return dir().resolve("ca");
    }

    /// Link addresses as peers are named.
    default SortedMap<String, InetSocketAddress> peers() throws IOException {
        SortedMap<String, InetSocketAddress> peers = new TreeMap<>();
        nodes().forEach((node, address) -> peers.put("node:" + node, address));
        return peers;
    }

    /// What lies in a folder.
    ///
    /// @throws IOException if it is neither
    static Installation open(Path dir) throws IOException {
        Optional<ClusterFolder> sample = ClusterFolder.find(dir);
        if (sample.isPresent()) {
            return sample.get();
        }
        if (Files.isDirectory(dir) && Machine.holdsOne(dir)) {
            return new Machine(dir);
        }
        throw new IOException("there is no cluster in " + dir
                + ": name its folder with --dir, try a sample with 'posthouse up --dir " + dir
                + "', or make a real one with 'posthouse cluster create'");
    }
}
