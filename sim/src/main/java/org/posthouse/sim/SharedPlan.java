package org.posthouse.sim;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.ReplicaSet;
import org.posthouse.cluster.SharedStorage;
import org.posthouse.cluster.VirtualServer;

/// Makes some of the virtual servers of a plan shared, as `group create --shared` does.
final class SharedPlan {
    private SharedPlan() {}

    /// @param shared how many: the first ones
    static ClusterImage of(ClusterImage planned, int shared) {
        SortedMap<String, VirtualServer> servers = new TreeMap<>(planned.virtualServers());
        planned.virtualServers().values().stream()
                .limit(shared)
                .forEach(server -> servers.put(server.name(), shared(server)));
        return new ClusterImage(
                planned.id(),
                planned.name(),
                planned.version(),
                planned.featureLevel(),
                planned.nodes(),
                planned.clusterGroup(),
                Collections.unmodifiableSortedMap(servers),
                planned.directory(),
                planned.history(),
                planned.answers(),
                planned.certificates(),
                planned.names());
    }

    private static VirtualServer shared(VirtualServer server) {
        SortedMap<String, VirtualServer.Resource> resources = new TreeMap<>(server.resources());
        VirtualServer.Resource storage = resources.get("storage");
        resources.put(
                storage.name(),
                new VirtualServer.Resource(
                        storage.name(),
                        storage.type(),
                        Collections.unmodifiableSortedMap(
                                new TreeMap<>(Map.of(SharedStorage.FOLDER, "/mail/" + server.name()))),
                        storage.dependsOn(),
                        storage.wanted(),
                        storage.policy(),
                        storage.failuresAsked(),
                        storage.state(),
                        storage.possibleOwners(),
                        storage.made()));
        return new VirtualServer(
                server.name(),
                server.wanted(),
                server.policy(),
                server.permission(),
                server.opened(),
                new ReplicaSet(List.of(), Optional.empty()),
                server.move(),
                server.state(),
                server.reason(),
                Collections.unmodifiableSortedMap(resources),
                server.failovers());
    }
}
