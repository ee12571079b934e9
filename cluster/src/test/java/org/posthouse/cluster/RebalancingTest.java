package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.posthouse.cluster.Rebalancing.OwnerStep;
import org.posthouse.cluster.Rebalancing.ReplicaStep;
import org.posthouse.cluster.Rebalancing.Step;

/// Plans to move things, and replicas that are moved.
class RebalancingTest extends ModelStories {

    private void begin(int nodes, int virtualServers, String room) {
        cluster = new ModelCluster(3, nodes, virtualServers);
        steps(200);
        cluster.image
                .virtualServers()
                .keySet()
                .forEach(name -> cluster.accepted(new Command.SetGroupProperty(name, "room", room)));
        steps(50);
    }

    private boolean settled() {
        return cluster.image.virtualServers().values().stream()
                .allMatch(server ->
                        server.replicas().change().isEmpty() && server.move().isEmpty() && survives(server.name()));
    }

    private void join(String name) {
        cluster.install(name);
        cluster.accepted(ModelCluster.adding(name));
        await(name + " takes part", 200, () -> cluster.image.nodes().get(name).up() && settled());
    }

    /// Carries plans out until there is nothing left to do.
    private List<Step> carriedOut() {
        List<Step> done = new ArrayList<>();
        for (List<Step> plan = Rebalancing.plan(cluster.image);
                !plan.isEmpty();
                plan = Rebalancing.plan(cluster.image)) {
            Step step = plan.getFirst();
            cluster.accepted(
                    switch (step) {
                        case OwnerStep owner -> new Command.Move(owner.virtualServer(), owner.to());
                        case ReplicaStep replica ->
                            new Command.MoveReplica(replica.virtualServer(), replica.from(), replica.to());
                    });
            await(step + " is done", 300, this::settled);
            done.add(step);
            assertThat(done).hasSizeLessThan(50);
        }
        return done;
    }

    private long spread(ToLongFunction<String> count) {
        var counts = cluster.image.nodes().keySet().stream().mapToLong(count).summaryStatistics();
        return counts.getMax() - counts.getMin();
    }

    private long owned(String node) {
        return cluster.image.ownedBy(node).size();
    }

    @Test
    void aSampleClusterIsBalanced() {
        begin(4, 3, "one-per-node");
        assertThat(Rebalancing.plan(cluster.image).stream().filter(step -> step instanceof OwnerStep))
                .isEmpty();
    }

    @Test
    void newNodesGetTheirShareOfOwnersAndReplicas() {
        begin(3, 6, "stack 6");
        join("n4");
        join("n5");
        assertThat(owned("n4") + owned("n5")).isZero();
        List<Step> done = carriedOut();
        assertThat(done).isNotEmpty();
        assertThat(spread(this::owned)).as(done.toString()).isLessThan(2);
        assertThat(spread(node -> Placement.load(cluster.image, node)))
                .as(done.toString())
                .isLessThan(2);
    }

    /// vs3 failed over to n4 and its node is back: it goes home, because nothing is less level for it.
    @Test
    void preferredOwnersGetTheirsBack() {
        begin(4, 3, "one-per-node");
        String home = server("vs3").permission().owner();
        cluster.kill(home);
        await(
                "vs3 elsewhere",
                100,
                () -> !server("vs3").permission().owner().equals(home)
                        && server("vs3").state() == GroupState.ONLINE);
        cluster.start(home, false);
        await("all as before", 300, this::settled);
        assertThat(server("vs3").permission().owner()).isNotEqualTo(home);
        assertThat(Rebalancing.plan(cluster.image)).first().isInstanceOfSatisfying(OwnerStep.class, step -> assertThat(
                        step.virtualServer() + " " + step.to())
                .isEqualTo("vs3 " + home));
        carriedOut();
        assertThat(server("vs3").permission().owner()).isEqualTo(home);
    }

