package org.posthouse.faults;

import java.util.stream.Collectors;
import org.posthouse.testkit.ClusterStatus.VirtualServer;

/// Compares the logical digests of a virtual server's replicas. They can be compared at the same index only.
final class Digests {
    private Digests() {}

    /// Whether all replicas told a digest at the same index, of something: at index 0 all are empty.
    static boolean comparable(VirtualServer server) {
        return !server.replicas().isEmpty()
                && server.replicas().stream().allMatch(replica -> replica.digest() != null && replica.digestIndex() > 0)
                && server.replicas().stream()
                                .map(replica -> replica.digestIndex())
                                .distinct()
                                .count()
                        == 1;
    }

    /// Whether they do not contradict each other: no two differ at the same index.
    static boolean agree(VirtualServer server) {
        return server.replicas().stream()
                .collect(Collectors.groupingBy(
                        replica -> replica.digestIndex(),
                        Collectors.mapping(replica -> String.valueOf(replica.digest()), Collectors.toSet())))
                .values()
                .stream()
                .allMatch(digests -> digests.size() == 1);
    }

    /// `n1 4c2f@812, n2 4c2f@812`.
    static String line(VirtualServer server) {
        return server.replicas().stream()
                .map(replica -> replica.node() + " " + replica.digest() + "@" + replica.digestIndex())
                .collect(Collectors.joining(", "));
    }
}
