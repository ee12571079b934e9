package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.NodeDecisions;
import org.posthouse.cluster.Seat;

/// One simulated cluster: its nodes, network and time, who watches it, and the one source of chance.
final class World {
    /// When a simulation begins, in milliseconds since 1970: some morning.
    static final long EPOCH_MILLIS = 1_700_000_000_000L;

    private static final String WITNESS = "w1";

    final Timeline time = new Timeline();
    final SplittableRandom random;
    final Network network;
    final SortedMap<String, SimNode> nodes = new TreeMap<>();
    final Story story;
    final Tally tally = new Tally();
    final Logs logs;
    final Stores stores;
    final Folders folders;
    final Images images;
    final Faults faults;
    final SharedFaults sharedFaults;
    final Clients clients;
    final Spoiler spoiler;
    /// The cluster as it was planned before any process started.
    final ClusterImage planned;
    final List<Seat> firstMembers;
    /// Whether the cluster has a witness.
    final boolean witnessed;
    /// What fails for good wherever it is brought online: `vs1/imap@n1`.
    final SortedSet<String> broken = new TreeSet<>();
    private final Set<Mistake> mistakes;
    private long numbers;

    /// @param mistakes to be made on purpose
    World(long seed, Size size, Set<Mistake> mistakes, Story story) {
        this.random = new SplittableRandom(seed);
        this.mistakes = mistakes;
        this.story = story;
        story.clock(time);
        network = new Network(this);
        logs = new Logs(this);
        stores = new Stores(this);
        folders = new Folders(this);
        images = new Images(this);
        faults = new Faults(this);
        sharedFaults = new SharedFaults(this, faults);
        clients = new Clients(this);
        spoiler = new Spoiler(this);
        planned = SharedPlan.of(plan(size), size.shared());
        planned.virtualServers().values().stream()
                .filter(server -> server.shared().isPresent())
                .forEach(server -> folders.add(server.name()));
        witnessed = size.witness();
        firstMembers = NodeDecisions.wanted(planned, ClusterImage.CLUSTER_GROUP, new TreeMap<>());
        planned.nodes().keySet().forEach(name -> nodes.put(name, new SimNode(this, name, new NodeDisk(true))));
    }

    /// How big a cluster is.
    ///
    /// @param witness whether it has a witness besides
    /// @param shared how many of the virtual servers are in shared mode: the first ones
    record Size(int nodes, int virtualServers, boolean witness, int shared) {
        Size(int nodes, int virtualServers) {
            this(nodes, virtualServers, false, 0);
        }

        Size(int nodes, int virtualServers, boolean witness) {
            this(nodes, virtualServers, witness, 0);
        }

        @Override
        public String toString() {
            return nodes + " nodes" + (witness ? " and a witness" : "") + ", " + virtualServers + " virtual servers"
                    + (shared > 0 ? ", " + shared + " of them shared" : "");
        }
    }

    private static ClusterImage plan(Size size) {
        List<FirstPlan.PlannedNode> members = new ArrayList<>();
        for (int node = 1; node <= size.nodes(); node++) {
            members.add(new FirstPlan.PlannedNode("n" + node, "n" + node + ".example.org", 7000, 7001, ""));
        }
        if (size.witness()) {
            members.add(new FirstPlan.PlannedNode(WITNESS, WITNESS + ".example.org", 7000, 7001, "", true));
        }
        List<FirstPlan.PlannedServer> servers = new ArrayList<>();
        for (int server = 1; server <= size.virtualServers(); server++) {
            servers.add(new FirstPlan.PlannedServer(
                    "vs" + server,
                    List.of(
                            new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of()),
                            new FirstPlan.PlannedResource(
                                    "attendant", "system-attendant", new TreeMap<>(), List.of("storage")),
                            new FirstPlan.PlannedResource("imap", "imap", new TreeMap<>(), List.of("attendant")),
                            new FirstPlan.PlannedResource("smtp", "smtp", new TreeMap<>(), List.of("attendant")))));
        }
        return new FirstPlan("00c0ffee", "simulated", members, servers, List.of("example.org")).image(EPOCH_MILLIS);
    }

    /// Whether a member is a witness'.
    boolean isWitness(Id member) {
        return witnessed && member.node().equals(WITNESS);
    }

    boolean makes(Mistake mistake) {
        return mistakes.contains(mistake);
    }

    /// Another number at each call.
    long number() {
        return ++numbers;
    }

    /// The node that coordinates, if one does; of several that believe so, the one of the highest term.
    Optional<SimNode> coordinator() {
        SimNode found = null;
        for (SimNode node : nodes.values()) {
            if (node.runs()
                    && node.agent().coordinating() != null
                    && (found == null
                            || node.agent().cluster().disk.term()
                                    > found.agent().cluster().disk.term())) {
                found = node;
            }
        }
        return Optional.ofNullable(found);
    }

    /// How every member of every group stands, in lines for people.
    List<String> standing() {
        List<String> lines = new ArrayList<>();
        for (SimNode node : nodes.values()) {
            lines.add(node + (node.runs() ? "" : " does not run") + " with image "
                    + (node.alive() ? node.agent().image().version() : "-"));
            if (node.alive()) {
                node.disk().groups.keySet().forEach(group -> {
                    RaftMember member = node.agent().member(group);
                    lines.add("  " + group + ": " + (member == null ? "not in service" : member.standing()));
                });
            }
        }
        folders.all().forEach(disk -> lines.add(disk.toString()));
        return lines;
    }
}
