package org.posthouse.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.ClusterRecovery;
import org.posthouse.cluster.Event;
import org.posthouse.cluster.Node;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.cluster.Witness;
import org.posthouse.mailstore.LogEntries;
import org.posthouse.replication.GroupName;
import org.posthouse.replication.Member;
import org.posthouse.replication.Position;
import org.posthouse.replication.Recovery;

/// What a stopped node holds of its cluster, and how it goes on alone when the others are lost for good.
///
/// [#prepare] makes everything beside what is there; [#commit] puts it in place and may be repeated until it has come
/// to its end. Between the two the caller notes down that a commit is under way. After it the node is one of the
/// cluster with the new id, and finds, in its logs, that it is alone: there is no instant at which it runs with half
/// of that.
public final class NodeRecovery {
    private static final String ASIDE = ".before-recovery";

    private final String node;
    private final Recovery recovery;
    private final ClusterImage image;
    private final SortedMap<String, Held> held = new TreeMap<>();
    private final SortedMap<String, String> damaged = new TreeMap<>();

    /// A replica of the cluster group (`cluster`) or of a virtual server, as it lies here.
    ///
    /// @param replica where its log ends, and what of it is known to be committed
    /// @param lastMillis when the newest entry in the log was proposed, by its leader's clock, Unix time; -1 for an
    ///     empty log
    /// @param newer entries that are not known to be committed here, though they may be: all of them are kept
    /// @param filling whether it was only being filled, so that it may hold an older state than others
    public record Held(Recovery.Found replica, long lastMillis, int newer, boolean filling) {}

    private NodeRecovery(Path folder, UUID cluster, String node) throws IOException {
        this.node = node;
        this.recovery = new Recovery(folder.resolve("raft"), cluster);
        this.image = readCluster();
    }

    /// Reads what a stopped node holds; changes nothing.
    ///
    /// @param folder the node's own, see [NodeSettings#folder]
    /// @param cluster see [NodeSettings#clusterId]
    /// @throws IOException if a process has it open, or it has no usable replica of the cluster group
    public static NodeRecovery look(Path folder, UUID cluster, String node) throws IOException {
        NodeRecovery found = new NodeRecovery(folder, cluster, node);
        if (!found.image.created()) {
            throw new IOException(
                    "the replica of the cluster group in " + folder + " is empty: recover from another node");
        }
        if (!found.image.nodes().containsKey(node)) {
            throw new IOException("as far as is known in " + folder + ", " + node + " is no member of the cluster, but "
                    + found.image.nodes().keySet());
        }
        if (Witness.is(found.image, node)) {
            throw new IOException(Witness.noRecovery(node));
        }
        for (String server : found.image.virtualServers().keySet()) {
            found.readServer(server);
        }
        return found;
    }

    /// The newest image here.
    public ClusterImage image() {
        return image;
    }

    /// Replicas that can be gone on with, by group, that of the cluster group among them.
    public SortedMap<String, Held> held() {
        return held;
    }

    private record Read(Position position, byte[] content) {}

    private ClusterImage readCluster() throws IOException {
        GroupName group = ClusterMember.GROUP;
        recovery.requireStopped(group);
        List<Read> entries = new ArrayList<>();
        Recovery.Found found = recovery.look(group, (position, content) -> {
            byte[] bytes = new byte[content.remaining()];
            content.get(bytes);
            entries.add(new Read(position, bytes));
        });
        ClusterReplica replica = new ClusterReplica();
        if (found.snapshot().isPresent()) {
            replica.restore(
                    found.snapshot().get().folder(), found.snapshot().get().position());
        }
        long last = -1;
        int newer = 0;
        for (Read entry : entries) {
            if (entry.position().index() > replica.applied().index()) {
                byte[] _ = replica.apply(entry.position(), ByteBuffer.wrap(entry.content()));
            }
            last = Json.read(entry.content(), Change.class).at();
            newer += entry.position().index() > found.committed() ? 1 : 0;
        }
        held.put(group.value(), new Held(found, last, newer, false));
        return replica.image();
    }

