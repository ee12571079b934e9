package org.posthouse.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;
import org.posthouse.cluster.GroupState;
import org.posthouse.cluster.HistoryEntry;
import org.posthouse.cluster.NodeDuty;
import org.posthouse.cluster.NodeState;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.SharedStorage;

/// How the cluster stands, gathered by one node from all: what `status --json` prints, but for the front ends, which
/// are no members.
public record StatusReport(
        ClusterStatus cluster, List<NodeStatus> nodes, List<ServerStatus> virtualServers, List<HistoryEntry> events) {

    /// @param coordinator the node that leads the cluster group, `""` while none is known
    /// @param note see [Warrant#note]
    public record ClusterStatus(
            String name, String id, long imageVersion, String coordinator, QuorumStatus quorum, String note) {}

    /// @param voters of the cluster group
    /// @param needed for a majority
    public record QuorumStatus(int voters, int alive, int needed, boolean held) {}

    /// @param pid of its process; 0 while it does not answer
    /// @param duty what an operator lets it do
    /// @param votes in the cluster group
    /// @param witness whether it votes and keeps logs, and hosts nothing
    public record NodeStatus(
            String name,
            NodeState state,
            NodeDuty duty,
            long pid,
            String address,
            boolean votes,
            int incarnation,
            String reason,
            boolean witness) {}

    /// @param storage name of its storage group, that which it was created with: of folders, and in nodes' logs
    /// @param heir `""` for none
    /// @param epoch `""` before it was first opened
    /// @param reason why it is in that state, or why it does not survive the loss of its owner
    /// @param move node that it is being moved to; `""` for none
    /// @param change what its replicas are being changed to; `""` for nothing
    /// @param replicas none in shared mode
    /// @param shared where its mail is in shared mode, and what is declared of it
    public record ServerStatus(
            String name,
            String storage,
            GroupState state,
            String owner,
            String heir,
            String epoch,
            String reason,
            boolean survivesOwnerLoss,
            String move,
            String change,
            List<ResourceStatus> resources,
            List<ReplicaStatus> replicas,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) Optional<SharedStorage> shared) {}

    /// One resource of a virtual server.
    ///
    /// @param wanted whether it shall be online when its virtual server is
    public record ResourceStatus(String name, String type, boolean wanted, ResourceState state) {}

    /// @param role `leader`, `voter`, `witness`, `listener`, `adding`, `removing`, or `failed` if it is out of
    ///     service
    /// @param appliedIndex -1 while its node does not answer
    /// @param lag entries behind what the leader has committed; -1 if not known
    /// @param digest of its state at `digestIndex`, the newest index at which all that answer have one; `""`
    ///     if there is none
    /// @param keptEntries of a witness: entries in its log, mail among them; -1 if not known, or for others
    /// @param note `""`, or what is to be known besides
    public record ReplicaStatus(
            String node,
            int incarnation,
            String role,
            long appliedIndex,
            long lag,
            String digest,
            long digestIndex,
            long keptEntries,
            String note) {}

    /// The report as JSON.
    public byte[] json() {
        return Json.bytes(this);
    }
}
