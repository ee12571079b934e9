package org.posthouse.sim;

import java.util.SortedMap;
import java.util.TreeMap;

/// A node's folder: what the node must not forget of itself, and what its members of Raft groups hold. Survives the
/// process.
final class NodeDisk {
    /// 0 before the node took part in any cluster, or after its folder was lost.
    int incarnation;
    /// Whether the folder was made together with the cluster, so that the node may form it.
    final boolean forming;
    /// Highest incarnation under which each storage group was held; stays when a replica is found damaged.
    final SortedMap<String, Integer> held = new TreeMap<>();
    final SortedMap<String, RaftDisk> groups = new TreeMap<>();
    /// Until then no write returns, by the simulation's time.
    long hangsUntil;

    NodeDisk(boolean forming) {
        this.forming = forming;
    }
}
