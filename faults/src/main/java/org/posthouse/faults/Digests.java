package org.posthouse.faults;

import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.posthouse.testkit.ClusterStatus.Replica;
import org.posthouse.testkit.ClusterStatus.VirtualServer;

/// Compares the logical digests of a virtual server's replicas. They can be compared at the same index only.
final class Digests {
    private Digests() {}

    /// Those that have state: not a witness'.
    static Stream<Replica> full(VirtualServer server) {
        return server.replicas().stream().filter(replica -> !replica.witness());
    }

    /// Whether all replicas told a digest at the same index, of something: at index 0 all are empty.
    static boolean comparable(VirtualServer server) {
        return full(server).findAny().isPresent()
                && full(server).allMatch(replica -> replica.digest() != null && replica.digestIndex() > 0)
                && full(server).map(replica -> replica.digestIndex()).distinct().count() == 1;
    }

    /// Whether they do not contradict each other: no two differ at the same index.
    static boolean agree(VirtualServer server) {
        return full(server)
                .collect(Collectors.groupingBy(
                        replica -> replica.digestIndex(),
                        Collectors.mapping(replica -> String.valueOf(replica.digest()), Collectors.toSet())))
                .values()
                .stream()
                .allMatch(digests -> digests.size() == 1);
    }

    /// `n1 4c2f@812, n2 4c2f@812`.
    static String line(VirtualServer server) {
        return full(server)
                .map(replica -> replica.node() + " " + replica.digest() + "@" + replica.digestIndex())
                .collect(Collectors.joining(", "));
    }
}