    @Test
    void ofThoseThatCouldGoTheOneGoesThatPrefersIt() {
        begin(3, 6, "stack 6");
        join("n4");
        String from = server("vs1").permission().owner();
        String second = cluster.image.ownedBy(from).lastKey();
        cluster.accepted(new Command.SetGroupProperty(second, "preferred-owners", "n4," + from));
        steps(20);
        assertThat(Rebalancing.plan(cluster.image).getFirst().virtualServer()).isEqualTo(second);
    }

    @Test
    void whereNoNodeHasRoomNothingMoves() {
        begin(3, 3, "one-per-node");
        cluster.accepted(new Command.SetGroupProperty("vs1", "preferred-owners", "n2"));
        steps(20);
        assertThat(Rebalancing.plan(cluster.image)).isEmpty();
    }

    @Test
    void whatWouldEndangerAVirtualServerIsRefused() {
        begin(4, 1, "one-per-node");
        VirtualServer vs1 = server("vs1");
        String owner = vs1.permission().owner();
        String heir = vs1.permission().heir().orElseThrow();
        String third = vs1.replicas().voters().stream()
                .map(Replica::node)
                .filter(node -> !node.equals(owner) && !node.equals(heir))
                .findFirst()
                .orElseThrow();
        String free = cluster.image.nodes().keySet().stream()
                .filter(node -> !vs1.replicas().on(node))
                .findFirst()
                .orElseThrow();
        cluster.refused(new Command.MoveReplica("vs9", third, free), "no virtual server 'vs9'");
        cluster.refused(new Command.MoveReplica("vs1", free, third), free + " holds no replica of vs1");
        cluster.refused(new Command.MoveReplica("vs1", owner, free), owner + " owns vs1");
        cluster.refused(new Command.MoveReplica("vs1", heir, free), heir + " is the heir of vs1");
        cluster.refused(new Command.MoveReplica("vs1", third, heir), heir + " holds a replica of vs1 already");
        cluster.refused(new Command.MoveReplica("vs1", third, "n9"), "no node 'n9'");
        cluster.accepted(new Command.SetNodeDuty(free, NodeDuty.PAUSED));
        cluster.refused(new Command.MoveReplica("vs1", third, free), "node " + free + " is paused");
        cluster.accepted(new Command.SetNodeDuty(free, NodeDuty.ACTIVE));
        cluster.kill(third);
        await(third + " down", 30, () -> !cluster.image.nodes().get(third).up());
        cluster.accepted(new Command.MoveReplica("vs1", third, free));
        cluster.refused(new Command.MoveReplica("vs1", third, free), "changes its replicas already");
        await(
                "it has moved off a lost node",
                300,
                () -> server("vs1").replicas().on(free)
                        && server("vs1").replicas().change().isEmpty());
        assertThat(server("vs1").replicas().on(third)).isFalse();
    }

    @Test
    void aReplicaIsNotMovedWhileAnotherIsAway() {
        begin(4, 1, "one-per-node");
        String heir = server("vs1").permission().heir().orElseThrow();
        String third = server("vs1").replicas().voters().stream()
                .map(Replica::node)
                .filter(node -> !node.equals(heir)
                        && !node.equals(server("vs1").permission().owner()))
                .findFirst()
                .orElseThrow();
        String free = cluster.image.nodes().keySet().stream()
                .filter(node -> !server("vs1").replicas().on(node))
                .findFirst()
                .orElseThrow();
        Command move = new Command.MoveReplica("vs1", third, free);
        assertThat(Coordinator.decide(cluster.image, move, cluster.now).reply().accepted())
                .isTrue();
        ClusterImage away = cluster.image.with(
                new Event.ReplicaLost("vs1", heir, 1, "it is damaged"), cluster.image.version() + 1, cluster.now);
        assertThat(Coordinator.decide(away, move, cluster.now).reply().message())
                .contains("the replica of vs1 on " + heir + " is away: nothing is moved before it is back");
    }
}