    private void readServer(String server) throws IOException {
        GroupName group = new GroupName(server);
        if (!recovery.groups().contains(group)) {
            return;
        }
        recovery.requireStopped(group);
        try {
            long[] last = {-1};
            int[] newer = {0};
            List<Long> positions = new ArrayList<>();
            Recovery.Found found = recovery.look(group, (position, content) -> {
                last[0] = LogEntries.timeMillis(content);
                positions.add(position.index());
            });
            positions.forEach(index -> newer[0] += index > found.committed() ? 1 : 0);
            if (found.last().index() < 0) {
                damaged.put(server, "it is empty: it was never filled");
                return;
            }
            boolean votes = found.members().stream()
                    .anyMatch(member -> member.id().equals(found.self()) && member.role() == Member.Role.VOTER);
            held.put(server, new Held(found, last[0], newer[0], !votes));
        } catch (IOException | IllegalArgumentException e) {
            damaged.put(server, e.getMessage());
        }
    }

    /// Virtual servers that would be left without any replica.
    public SortedSet<String> lost() {
        SortedSet<String> lost = new TreeSet<>();
        for (VirtualServer server : image.virtualServers().values()) {
            if (!held.containsKey(server.name())) {
                lost.add(server.name());
            }
        }
        return lost;
    }

    /// Makes the new groups' files beside the old ones, which go on counting. May be repeated.
    ///
    /// @param successor id of the new cluster
    /// @param reason for the history
    /// @param now milliseconds since 1970
    public void prepare(UUID successor, String reason, long now) throws IOException {
        SortedMap<String, Integer> incarnations = new TreeMap<>();
        held.forEach((group, replica) ->
                incarnations.put(group, replica.replica().self().incarnation()));
        int own = incarnations.remove(ClusterImage.CLUSTER_GROUP);
        var event = new Event.Recovered(successor.toString(), node, own, incarnations, reason);
        Change change = ClusterRecovery.plan(image, event, now);
        for (var each : held.entrySet()) {
            boolean clusterGroup = each.getKey().equals(ClusterImage.CLUSTER_GROUP);
            byte[] entry = clusterGroup ? Json.bytes(change) : LogEntries.recovered(now);
            Node self = image.nodes().get(node);
            Member alone = new Member(
                    each.getValue().replica().self(),
                    self.host(),
                    self.replicationPort(),
                    Member.Role.VOTER,
                    clusterGroup ? 0 : 1);
            recovery.prepare(new GroupName(each.getKey()), successor, alone, List.of(entry));
        }
    }

    /// Puts what was prepared in place. May be repeated, and has to be after a crash in the middle.
    ///
    /// @param folder the node's own
    /// @param cluster the old cluster's id
    /// @param groups what [#held] named when it was prepared
    /// @param lost what [#lost] named: whatever lies here of those is set aside, for somebody to read
    public static void commit(Path folder, UUID cluster, UUID successor, Iterable<String> groups, Iterable<String> lost)
            throws IOException {
        Recovery recovery = new Recovery(folder.resolve("raft"), cluster);
        for (String group : groups) {
            recovery.commit(new GroupName(group), successor);
        }
        // The node deletes what the image does not want it to have.
        for (String server : lost) {
            setAside(folder.resolve("raft").resolve(server));
            setAside(folder.resolve("store").resolve(server));
        }
    }

    private static void setAside(Path path) throws IOException {
        if (Files.notExists(path)) {
            return;
        }
        Path aside = path.resolveSibling(path.getFileName() + ASIDE);
        for (int n = 2; Files.exists(aside); n++) {
            aside = path.resolveSibling(path.getFileName() + ASIDE + "-" + n);
        }
        Files.move(path, aside, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Why a virtual server's replica here cannot be gone on with, if there is one that cannot.
    public Optional<String> unusable(String server) {
        return Optional.ofNullable(damaged.get(server));
    }

    /// Whether a folder holds a node that has ever taken part in a cluster.
    public static boolean isThere(Path folder) {
        return Files.exists(folder.resolve("raft").resolve(ClusterImage.CLUSTER_GROUP));
    }
}
