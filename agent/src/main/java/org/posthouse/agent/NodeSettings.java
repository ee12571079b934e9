package org.posthouse.agent;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.mailstore.StoreSettings;
import org.posthouse.replication.Limits;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.PeerIdentity;

/// What a node is started with.
///
/// @param clusterId the cluster's id; as text it is [ClusterImage#id]
/// @param node this node's name
/// @param folder the node's own; the agent uses `raft/`, `store/` and `agent/` in it
/// @param host address to which the replication and link ports are bound
/// @param identity of `node:NAME`; its files secure replication too
/// @param services what this process does for its peers; the agent adds its own to it
/// @param peers link addresses of the other nodes by node name: until the image tells them, and the only ones that a
///     node with an empty folder knows
/// @param forming the cluster's first image, if the cluster was just planned and never ran; must be empty for a node
///     whose folder was lost
/// @param halt ends the process at once, for a reason: a leader with a hung disk that nobody outside can depose
/// @param warrant whose word counts for what must never be online twice, if not the coordinator's; the cluster then has
///     one node
public record NodeSettings(
        UUID clusterId,
        String node,
        Path folder,
        String host,
        int replicationPort,
        int linkPort,
        PeerIdentity identity,
        LinkServices services,
        LinkSettings links,
        SortedMap<String, InetSocketAddress> peers,
        Optional<Forming> forming,
        Limits replication,
        StoreSettings store,
        Halt halt,
        Optional<Warrant> warrant) {

    /// A cluster that was planned and never ran.
    ///
    /// @param planned see [org.posthouse.cluster.FirstPlan]; the same on every node
    /// @param formed called once the cluster was created: from then on this node must not be told to form it
    public record Forming(ClusterImage planned, Runnable formed) {}

    /// Ends the process.
    @FunctionalInterface
    public interface Halt {
        /// Does not return in production.
        void halt(String reason);
    }

    /// The product's limits.
    public static NodeSettings of(
            UUID clusterId,
            String node,
            Path folder,
            String host,
            int replicationPort,
            int linkPort,
            PeerIdentity identity,
            LinkServices services,
            SortedMap<String, InetSocketAddress> peers,
            Optional<Forming> forming,
            Halt halt) {
        return new NodeSettings(
                clusterId,
                node,
                folder,
                host,
                replicationPort,
                linkPort,
                identity,
                services,
                LinkSettings.DEFAULT,
                peers,
                forming,
                Limits.DEFAULTS,
                StoreSettings.defaults(),
                halt,
                Optional.empty());
    }
}
