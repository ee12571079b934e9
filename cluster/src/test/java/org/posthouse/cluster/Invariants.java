package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;

/// What must hold of a cluster after every step, each by name.
enum Invariants {
    /// A virtual server's heir is another node than its owner.
    HEIR_IS_ANOTHER {
        @Override
        void check(ModelCluster cluster, ClusterImage before) {
            servers(cluster).forEach(server -> assertThat(server.permission().heir())
                    .as("heir of " + server.name())
                    .isNotEqualTo(Optional.of(server.permission().owner())));
        }
    },
    /// An heir has room when it is named.
    HEIR_HAS_ROOM {
        @Override
        void check(ModelCluster cluster, ClusterImage before) {
            if (cluster.image.version() == before.version()) {
                return;
            }
            for (VirtualServer server : servers(cluster)) {
                server.permission().heir().filter(heir -> server.formed()).ifPresent(heir -> assertThat(
                                Room.on(cluster.image, heir, server))
                        .as("room for " + server.name() + " at its heir " + heir)
                        .isTrue());
            }
        }
    },
    /// No node has more virtual servers open than its policy allows.
    OPEN_HAVE_ROOM {
        @Override
        void check(ModelCluster cluster, ClusterImage before) {
            for (ModelCluster.ModelNode node : cluster.nodes.values()) {
                List<VirtualServer> open = cluster.groups.values().stream()
                        .filter(group -> group.openOn.equals(node.name))
                        .map(group -> cluster.image.virtualServers().get(group.name))
                        .toList();
                assertThat(open.isEmpty() || Room.among(open, open.getFirst()))
                        .as("room on " + node.name + " for all of " + open)
                        .isTrue();
            }
        }
    },
    /// A virtual server has three voting replicas, on different nodes, that are members.
    THREE_REPLICAS {
        @Override
        void check(ModelCluster cluster, ClusterImage before) {
            for (VirtualServer server : servers(cluster)) {
                List<String> nodes = server.replicas().voters().stream()
                        .map(Replica::node)
                        .distinct()
                        .toList();
                assertThat(server.replicas().voters())
                        .as("replicas of " + server.name())
                        .hasSize(3);
                assertThat(nodes).as("nodes with replicas of " + server.name()).hasSize(3);
                assertThat(cluster.image.nodes().keySet()).containsAll(nodes);
            }
        }
    },
    /// The cluster group has an odd number of votes, three at least.
    ODD_VOTES {
        @Override
        void check(ModelCluster cluster, ClusterImage before) {
            assertThat(cluster.image.clusterGroup().voters().size())
                    .as("votes of " + cluster.image.clusterGroup())
                    .isOdd()
                    .isGreaterThanOrEqualTo(3);
        }
    },
    /// An epoch only rises.
    EPOCHS_RISE {
        @Override
        void check(ModelCluster cluster, ClusterImage before) {
            for (VirtualServer server : servers(cluster)) {
                VirtualServer earlier = before.virtualServers().get(server.name());
                if (earlier != null && earlier.opened().isPresent()) {
                    assertThat(server.opened().orElseThrow().epoch())
                            .as("epoch of " + server.name())
                            .isGreaterThanOrEqualTo(earlier.opened().get().epoch());
                }
            }
        }
    };

    /// Checks it.
    ///
    /// @param before the image before the last step
    abstract void check(ModelCluster cluster, ClusterImage before);

    /// Checks all.
    static void checkAll(ModelCluster cluster, ClusterImage before) {
        for (Invariants each : values()) {
            try {
                each.check(cluster, before);
            } catch (AssertionError e) {
                throw new AssertionError(each + " does not hold: " + e.getMessage(), e);
            }
        }
    }

    private static List<VirtualServer> servers(ModelCluster cluster) {
        return List.copyOf(cluster.image.virtualServers().values());
    }
}
