package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Sample clusters for tests.
final class Plans {
    private Plans() {}

    static ClusterImage created(int nodes, int virtualServers) {
        ClusterImage planned = planned(nodes, virtualServers);
        Decision decision = Coordinator.decide(ClusterImage.EMPTY, new Command.CreateCluster(planned), 0);
        return ClusterImage.EMPTY.apply(new Change(0, 0, decision.events())).image();
    }

    /// The same with a witness `w1` besides.
    static ClusterImage witnessed(int nodes, int virtualServers) {
        Decision decision = Coordinator.decide(
                ClusterImage.EMPTY, new Command.CreateCluster(planned(nodes, virtualServers, true)), 0);
        return ClusterImage.EMPTY.apply(new Change(0, 0, decision.events())).image();
    }

    static ClusterImage planned(int nodes, int virtualServers) {
        return planned(nodes, virtualServers, false);
    }

    private static ClusterImage planned(int nodes, int virtualServers, boolean witness) {
        List<FirstPlan.PlannedNode> members = new ArrayList<>();
        for (int node = 1; node <= nodes; node++) {
            members.add(new FirstPlan.PlannedNode("n" + node, "127.0.0." + (10 + node), 7000, 7001, ""));
        }
        if (witness) {
            members.add(new FirstPlan.PlannedNode("w1", "127.0.0.61", 7000, 7001, "", true));
        }
        List<FirstPlan.PlannedServer> servers = new ArrayList<>();
        for (int server = 1; server <= virtualServers; server++) {
            servers.add(new FirstPlan.PlannedServer(
                    "vs" + server,
                    List.of(
                            new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of()),
                            new FirstPlan.PlannedResource("imap", "imap", new TreeMap<>(), List.of("storage")),
                            new FirstPlan.PlannedResource("smtp", "smtp", new TreeMap<>(), List.of("storage")))));
        }
        return new FirstPlan("00c0ffee", "sample", members, servers, List.of("example.org")).image(0);
    }
}
