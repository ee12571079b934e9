package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A cluster as it is planned before any process starts: nodes, virtual servers, and who owns what at first. With *m*
/// virtual servers the first *m* nodes are active and the others passive; where there are no fewer virtual servers
/// than nodes, they are stacked.
///
/// @param clusterId 128 random bits as text
/// @param nodes at least one; with an even number the last follows the cluster group without a vote
/// @param virtualServers in order: the first is owned by the first node at first
/// @param domains for which mail is received
public record FirstPlan(
        String clusterId,
        String name,
        List<PlannedNode> nodes,
        List<PlannedServer> virtualServers,
        List<String> domains) {

    /// A node.
    ///
    /// @param hardware what it runs on; `""` if not known
    /// @param witness whether it only votes and keeps a log
    public record PlannedNode(
            String name, String host, int replicationPort, int linkPort, String hardware, boolean witness) {

        /// One that can host something.
        public PlannedNode(String name, String host, int replicationPort, int linkPort, String hardware) {
            this(name, host, replicationPort, linkPort, hardware, false);
        }
    }

    /// A virtual server.
    ///
    /// @param resources the resource of type `storage-group` among them
    public record PlannedServer(String name, List<PlannedResource> resources) {
        /// The resources as an image has them at first: offline, and wanted.
        SortedMap<String, VirtualServer.Resource> atFirst() {
            SortedMap<String, VirtualServer.Resource> all = new TreeMap<>();
            for (PlannedResource resource : resources) {
                all.put(
                        resource.name(),
                        new VirtualServer.Resource(
                                resource.name(),
                                resource.type(),
                                resource.properties(),
                                resource.dependsOn(),
                                true,
                                ResourcePolicy.DEFAULT,
                                0,
                                ResourceState.OFFLINE,
                                List.of(),
                                0));
            }
            return Collections.unmodifiableSortedMap(all);
        }
    }

    /// A resource of a virtual server.
    ///
    /// @param dependsOn resources of the same virtual server that must be online before it is
    public record PlannedResource(
            String name, String type, SortedMap<String, String> properties, List<String> dependsOn) {}

    /// @throws IllegalArgumentException if the plan has no node that can host something, two witnesses, a name twice,
    ///     or a reserved one
    public FirstPlan {
        if (clusterId.isEmpty() || nodes.isEmpty()) {
            throw new IllegalArgumentException("a cluster has an id and at least one node");
        }
        List<PlannedNode> full = nodes.stream().filter(node -> !node.witness()).toList();
        if (full.isEmpty() || full.size() < nodes.size() - 1) {
            throw new IllegalArgumentException("a cluster has at least one node that is no witness, and one witness at"
                    + " most, not " + nodes.stream().map(PlannedNode::name).toList());
        }
        distinct(nodes.stream().map(PlannedNode::name).toList());
        distinct(virtualServers.stream().map(PlannedServer::name).toList());
        if (virtualServers.stream().anyMatch(server -> server.name().equals(ClusterImage.CLUSTER_GROUP))) {
            throw new IllegalArgumentException("a virtual server can not be named 'cluster'");
        }
    }

    /// The first image, to be given to [Command.CreateCluster].
    ///
    /// @param now milliseconds since 1970
    public ClusterImage image(long now) {
        SortedMap<String, Node> members = new TreeMap<>();
        List<Replica> seats = new ArrayList<>();
        int voters = Quorum.clusterVoters(nodes.size());
        for (PlannedNode node : nodes) {
            members.put(
                    node.name(),
                    new Node(
                            node.name(),
                            1,
                            1,
                            1,
                            node.host(),
                            node.replicationPort(),
                            node.linkPort(),
                            node.hardware(),
                            NodeState.UP,
                            now,
                            "new",
                            NodeDuty.ACTIVE,
                            List.of(),
                            List.of(),
                            node.witness()));
            Replica.Role role = seats.size() < voters ? Replica.Role.VOTER : Replica.Role.LISTENER;
            seats.add(new Replica(node.name(), 1, role));
        }
        SortedMap<String, VirtualServer> servers = new TreeMap<>();
        for (int index = 0; index < virtualServers.size(); index++) {
            servers.put(virtualServers.get(index).name(), server(index, now));
        }
        SortedMap<String, DirectoryImage.Domain> received = new TreeMap<>();
        domains.forEach(domain -> received.put(domain, new DirectoryImage.Domain(domain)));
        return new ClusterImage(
                clusterId,
                name,
                0,
                ClusterImage.FEATURE_LEVEL,
                Collections.unmodifiableSortedMap(members),
                new ReplicaSet(seats, Optional.empty()),
                Collections.unmodifiableSortedMap(servers),
                new DirectoryImage(
                        Collections.unmodifiableSortedMap(received),
                        Collections.emptySortedMap(),
                        Collections.emptySortedMap()),
                List.of(),
                List.of(),
                Certificates.NONE,
                Collections.emptySortedMap());
    }

    private VirtualServer server(int index, long now) {
        PlannedServer planned = virtualServers.get(index);
        List<PlannedNode> nodes =
                this.nodes.stream().filter(node -> !node.witness()).toList();
        boolean alone = nodes.size() == 1;
        int active = Math.min(virtualServers.size(), nodes.size());
        int passive = nodes.size() - active;
        boolean stacked = alone ? virtualServers.size() > 1 : passive == 0;
        int owner = index % nodes.size();
        int heir = passive > 0 ? active + index % passive : (owner + 1 + index / nodes.size()) % nodes.size();
        if (heir == owner) {
            heir = (owner + 1) % nodes.size();
        }
        List<Integer> holders = new ArrayList<>(List.of(owner));
        if (!alone) {
            holders.add(heir);
        }
        // The third is the next active node, so that replicas are spread evenly; else whoever is left.
        for (int step = 1; step <= nodes.size() && holders.size() < Math.min(Quorum.REPLICAS, nodes.size()); step++) {
            int next = step < active ? (owner + step) % active : (owner + step) % nodes.size();
            if (!holders.contains(next)) {
                holders.add(next);
            }
        }
        List<Replica> replicas = new ArrayList<>(holders.stream()
                .map(holder -> new Replica(nodes.get(holder).name(), 1, Replica.Role.VOTER))
                .toList());
        this.nodes.stream()
                .filter(node -> node.witness() && nodes.size() == Quorum.REPLICAS - 1)
                .forEach(witness -> replicas.add(new Replica(witness.name(), 1, Replica.Role.VOTER)));
        String ownerName = nodes.get(owner).name();
        Optional<String> heirName =
                alone ? Optional.empty() : Optional.of(nodes.get(heir).name());
        List<String> preferred = new ArrayList<>(List.of(ownerName));
        heirName.ifPresent(preferred::add);
        RoomPolicy room = stacked ? new RoomPolicy(virtualServers.size()) : RoomPolicy.ONE_PER_NODE;
        return new VirtualServer(
                planned.name(),
                true,
                VirtualServer.Policy.first(List.copyOf(preferred), room),
                new VirtualServer.Permission(ownerName, heirName, 0, now, "as planned"),
                Optional.empty(),
                new ReplicaSet(replicas, Optional.empty()),
                Optional.empty(),
                GroupState.PENDING,
                "it is being formed",
                planned.atFirst(),
                List.of());
    }

    private static void distinct(List<String> names) {
        if (names.stream().distinct().count() != names.size()) {
            throw new IllegalArgumentException("a name is there twice: " + names);
        }
    }
}
