package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import org.posthouse.cluster.ClusterImage;

/// What a node's process is told, before it can ask anybody.
///
/// @param folder the node's own: `tls/`, `raft/`, `store/`, `agent/`, and [#FORMING] until it has formed its groups
/// @param address to which its ports are bound, and under which the others know it
/// @param peers link addresses of other nodes, at least one unless it is alone
/// @param planned the cluster's first image while the node is to form it: never for one that joined or was rebuilt
/// @param loginInClear whether passwords may be sent without TLS
record NodeSetup(
        UUID clusterId,
        String name,
        Path folder,
        String address,
        int replicationPort,
        int linkPort,
        SortedMap<String, InetSocketAddress> peers,
        Optional<ClusterImage> planned,
        boolean loginInClear) {
    /// Marks, in a node's folder, that it is to form its groups when it starts.
    static final String FORMING = "forming";

    /// Certificates.
    Path tls() {
        return folder.resolve("tls");
    }

    /// The node has formed its groups: never again.
    void formed() throws IOException {
        Files.deleteIfExists(folder.resolve(FORMING));
    }
}
