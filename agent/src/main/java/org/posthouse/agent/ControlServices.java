package org.posthouse.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.TreeMap;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Reply;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.Opening;

/// The calls that an agent answers: `submit`, `image`, `status`.
final class ControlServices {
    static final String DEADLINE_FIELD = "deadline-millis";
    private static final Duration HOP_MAX = Duration.ofSeconds(3);
    private static final Duration DEADLINE_MAX = Duration.ofSeconds(60);
    private static final Duration VERSION_MAX = Duration.ofMillis(500);

    private static final String NOT_PLACED_HERE = "a third-party cluster service decides where this virtual server"
            + " runs, and whether it does: it is one process on one node here, so there are no other nodes, replicas or"
            + " virtual servers to move, make or take away. Ask that service (Pacemaker: 'crm_resource --move',"
            + " 'crm resource stop')";

    private ControlServices() {}

    /// @param warrant says who decides what runs where
    static void register(LinkServices services, ClusterMember cluster, StatusGatherer status, Warrant warrant) {
        services.register(ClusterMember.SUBMIT, LinkServices::nodesAndOperators, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) throws IOException {
                return submit(cluster, warrant, from, head, request);
            }
        });
        services.register(ClusterMember.IMAGE, LinkServices::nodesAndOperators, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) throws IOException {
                if (head.fields().containsKey(ClusterMember.VERSION_FIELD)) {
                    long version = cluster.confirmedVersion(VERSION_MAX);
                    return Long.toString(version).getBytes(StandardCharsets.US_ASCII);
                }
                ClusterImage image = cluster.linearizable(deadline(head));
                boolean operator = !LinkServices.nodes(from.peer());
                return Compressed.pack(Json.bytes(operator ? image.named() : image));
            }
        });
        services.register(StatusGatherer.KIND, LinkServices::everyone, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) throws IOException {
                return head.fields().containsKey(StatusGatherer.LOCAL_FIELD)
                        ? Json.bytes(status.local())
                        : Compressed.pack(status.gather().json());
            }
        });
    }

    private static byte[] submit(ClusterMember cluster, Warrant warrant, Link from, Opening head, byte[] request)
            throws IOException {
        String theirs = head.fields().getOrDefault(Pulse.CLUSTER_FIELD, cluster.clusterId());
        if (!theirs.equals(cluster.clusterId())) {
            throw new IOException(from.peer() + " is in the cluster with id " + theirs + ", this node in "
                    + cluster.clusterId() + ": one of them was left behind when the cluster was recovered");
        }
        Command command = Json.read(request, Command.class);
        if (!allowed(command, from.peer())) {
            throw new IOException(from.peer() + " may not give this command");
        }
        if (warrant.decider() == Warrant.Decider.OUTSIDE && origin(command) == Origin.PLACING_OPERATOR) {
            return Json.bytes(new Reply(false, NOT_PLACED_HERE, new TreeMap<>()));
        }
        String hops = head.fields().get(ClusterMember.HOPS_FIELD);
        return Json.bytes(
                hops == null
                        ? cluster.submit(command, deadline(head))
                        : cluster.submitOnce(command, Integer.parseInt(hops), HOP_MAX));
    }

    /// Whose to give a command is.
    private enum Origin {
        /// The coordinator's own.
        NOBODY,
        /// A node's, which says something of itself, or passes on what another one said.
        NODE,
        /// An operator's.
        OPERATOR,
        /// An operator's, where this cluster decides what runs where ([Warrant]).
        PLACING_OPERATOR
    }

    private static boolean allowed(Command command, String peer) {
        return switch (origin(command)) {
            case NOBODY -> false;
            case NODE -> LinkServices.nodes(peer);
            case OPERATOR, PLACING_OPERATOR -> true;
        };
    }

    private static Origin origin(Command command) {
        return switch (command) {
            case Command.Tick _, Command.CreateCluster _, Command.NoteCertificates _ -> Origin.NOBODY;
            case Command.RejoinNode _,
                    Command.ReportLost _,
                    Command.GiveUpMove _,
                    Command.ReportUnable _,
                    Command.ReportPutAside _,
                    Command.DeclareTypes _ -> Origin.NODE;
            case Command.Move _,
                    Command.MoveReplica _,
                    Command.CreateGroup _,
                    Command.DeleteGroup _,
                    Command.SetGroupWanted _,
                    Command.AddPossibleOwner _,
                    Command.RemovePossibleOwner _,
                    Command.SetNodeDuty _,
                    Command.AddNode _,
                    Command.EvictNode _,
                    Command.WriteOffNode _ -> Origin.PLACING_OPERATOR;
            case Command.RenameGroup _,
                    Command.SetGroupProperty _,
                    Command.SetResourceWanted _,
                    Command.SetResourceProperty _,
                    Command.FailResource _,
                    Command.AddDependency _,
                    Command.RemoveDependency _,
                    Command.CreateResource _,
                    Command.DeleteResource _,
                    Command.RenameResource _,
                    Command.AddDomain _,
                    Command.RemoveDomain _,
                    Command.AddUser _,
                    Command.RemoveUser _,
                    Command.SetPassword _,
                    Command.SetEnabled _,
                    Command.SetQuota _,
                    Command.AddAlias _,
                    Command.RemoveAlias _ -> Origin.OPERATOR;
            case Command.Request request -> origin(request.command());
        };
    }

    private static Duration deadline(Opening head) {
        String millis = head.fields().get(DEADLINE_FIELD);
        Duration asked = millis == null ? HOP_MAX : Duration.ofMillis(Long.parseLong(millis));
        return asked.compareTo(DEADLINE_MAX) < 0 ? asked : DEADLINE_MAX;
    }
}
