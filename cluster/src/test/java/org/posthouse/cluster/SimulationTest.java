package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.posthouse.cluster.Mistakes.Bug;

/// Random deaths, returns, wiped folders, moves, nodes that join and leave, against the pure core; what must hold is
/// checked after every step. A failure names its seed; `-Dposthouse.seed=N` runs that one alone, `-Dposthouse.seeds=N`
/// N times as many.
class SimulationTest {
    private static final int FAULT_STEPS = 600;
    private static final int CALM_STEPS_MAX = 900;
    private static final int JOINING_MAX = 4;
    private static final int BUG_SEEDS_MAX = 60;

    /// Three hundred seeds in all: the core's fast own test. Many more, with messages, clocks and disks, are played by
    /// the module `sim`.
    @ParameterizedTest
    @CsvSource({"3, 2, 70", "4, 3, 100", "4, 4, 40", "5, 3, 60", "7, 4, 30"})
    void whateverHappensTheRulesHoldAndTheClusterRecovers(int nodes, int virtualServers, int seeds) {
        Long only = Long.getLong("posthouse.seed");
        long first = only == null ? 0 : only;
        long end = only == null ? (long) seeds * Integer.getInteger("posthouse.seeds", 1) : only + 1;
        LongStream.range(first, end).parallel().forEach(seed -> {
            try {
                run(seed, nodes, virtualServers, EnumSet.noneOf(Bug.class));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "seed " + seed + ", " + nodes + " nodes, " + virtualServers + " virtual servers", e);
            }
        });
    }

    /// What the simulation says of each mistake, when it is made on purpose.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        WIPED_NODE_VOTES    | elected .* without \\d+ entries
        OPENS_UNPERMITTED   | opens vs\\d without permission
        HEIR_WITHOUT_ROOM   | HEIR_HAS_ROOM does not hold
        VOTE_BEFORE_FILLED  | elected .* without \\d+ entries
        FAILS_BACK_UNASKED  | nothing moves unasked, HEIR_HAS_ROOM does not hold
        WITHDRAWS_ONE_VOTE  | ODD_VOTES does not hold
        OVERLOOKS_OPENS     | decided again
        DECIDES_BY_CHANCE   | decided again
        """)
    void everyMistakeMadeOnPurposeIsCaught(Bug bug, String said) {
        List<String> complaints = new ArrayList<>();
        for (long seed = 0; seed < BUG_SEEDS_MAX; seed++) {
            try {
                run(seed, 4, 3, EnumSet.of(bug));
            } catch (AssertionError e) {
                complaints.add(e.getMessage().lines().findFirst().orElse(""));
                if (Stream.of(said.split(", ")).anyMatch(one -> Pattern.compile(one, Pattern.DOTALL)
                        .matcher(e.getMessage())
                        .find())) {
                    return;
                }
            }
        }
        fail("not caught as it should be in " + BUG_SEEDS_MAX + " seeds; what was said: " + complaints);
    }

    private static void run(long seed, int nodes, int virtualServers, EnumSet<Bug> bugs) {
        ModelCluster cluster = new ModelCluster(seed, nodes, virtualServers);
        cluster.mistakes.make(bugs);
        RandomGenerator faults = new java.util.Random(seed * 31 + 7);
        ClusterImage before = cluster.image;
        for (int step = 0; step < FAULT_STEPS; step++) {
            disturb(cluster, faults, nodes);
            cluster.step();
            Invariants.checkAll(cluster, before);
            before = cluster.image;
        }
        cluster.nodes.values().stream().filter(node -> !node.alive).forEach(node -> cluster.start(node.name, false));
        int calm = 0;
        // Heartbeats are up to a second old: what looks whole must do so for longer.
        for (int wholeFor = 0; wholeFor < 15; wholeFor = whole(cluster) ? wholeFor + 1 : 0) {
            if (++calm > CALM_STEPS_MAX) {
                fail("not whole after " + CALM_STEPS_MAX + " calm steps: " + story(cluster));
            }
            cluster.step();
            Invariants.checkAll(cluster, before);
            before = cluster.image;
        }
        Map<String, OpenEpoch> epochs = epochs(cluster);
        for (int step = 0; step < 150; step++) {
            cluster.step();
            Invariants.checkAll(cluster, before);
            before = cluster.image;
        }
        assertThat(epochs(cluster))
                .as("nothing moves unasked: " + story(cluster))
                .isEqualTo(epochs);
        for (ModelCluster.Kept kept : cluster.kept) {
            assertThat(Coordinator.decide(kept.image(), kept.command(), kept.now()))
                    .as("what was decided is decided again")
                    .isEqualTo(kept.decision());
        }
    }

    private static void disturb(ModelCluster cluster, RandomGenerator faults, int nodes) {
        List<String> names = new ArrayList<>(cluster.nodes.keySet());
        String name = names.get(faults.nextInt(names.size()));
        ModelCluster.ModelNode node = cluster.nodes.get(name);
        int dice = faults.nextInt(100);
        if (dice < 2 && node.alive) {
            cluster.kill(name);
        } else if (dice < 8 && !node.alive) {
            // Losing a disk is survived one at a time: never while another replica is away or being filled.
            boolean wipe = faults.nextInt(3) == 0
                    && (cluster.mistakes.made(Bug.WIPED_NODE_VOTES) || othersWhole(cluster, name));
            cluster.start(name, wipe);
            if (!wipe && faults.nextInt(6) == 0 && othersWhole(cluster, name)) {
                List<String> groups =
                        new ArrayList<>(cluster.image.virtualServers().keySet());
                cluster.damage(name, groups.get(faults.nextInt(groups.size())));
            }
        } else if (dice == 8) {
            List<String> servers =
                    new ArrayList<>(cluster.image.virtualServers().keySet());
            cluster.submit(new Command.Move(servers.get(faults.nextInt(servers.size())), name));
        } else if (dice == 9 && faults.nextInt(8) == 0) {
            names.forEach(cluster::kill);
        } else if (dice == 10 && faults.nextInt(10) == 0 && names.size() < nodes + JOINING_MAX) {
            String joining = "x" + names.size();
            cluster.install(joining);
            cluster.submit(ModelCluster.adding(joining));
        } else if (dice == 11 && faults.nextInt(6) == 0 && Quorum.members(cluster.image) > nodes) {
            cluster.submit(new Command.EvictNode(name));
        }
    }

    private static boolean othersWhole(ModelCluster cluster, String wiped) {
        for (ModelGroup group : cluster.groups.values()) {
            boolean formed = group.name.equals(ClusterImage.CLUSTER_GROUP)
                    || cluster.image.virtualServers().get(group.name).formed();
            boolean settled =
                    cluster.image.replicas(group.name).orElseThrow().change().isEmpty();
            long voters = group.config.stream().filter(Seat::votes).count();
            long current = group.config.stream()
                    .filter(seat -> seat.votes() && !seat.node().equals(wiped))
                    .filter(seat -> cluster.nodes.get(seat.node()).alive
                            && group.members.containsKey(ModelCluster.key(seat))
                            && group.members.get(ModelCluster.key(seat)).stored >= group.committed)
                    .count();
            if (!formed || !settled || current < Quorum.needed((int) voters)) {
                return false;
            }
        }
        return true;
    }

    private static boolean whole(ModelCluster cluster) {
        if (cluster.coordinator().isEmpty()) {
            return false;
        }
        for (VirtualServer server : cluster.image.virtualServers().values()) {
            if (server.state() != GroupState.ONLINE
                    || server.move().isPresent()
                    || server.replicas().change().isPresent()
                    || !Survival.of(cluster.image, cluster.facts(), server.name())
                            .survives()) {
                return false;
            }
        }
        return cluster.image.nodes().values().stream().allMatch(node -> node.up() && node.stays())
                && cluster.image.clusterGroup().change().isEmpty();
    }

    private static Map<String, OpenEpoch> epochs(ModelCluster cluster) {
        Map<String, OpenEpoch> epochs = new TreeMap<>();
        cluster.groups.values().forEach(group -> epochs.put(group.name, group.epoch));
        return epochs;
    }

    private static String story(ModelCluster cluster) {
        StringBuilder story = new StringBuilder();
        story.append("\n").append(cluster.image.clusterGroup()).append(" in force ");
        story.append(cluster.groups.get(ClusterImage.CLUSTER_GROUP).config);
        cluster.image.nodes().values().forEach(node -> story.append("\n").append(node));
        cluster.image.virtualServers().values().forEach(server -> story.append("\n")
                .append(server)
                .append("\n   ")
                .append(Survival.of(cluster.image, cluster.facts(), server.name())));
        List<HistoryEntry> history = cluster.image.history();
        history.subList(Math.max(0, history.size() - 40), history.size())
                .forEach(entry ->
                        story.append("\n").append(entry.at()).append(" ").append(entry.text()));
        return story.toString();
    }
}
