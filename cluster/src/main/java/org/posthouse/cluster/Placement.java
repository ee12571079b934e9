package org.posthouse.cluster;

import java.util.Comparator;
import java.util.stream.Stream;

/// In which order nodes are asked to take something.
final class Placement {
    private Placement() {}

    /// Possible owners in preferred order; the others after them, first those on hardware that holds no replica yet,
    /// then those with fewest replicas, then by name.
    static Stream<String> order(ClusterImage image, VirtualServer server) {
        Comparator<String> byRank = Comparator.comparingInt(server.policy()::rank);
        return image.nodes().keySet().stream()
                .filter(server::allows)
                .sorted(byRank.thenComparing(node -> sharesHardware(image, server, node))
                        .thenComparing(node -> load(image, node))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /// How many replicas of virtual servers a node holds, also those of which it keeps the log alone.
    static int load(ClusterImage image, String node) {
        int replicas = 0;
        for (VirtualServer server : image.virtualServers().values()) {
            if (server.replicas().on(node)) {
                replicas++;
            }
        }
        return replicas;
    }

    private static boolean sharesHardware(ClusterImage image, VirtualServer server, String node) {
        String hardware = image.nodes().get(node).hardware();
        return !hardware.isEmpty()
                && server.replicas().replicas().stream()
                        .filter(replica -> !replica.node().equals(node))
                        .anyMatch(replica ->
                                image.nodes().get(replica.node()).hardware().equals(hardware));
    }
}
