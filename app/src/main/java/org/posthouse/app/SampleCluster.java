package org.posthouse.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.FirstPlan.PlannedNode;

/// A sample cluster: all nodes and front ends on this machine, each a process with a loopback address of its own.
/// Kept in `DIR/cluster.json`; everything else about its layout follows from these few numbers.
///
/// @param name for people
/// @param id of the cluster; Raft groups are named after it
/// @param createdMillis since 1970, when it was planned
/// @param basePort first of its ports
/// @param nodes how many there have been: `n1`, `n2`, ...; node *k* binds on 127.0.0.(10+k)
/// @param virtualServers how many: `vs1`, `vs2`, ...
/// @param frontEnds how many: `f1`, `f2`, ..., on 127.0.0.1
/// @param users how many sample users were made: `user1@example.org`, ...
/// @param evicted nodes that have left the cluster
/// @param witnesses how many there have been: `w1`, ..., on 127.0.0.(60+k); one at a time
public record SampleCluster(
        String name,
        UUID id,
        long createdMillis,
        int basePort,
        int nodes,
        int virtualServers,
        int frontEnds,
        int users,
        List<String> evicted,
        int witnesses) {
    static final String DOMAIN = "example.org";
    static final String PASSWORD = "secret";
    static final String FILE = "cluster.json";
    static final int NODES_MAX = 40;
    static final int VIRTUAL_SERVERS_MAX = 40;

    private static final int NODE_ADDRESSES = 10;
    private static final int WITNESS_ADDRESSES = 60;
    private static final int PORTS_EACH = 1000;
    private static final int PORT_MAX = 65_535;
    private static final int RAFT = 800;
    private static final int LINK = 801;
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /// Ports on which clients are served; 0 for none.
    public record ClientPorts(int smtp, int submission, int imap, int imaps) {
        static final ClientPorts NONE = new ClientPorts(0, 0, 0, 0);

        private boolean free(Set<Integer> taken) {
            return imaps <= PORT_MAX
                    && List.of(smtp, submission, imap, imaps).stream().noneMatch(taken::contains);
        }
    }

    /// One that never had a witness.
    public SampleCluster(
            String name,
            UUID id,
            long createdMillis,
            int basePort,
            int nodes,
            int virtualServers,
            int frontEnds,
            int users,
            List<String> evicted) {
        this(name, id, createdMillis, basePort, nodes, virtualServers, frontEnds, users, evicted, 0);
    }

    /// Refuses what cannot be laid out, naming the option to change.
    ///
    /// @throws IllegalArgumentException if a number is out of its range
    public SampleCluster {
        evicted = evicted == null ? List.of() : List.copyOf(evicted); // a folder of an earlier release has none
        require(nodes >= 1 && nodes <= NODES_MAX, "--nodes must be from 1 to " + NODES_MAX);
        require(
                virtualServers >= 1 && virtualServers <= VIRTUAL_SERVERS_MAX,
                "--virtual-servers must be from 1 to " + VIRTUAL_SERVERS_MAX);
        require(frontEnds >= 0 && frontEnds <= VIRTUAL_SERVERS_MAX, "--front-ends must be from 0 to 40");
        require(users >= 0 && users <= 10_000, "--users must be from 0 to 10000");
        int last = basePort + (Math.max(virtualServers, frontEnds) - 1) * PORTS_EACH + 993;
        require(
                basePort >= 0 && Math.max(last, basePort + LINK) <= PORT_MAX,
                "--base-port " + basePort + " needs ports up to " + last + "; choose one that leaves room below "
                        + PORT_MAX);
    }

    /// The cluster that lies in a folder, if one does.
    static Optional<SampleCluster> load(Path dir) throws IOException {
        Path file = dir.resolve(FILE);
        return Files.exists(file) ? Optional.of(JSON.readValue(file.toFile(), SampleCluster.class)) : Optional.empty();
    }

    /// Writes `DIR/cluster.json`, the last step of making a cluster: a folder without it holds none.
    void save(Path dir) throws IOException {
        Path temporary = dir.resolve(FILE + ".new");
        JSON.writeValue(temporary.toFile(), this);
        Files.move(temporary, dir.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    /// `n1`, `n2`, ..., and `w1`, if there is a witness, but for those evicted.
    List<String> nodeNames() {
        return Stream.concat(names("n", nodes).stream(), names("w", witnesses).stream())
                .filter(node -> !evicted.contains(node))
                .toList();
    }

    /// The name that the next node to be added gets: no name is given twice.
    String nextNode() {
        return "n" + (nodes + 1);
    }

    /// The name that the next witness gets.
    String nextWitness() {
        return "w" + (witnesses + 1);
    }

    /// Whether a node is a witness.
    static boolean witness(String node) {
        return node.startsWith("w");
    }

    /// The same with one node more.
    SampleCluster withNextNode() {
        return new SampleCluster(
                name, id, createdMillis, basePort, nodes + 1, virtualServers, frontEnds, users, evicted, witnesses);
    }

    /// The same with a witness more.
    SampleCluster withNextWitness() {
        return new SampleCluster(
                name, id, createdMillis, basePort, nodes, virtualServers, frontEnds, users, evicted, witnesses + 1);
    }

    /// The same without a node.
    SampleCluster without(String node) {
        List<String> out = new ArrayList<>(evicted);
        out.add(node);
        return new SampleCluster(
                name, id, createdMillis, basePort, nodes, virtualServers, frontEnds, users, out, witnesses);
    }

    /// The same under another id with one node only, which has survived the others.
    SampleCluster recovered(UUID successor, String survivor) {
        List<String> out = new ArrayList<>(evicted);
        nodeNames().stream().filter(node -> !node.equals(survivor)).forEach(out::add);
        return new SampleCluster(
                name, successor, createdMillis, basePort, nodes, virtualServers, frontEnds, users, out, witnesses);
    }

    /// `vs1`, `vs2`, ...
    List<String> virtualServerNames() {
        return names("vs", virtualServers);
    }

    /// `f1`, `f2`, ...
    List<String> frontEndNames() {
        return names("f", frontEnds);
    }

    /// `user1@example.org`, ...
    List<String> userNames() {
        return IntStream.rangeClosed(1, users)
                .mapToObj(i -> "user" + i + "@" + DOMAIN)
                .toList();
    }

    /// The address on which a node binds.
    String nodeAddress(String node) {
        return "127.0.0." + ((witness(node) ? WITNESS_ADDRESSES : NODE_ADDRESSES) + number(node));
    }

    /// A node's port for replication.
    int raftPort() {
        return basePort + RAFT;
    }

    /// A node's port for links.
    int linkPort() {
        return basePort + LINK;
    }

    /// Ports of a virtual server, the same on every node, or of a front end.
    ClientPorts ports(String virtualServerOrFrontEnd) {
        int first = basePort + (number(virtualServerOrFrontEnd) - 1) * PORTS_EACH;
        return new ClientPorts(first + 25, first + 587, first + 143, first + 993);
    }

    /// Ports for a virtual server that is created later: those of its number, as in `vs4`, if they are free, else the
    /// first that are.
    ///
    /// @throws IOException if there are none
    ClientPorts freePorts(String virtualServer, Set<Integer> taken) throws IOException {
        List<String> names = new ArrayList<>(names("vs", VIRTUAL_SERVERS_MAX));
        if (names.remove(virtualServer)) {
            names.addFirst(virtualServer);
        }
        return names.stream()
                .map(this::ports)
                .filter(ports -> ports.free(taken))
                .findFirst()
                .orElseThrow(() -> new IOException("there are no more ports for a virtual server from " + basePort
                        + " on; say which, by --smtp-port and the like, or 0 for none"));
    }

    /// The cluster as its nodes form it, the same on each.
    FirstPlan plan() {
        return new FirstPlan(
                id.toString(),
                name,
                nodeNames().stream()
                        .map(node ->
                                new PlannedNode(node, nodeAddress(node), raftPort(), linkPort(), "", witness(node)))
                        .toList(),
                virtualServerNames().stream()
                        .map(server -> MailServices.planned(
                                server, DOMAIN, Optional.of(ports(server)), new TreeMap<>(), new TreeMap<>()))
                        .toList(),
                List.of(DOMAIN));
    }

    /// Whether more virtual servers were asked for than `one-per-node` could keep when a node is lost.
    boolean stacked() {
        return virtualServers > Math.max(1, nodes - 1);
    }

    /// The number in a sample name: 3 for `n3`.
    static int number(String name) {
        return Integer.parseInt(name.replaceFirst("^[a-z]+", ""));
    }

    private static List<String> names(String prefix, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> prefix + i).toList();
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
