package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Two nodes and a witness, told in steps of 100 ms.
class WitnessStoriesTest extends ModelStories {
    private void begin(int virtualServers) {
        cluster = new ModelCluster(5, Plans.witnessed(2, virtualServers));
        steps(200);
    }

    private static Command.AddNode adding(String name) {
        return new Command.AddNode(name, name + ".example.org", 800, 801, "", true);
    }

    private List<String> holders(String server) {
        return server(server).replicas().voters().stream().map(Replica::node).toList();
    }

    private List<String> voters() {
        return cluster.image.clusterGroup().voters().stream().map(Replica::node).toList();
    }

    private boolean settled() {
        return cluster.image.clusterGroup().change().isEmpty()
                && cluster.image.virtualServers().values().stream()
                        .allMatch(server -> server.replicas().change().isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"n1", "n2", "w1"})
    void theLossOfAnyOneIsSurvived(String lost) {
        begin(1);
        assertThat(holders("vs1")).containsExactly("n1", "n2", "w1");
        assertThat(voters()).containsExactly("n1", "n2", "w1");
        assertThat(survives("vs1")).isTrue();

        cluster.kill(lost);
        await("it is online without " + lost, 60, () -> server("vs1").state() == GroupState.ONLINE);
        assertThat(server("vs1").permission().owner()).isIn("n1", "n2");
        steps(30);
        assertThat(survives("vs1")).as(survival("vs1").reason()).isFalse();

        cluster.start(lost, false);
        await("the next loss is survived", 200, () -> survives("vs1"));
        assertThat(holders("vs1")).containsExactly("n1", "n2", "w1");
        assertThat(server("vs1").permission().permits("w1")).isFalse();
    }

    @Test
    void aWipedWitnessJoinsAgainAndVotesOnceItIsFilled() {
        begin(2);
        cluster.kill("w1");
        steps(20);
        cluster.start("w1", true);
        await("it holds nothing under its old name", 60, () -> server("vs1").replicas().replicas().stream()
                .anyMatch(replica -> replica.node().equals("w1") && replica.incarnation() > 1));
        await("the next loss is survived", 300, () -> settled() && survives("vs1") && survives("vs2"));
        assertThat(holders("vs1")).containsExactly("n1", "n2", "w1");
    }

    @Test
    void aThirdNodeTakesItsPlaceAndGivesItBackWhenItLeaves() {
        begin(1);
        cluster.install("n3");
        cluster.accepted(ModelCluster.adding("n3"));
        await("three full replicas", 200, () -> holders("vs1").equals(List.of("n1", "n2", "n3")) && settled());
        assertThat(survives("vs1")).isTrue();
        cluster.accepted(new Command.EvictNode("n3"));
        await("n3 gone", 400, () -> !cluster.image.nodes().containsKey("n3") && settled());
        assertThat(holders("vs1")).containsExactly("n1", "n2", "w1");
        assertThat(voters()).containsExactly("n1", "n2", "w1");
        await("the next loss is survived", 100, () -> survives("vs1"));
    }

    @Test
    void oneNodeAWitnessAndThenASecondNode() {
        cluster = new ModelCluster(5, 1, 1);
        steps(100);
        cluster.install("w1");
        cluster.accepted(adding("w1"));
        await(
                "it follows the cluster group",
                100,
                () -> cluster.image.clusterGroup().on("w1") && settled());
        assertThat(holders("vs1")).as("of no use beside one").containsExactly("n1");
        assertThat(voters()).containsExactly("n1");
        cluster.install("n2");
        cluster.accepted(ModelCluster.adding("n2"));
        await(
                "two replicas and a third vote",
                200,
                () -> holders("vs1").equals(List.of("n1", "n2", "w1")) && settled());
        await("three votes", 100, () -> voters().equals(List.of("n1", "n2", "w1")));
        await("the loss of its owner survived", 100, () -> survives("vs1"));
    }

