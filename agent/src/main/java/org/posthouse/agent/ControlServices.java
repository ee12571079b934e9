package org.posthouse.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
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

    private ControlServices() {}

    static void register(LinkServices services, ClusterMember cluster, StatusGatherer status) {
        services.register(ClusterMember.SUBMIT, LinkServices::nodesAndOperators, new LinkService() {
            @Override
            public byte[] call(Link from, Opening head, byte[] request) throws IOException {
                return submit(cluster, from, head, request);
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

    private static byte[] submit(ClusterMember cluster, Link from, Opening head, byte[] request) throws IOException {
        String theirs = head.fields().getOrDefault(Pulse.CLUSTER_FIELD, cluster.clusterId());
        if (!theirs.equals(cluster.clusterId())) {
            throw new IOException(from.peer() + " is in the cluster with id " + theirs + ", this node in "
                    + cluster.clusterId() + ": one of them was left behind when the cluster was recovered");
        }
        Command command = Json.read(request, Command.class);
        if (!allowed(command, from.peer())) {
            throw new IOException(from.peer() + " may not give this command");
        }
        String hops = head.fields().get(ClusterMember.HOPS_FIELD);
        return Json.bytes(
                hops == null
                        ? cluster.submit(command, deadline(head))
                        : cluster.submitOnce(command, Integer.parseInt(hops), HOP_MAX));
    }

    /// What a node says of itself only that node, or one that passes it on, may say; ticks come from nobody.
    private static boolean allowed(Command command, String peer) {
        return switch (command) {
            case Command.Tick tick -> false;
            case Command.CreateCluster create -> false;
            case Command.NoteCertificates note -> false;
            case Command.RejoinNode rejoin -> LinkServices.nodes(peer);
            case Command.ReportLost lost -> LinkServices.nodes(peer);
            case Command.GiveUpMove giveUp -> LinkServices.nodes(peer);
            case Command.ReportUnable unable -> LinkServices.nodes(peer);
            case Command.Move move -> true;
            case Command.MoveReplica move -> true;
            case Command.ReportPutAside report -> LinkServices.nodes(peer);
            case Command.CreateGroup create -> true;
            case Command.DeleteGroup delete -> true;
            case Command.RenameGroup rename -> true;
            case Command.SetGroupWanted set -> true;
            case Command.SetGroupProperty set -> true;
            case Command.SetResourceWanted set -> true;
            case Command.SetResourceProperty set -> true;
            case Command.FailResource fail -> true;
            case Command.AddDependency add -> true;
            case Command.RemoveDependency remove -> true;
            case Command.CreateResource create -> true;
            case Command.DeleteResource delete -> true;
            case Command.RenameResource rename -> true;
            case Command.AddPossibleOwner add -> true;
            case Command.RemovePossibleOwner remove -> true;
            case Command.DeclareTypes declare -> LinkServices.nodes(peer);
            case Command.SetNodeDuty set -> true;
            case Command.AddNode add -> true;
            case Command.EvictNode evict -> true;
            case Command.WriteOffNode writeOff -> true;
            case Command.AddDomain add -> true;
            case Command.RemoveDomain remove -> true;
            case Command.AddUser add -> true;
            case Command.RemoveUser remove -> true;
            case Command.SetPassword set -> true;
            case Command.SetEnabled set -> true;
            case Command.SetQuota set -> true;
            case Command.AddAlias add -> true;
            case Command.RemoveAlias remove -> true;
            case Command.Request request -> allowed(request.command(), peer);
        };
    }

    private static Duration deadline(Opening head) {
        String millis = head.fields().get(DEADLINE_FIELD);
        Duration asked = millis == null ? HOP_MAX : Duration.ofMillis(Long.parseLong(millis));
        return asked.compareTo(DEADLINE_MAX) < 0 ? asked : DEADLINE_MAX;
    }
}
