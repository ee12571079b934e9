package org.posthouse.cluster;

import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/// Whether a node has room for one more virtual server: none of those that it would then own may allow fewer.
final class Room {
    private Room() {}

    /// Whether the node has room by what the image says it owns.
    static boolean on(ClusterImage image, String node, VirtualServer wanted) {
        return among(image.ownedBy(node).values(), wanted);
    }

    /// Whether the virtual server has room beside others (itself not counted).
    static boolean among(Collection<VirtualServer> taken, VirtualServer wanted) {
        SortedMap<String, VirtualServer> together = new TreeMap<>();
        for (VirtualServer server : taken) {
            together.put(server.name(), server);
        }
        together.put(wanted.name(), wanted);
        int limit = Integer.MAX_VALUE;
        for (VirtualServer server : together.values()) {
            limit = Math.min(limit, server.policy().room().limit());
        }
        return together.size() <= limit;
    }
}