    @Test
    void whatIsRefusedSaysWhatWouldBeAllowed() {
        begin(1);
        cluster.refused(
                new Command.Move("vs1", "w1"), "w1 is a witness: it votes and keeps a log, and cannot take over");
        cluster.refused(new Command.MoveReplica("vs1", "n2", "w1"), "these nodes can: [n1, n2]");
        cluster.refused(new Command.MoveReplica("vs1", "w1", "n2"), "its vote goes by itself");
        cluster.refused(new Command.SetGroupProperty("vs1", "preferred-owners", "w1"), "w1 is a witness");
        cluster.refused(new Command.SetGroupProperty("vs1", "possible-owners", "n1,w1"), "w1 is a witness");
        cluster.refused(new Command.AddPossibleOwner("vs1", "imap", "w1"), "w1 is a witness");
        cluster.refused(new Command.SetNodeDuty("w1", NodeDuty.DRAINING), "hosts nothing");
        cluster.refused(adding("w2"), "one witness at most, and w1 is one");
        cluster.refused(new Command.EvictNode("w1"), "add another node first");
        cluster.refused(new Command.EvictNode("n2"), "add another node first");
        cluster.accepted(new Command.SetGroupProperty("vs1", "room", "stack 2"));
        cluster.image
                .nodes()
                .keySet()
                .forEach(node ->
                        cluster.accepted(new Command.DeclareTypes(node, List.of(ResourceTypeFacts.STORAGE_GROUP))));
        FirstPlan.PlannedServer vs2 = new FirstPlan.PlannedServer(
                "vs2", List.of(new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of())));
        cluster.refused(new Command.CreateGroup(vs2, new RoomPolicy(2), Optional.of("w1")), "w1 is a witness");
        cluster.accepted(new Command.CreateGroup(vs2, new RoomPolicy(2), Optional.empty()));
        assertThat(holders("vs2")).containsExactlyInAnyOrder("n1", "n2", "w1");
        assertThat(Rebalancing.plan(cluster.image)).allMatch(step -> !step.to().equals("w1"));
    }

    @Test
    void oneFullNodeIsNotEvictedAndAWitnessAloneIsNotRecovered() {
        cluster = new ModelCluster(5, 1, 1);
        steps(50);
        cluster.install("w1");
        cluster.accepted(adding("w1"));
        await("it follows", 100, () -> cluster.image.clusterGroup().on("w1") && settled());
        cluster.refused(new Command.EvictNode("n1"), "only node that is no witness");
        cluster.accepted(new Command.EvictNode("w1"));
        await("w1 gone", 100, () -> !cluster.image.nodes().containsKey("w1"));

        ClusterImage image = Plans.witnessed(2, 1);
        var alone = new Event.Recovered("id", "w1", 1, new TreeMap<>(), "a majority was lost");
        assertThatThrownBy(() -> ClusterRecovery.plan(image, alone, 0))
                .hasMessageContaining("w1 is a witness: it holds no mail");
        assertThatThrownBy(() -> new FirstPlan(
                        "00", "c", List.of(new FirstPlan.PlannedNode("w1", "h", 1, 2, "", true)), List.of(), List.of()))
                .hasMessageContaining("at least one node that is no witness");
    }

    @Test
    void aWitnessIsAddedOnlyWhereEveryNodeCanReadOfIt() {
        assertThat(new Event.NodeAdded(Plans.witnessed(2, 1).nodes().get("w1")).needsLevel())
                .isEqualTo(3);
        assertThat(new Event.NodeAdded(Plans.witnessed(2, 1).nodes().get("n1")).needsLevel())
                .isEqualTo(1);
    }

    // ---- the log

    @Test
    void itsVoteWaitsForReplicasThatHoldWhatItDoesNot() {
        begin(1);
        cluster.kill("w1");
        steps(20);
        cluster.start("w1", true);
        // The leader's log begins far behind: what the witness will never have, nobody is said to have either.
        for (int incarnation = 2; incarnation < 9; incarnation++) {
            cluster.snapshots.put("w1." + incarnation, Long.MAX_VALUE);
        }
        steps(300);
        assertThat(server("vs1").replicas().change().orElseThrow().step()).isEqualTo(ReplicaChange.Step.FILLING);
        cluster.snapshots.clear();
        await("its vote", 100, () -> settled() && survives("vs1"));
    }

    @Test
    void anHeirThatLacksWhatIsGoneFromTheWitnessLogDoesNotSurviveItsOwner() {
        begin(1);
        cluster.snapshots.put("w1.1", Long.MAX_VALUE);
        steps(5);
        assertThat(survival("vs1").reason()).contains("lacks what is gone from the log of the witness w1");
    }

    @Test
    void itIsSaidThatAReplicaWaitsForTheOtherOne() {
        ClusterImage image = Plans.witnessed(2, 1).with(new Event.NodeDown("n1", "not heard"), 2, 0);
        SortedMap<String, Facts.Heard> heard = new TreeMap<>();
        heard(Map.of("n2", 50L, "w1", 100L)).forEach((node, beat) -> heard.put(node, new Facts.Heard(0, beat)));
        VirtualServer server = image.virtualServers().get("vs1");
        StateJudgement judged = StateJudgement.of(image, new Facts(heard, 60_000, false), server, 0);
        assertThat(judged.state()).isEqualTo(GroupState.FAILED);
        assertThat(judged.reason())
                .isEqualTo(
                        "the replica on n2 lacks entries that the witness w1 does not have any more; it waits for one"
                                + " of [n1]");
    }

    @Test
    void itsLogGoesAsFarAsAllReplicasHaveSnapshotsThatWereEverTold() {
        ClusterImage image = Plans.witnessed(2, 1);
        Coverage coverage = new Coverage();
        assertThat(coverage.upto(image, "vs1", heard(Map.of("n1", 700L))))
                .as("n2 was never heard")
                .isEqualTo(new Coverage.Upto(0, 700));
        assertThat(coverage.upto(image, "vs1", heard(Map.of("n1", 700L, "n2", 400L))))
                .isEqualTo(new Coverage.Upto(400, 700));
        assertThat(coverage.upto(image, "vs1", heard(Map.of("n1", 900L))))
                .as("n2 is away, and has what it had")
                .isEqualTo(new Coverage.Upto(400, 900));
        assertThat(coverage.upto(image, "vs1", heard(Map.of()))).isEqualTo(new Coverage.Upto(400, 400));
        assertThat(coverage.upto(image, "vs9", heard(Map.of("n1", 1L)))).isEqualTo(Coverage.Upto.NONE);

        ClusterImage anew = image.with(
                new Event.ReplicaChangeStarted(
                        "vs1",
                        new Replica("n2", 2, Replica.Role.VOTER),
                        image.virtualServers().get("vs1").replicas().of("n2", 1),
                        "n2 was wiped"),
                2,
                0);
        ClusterImage promoted = anew.with(new Event.ReplicaPromoted("vs1"), 3, 0);
        ClusterImage done = promoted.with(new Event.ReplicaChangeDone("vs1"), 4, 0);
        assertThat(coverage.upto(done, "vs1", heard(Map.of("n1", 900L))).byAll())
                .as("another incarnation has told nothing yet")
                .isZero();
    }

    private static SortedMap<String, Facts.Heartbeat> heard(Map<String, Long> snapshots) {
        SortedMap<String, Facts.Heartbeat> peers = new TreeMap<>();
        snapshots.forEach((node, snapshot) -> peers.put(
                node,
                new Facts.Heartbeat(
                        node,
                        1,
                        1,
                        1,
                        new TreeMap<>(Map.of(
                                "vs1",
                                new Facts.Membership(
                                        1,
                                        false,
                                        Optional.empty(),
                                        0,
                                        0,
                                        0,
                                        List.of(),
                                        false,
                                        new TreeMap<>(),
                                        snapshot))),
                        ClusterImage.FEATURE_LEVEL,
                        new LeaseWord(0, new TreeMap<>()))));
        return peers;
    }

    // ---- what it does itself

    /// Also where the one that is permitted lost its replica, and the one that could lead has no priority yet.
    @Test
    void asLeaderItHandsOverToAReplicaBeforeAnythingElse() {
        begin(1);
        List<Seat> inForce =
                List.of(new Seat("n1", 1, true, 1), new Seat("n2", 1, true, 1), new Seat("w1", 1, true, 0));
        assertThat(duties(inForce))
                .containsExactly(new Duty.HandOver("vs1", List.of("n1", "n2"), false, "w1 is a witness"));

        cluster.damage(server("vs1").permission().owner(), "vs1");
        String other = server("vs1").permission().heir().orElseThrow();
        List<Seat> unsuited = inForce.stream()
                .map(seat -> new Seat(seat.node(), 1, true, seat.node().equals(other) ? 0 : seat.priority()))
                .toList();
        List<Seat> raised = inForce.stream()
                .map(seat -> new Seat(seat.node(), 1, true, seat.node().equals(other) ? 1 : 0))
                .toList();
        assertThat(duties(unsuited)).containsExactly(new Duty.Reconfigure("vs1", unsuited, raised));
        assertThat(duties(raised)).containsExactly(new Duty.HandOver("vs1", List.of(other), false, "w1 is a witness"));
    }

    private List<Duty> duties(List<Seat> inForce) {
        SortedMap<String, Facts.Heartbeat> peers = new TreeMap<>();
        cluster.nodes.values().forEach(node -> peers.put(node.name, cluster.heartbeat(node)));
        var leading = new NodeDecisions.LocalGroup(1, true, true, inForce, false, false);
        var local = new NodeDecisions.Local(
                "w1",
                1,
                60_000,
                new TreeMap<>(Map.of("vs1", leading)),
                peers,
                new TreeSet<>(),
                new TreeSet<>(List.of("vs1")),
                new TreeSet<>());
        return NodeDecisions.duties(cluster.image, local);
    }

    @Test
    void itOpensNothingWhateverTheImageSays() {
        ClusterImage image = Plans.witnessed(2, 1);
        image = image.with(new Event.Permitted("vs1", "w1", Optional.of("n1"), "by mistake"), 2, 0);
        var situation = new OpenDecision.Situation(
                "w1", 60_000, new TreeSet<>(), new TreeSet<>(List.of("n1", "w1")), true, true);
        assertThat(OpenDecision.decide(image, "vs1", situation))
                .isEqualTo(new OpenDecision.HandOver(List.of("n1"), "w1 is a witness"));
    }
}
