package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Random deaths, returns, wiped folders and moves against the pure core; what must hold is checked after every step.
/// A failure names its seed; `-Dposthouse.seed=N` runs that one alone, `-Dposthouse.seeds=N` N times as many.
class SimulationTest {
    private static final int FAULT_STEPS = 600;
    private static final int CALM_STEPS_MAX = 600;

    @ParameterizedTest
    @CsvSource({"3, 2, 40", "4, 3, 60", "4, 4, 20", "5, 3, 30", "7, 4, 10"})
    void whateverHappensTheRulesHoldAndTheClusterRecovers(int nodes, int virtualServers, int seeds) {
        Long only = Long.getLong("posthouse.seed");
        long first = only == null ? 0 : only;
        long end = only == null ? (long) seeds * Integer.getInteger("posthouse.seeds", 1) : only + 1;
        for (long seed = first; seed < end; seed++) {
            try {
                run(seed, nodes, virtualServers);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "seed " + seed + ", " + nodes + " nodes, " + virtualServers + " virtual servers", e);
            }
        }
    }

    @Test
    void aPlantedBugIsCaught() {
        // A wiped replica that votes under its old id: the simulation must see what Raft would lose by it.
        ModelCluster cluster = new ModelCluster(1, 3, 1);
        for (int step = 0; step < 100; step++) {
            cluster.step();
        }
        ModelCluster.ModelGroup group = cluster.groups.get("vs1");
        cluster.kill("n1");
        group.members.get("n2.1").stored = 0;
        group.members.get("n3.1").stored = 0;
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> {
                    for (int step = 0; step < 100; step++) {
                        cluster.step();
                    }
                }))
                .hasMessageContaining("without");
    }

    private static void run(long seed, int nodes, int virtualServers) {
        ModelCluster cluster = new ModelCluster(seed, nodes, virtualServers);
        RandomGenerator faults = new java.util.Random(seed * 31 + 7);
        ClusterImage before = cluster.image;
        for (int step = 0; step < FAULT_STEPS; step++) {
            disturb(cluster, faults);
            cluster.step();
            check(cluster, before);
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
            check(cluster, before);
            before = cluster.image;
        }
        Map<String, OpenEpoch> epochs = epochs(cluster);
        for (int step = 0; step < 150; step++) {
            cluster.step();
            check(cluster, before);
            before = cluster.image;
        }
        assertThat(epochs(cluster))
                .as("nothing moves unasked: " + story(cluster))
                .isEqualTo(epochs);
        for (ModelCluster.Kept kept : cluster.kept) {
            assertThat(Coordinator.decide(kept.image(), kept.command(), kept.now()))
                    .isEqualTo(kept.decision());
        }
    }

    private static void disturb(ModelCluster cluster, RandomGenerator faults) {
        List<String> names = new ArrayList<>(cluster.nodes.keySet());
        String name = names.get(faults.nextInt(names.size()));
        ModelCluster.ModelNode node = cluster.nodes.get(name);
        int dice = faults.nextInt(100);
        if (dice < 2 && node.alive) {
            cluster.kill(name);
        } else if (dice < 8 && !node.alive) {
            // Losing a disk is survived one at a time: never while another replica is away or being filled.
            boolean wipe = faults.nextInt(3) == 0 && othersWhole(cluster, name);
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
        }
    }

    private static boolean othersWhole(ModelCluster cluster, String wiped) {
        for (ModelCluster.ModelGroup group : cluster.groups.values()) {
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
        return cluster.image.nodes().values().stream().allMatch(Node::up)
                && cluster.image.clusterGroup().change().isEmpty();
    }

    private static Map<String, OpenEpoch> epochs(ModelCluster cluster) {
        Map<String, OpenEpoch> epochs = new TreeMap<>();
        cluster.groups.values().forEach(group -> epochs.put(group.name, group.epoch));
        return epochs;
    }

    private static String story(ModelCluster cluster) {
        StringBuilder story = new StringBuilder();
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

    private static void check(ModelCluster cluster, ClusterImage before) {
        ClusterImage image = cluster.image;
        for (VirtualServer server : image.virtualServers().values()) {
            String owner = server.permission().owner();
            server.permission().heir().ifPresent(heir -> {
                assertThat(heir).isNotEqualTo(owner);
                if (server.formed() && image.version() != before.version()) {
                    assertThat(Room.on(image, heir, server))
                            .as("room for " + server.name() + " at its heir " + heir + story(cluster))
                            .isTrue();
                }
            });
            int voters = server.replicas().voters().size();
            assertThat(voters).isEqualTo(Math.min(3, image.nodes().size()));
            assertThat(server.replicas().voters().stream().map(Replica::node).distinct())
                    .as("replicas on different nodes")
                    .hasSize(voters);
        }
        for (ModelCluster.ModelNode node : cluster.nodes.values()) {
            List<VirtualServer> open = cluster.groups.values().stream()
                    .filter(group -> group.openOn.equals(node.name))
                    .map(group -> image.virtualServers().get(group.name))
                    .toList();
            if (!open.isEmpty()) {
                assertThat(Room.among(open, open.getFirst()))
                        .as("room on " + node.name + " for all of " + open)
                        .isTrue();
            }
        }
    }
}
