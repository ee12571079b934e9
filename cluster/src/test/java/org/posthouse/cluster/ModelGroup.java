package org.posthouse.cluster;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A Raft group of a [ModelCluster].
final class ModelGroup {
    final String name;
    List<Seat> config = List.of();
    final SortedMap<String, ModelMember> members = new TreeMap<>();
    String leader = "";
    long committed;
    String openOn = "";
    /// Whether it lies in a shared folder; then its one member is whoever holds that.
    boolean shared;
    OpenEpoch epoch = new OpenEpoch(0, 0);
    long openVersion;

    ModelGroup(String name) {
        this.name = name;
    }

    void letGo() {
        config = List.of();
        members.clear();
        leader = "";
        openOn = "";
    }
}
