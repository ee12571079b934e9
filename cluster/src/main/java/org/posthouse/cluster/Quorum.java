package org.posthouse.cluster;

import java.util.List;

/// Arithmetic of majorities.
public final class Quorum {
    /// A storage group has so many replicas, fewer where there are fewer nodes.
    public static final int REPLICAS = 3;

    private Quorum() {}

    /// How many of so many voters are a majority.
    public static int needed(int voters) {
        return voters / 2 + 1;
    }

    /// How many nodes of so many vote in the cluster group: an odd number; of two, one.
    public static int clusterVoters(int nodes) {
        return nodes % 2 == 1 ? nodes : nodes - 1;
    }

    /// How many nodes count: those that take part and stay.
    static int members(ClusterImage image) {
        return (int) image.nodes().values().stream().filter(Node::stays).count();
    }

    /// How many nodes count that can host something: all but a witness.
    static int full(ClusterImage image) {
        return (int) image.nodes().values().stream()
                .filter(node -> node.stays() && !node.witness())
                .count();
    }

    /// How many full replicas a storage group is to have; a witness' comes besides ([Witness#wanted]).
    static int replicas(ClusterImage image) {
        return Math.min(REPLICAS, full(image));
    }

    /// How many voters a storage group is to have.
    static int voters(ClusterImage image) {
        return replicas(image) + (Witness.wanted(image) ? 1 : 0);
    }

    /// How many of these voters live: their node is up under the same incarnation, and the replica is not known to
    /// be out of service.
    static int living(ClusterImage image, Facts facts, String group, List<Replica> voters) {
        int living = 0;
        for (Replica voter : voters) {
            if (lives(image, facts, group, voter)) {
                living++;
            }
        }
        return living;
    }

    /// Whether a replica can take part: it was not lost, alone or with its node's folder.
    static boolean lives(ClusterImage image, Facts facts, String group, Replica replica) {
        Node node = image.nodes().get(replica.node());
        return node != null && node.up() && whole(image, facts, group, replica);
    }

    /// Whether a replica can take part when its node is up.
    static boolean whole(ClusterImage image, Facts facts, String group, Replica replica) {
        Node node = image.nodes().get(replica.node());
        return node != null
                && replica.incarnation()
                        >= (group.equals(ClusterImage.CLUSTER_GROUP) ? node.clusterIncarnation() : node.incarnation())
                && !replica.lost()
                && !facts.failed(group, replica);
    }

    /// Whether a majority of a group's voters lives. One that has none, because it is kept in shared mode, needs none.
    static boolean held(ClusterImage image, Facts facts, String group) {
        VirtualServer server = image.virtualServers().get(group);
        if (server != null && server.shared().isPresent()) {
            return true;
        }
        List<Replica> voters = image.replicas(group).orElseThrow().voters();
        return living(image, facts, group, voters) >= needed(voters.size());
    }
}
