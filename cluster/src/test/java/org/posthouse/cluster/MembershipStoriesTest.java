package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Nodes that join and leave a cluster, told in steps of 100 ms.
class MembershipStoriesTest extends ModelStories {
    private void begin(int nodes, int virtualServers) {
        cluster = new ModelCluster(5, nodes, virtualServers);
        steps(200);
    }

    private void join(String name) {
        cluster.install(name);
        cluster.accepted(ModelCluster.adding(name));
        assertThat(cluster.image.nodes().get(name).state()).isEqualTo(NodeState.JOINING);
        await(
                name + " follows",
                100,
                () -> settled() && cluster.image.clusterGroup().on(name));
    }

    private boolean settled() {
        return cluster.image.clusterGroup().change().isEmpty()
                && cluster.image.virtualServers().values().stream()
                        .allMatch(server -> server.replicas().change().isEmpty());
    }

    private boolean gone(String node) {
        return !cluster.image.nodes().containsKey(node) && settled();
    }

    private List<String> voters() {
        return cluster.image.clusterGroup().voters().stream().map(Replica::node).toList();
    }

    @Test
    void oneNodeGrowsToThreeAndFive() {
        begin(1, 1);
        join("n2");
        assertThat(voters()).containsExactly("n1");
        await("a copy on n2", 100, () -> server("vs1").replicas().voters().size() == 2 && settled());
        join("n3");
        await("three votes", 100, () -> voters().equals(List.of("n1", "n2", "n3")));
        await("the loss of its owner survived", 200, () -> survives("vs1"));
        OpenEpoch epoch = server("vs1").opened().orElseThrow().epoch();
        join("n4");
        join("n5");
        await("five votes", 100, () -> voters().size() == 5 && settled());
        assertThat(server("vs1").replicas().voters()).hasSize(3);
        assertThat(server("vs1").opened().orElseThrow().epoch())
                .as("nothing moved")
                .isEqualTo(epoch);

        cluster.kill("n1");
        await(
                "taken over",
                50,
                () -> server("vs1").state() == GroupState.ONLINE
                        && !server("vs1").permission().owner().equals("n1"));
    }

    /// Also the node that coordinates, and the owner.
    @ParameterizedTest
    @CsvSource({"n1", "n2", "n3", "n4", "n5"})
    void anyOfFiveCanLeave(String leaving) {
        begin(5, 3);
        cluster.accepted(new Command.EvictNode(leaving));
        await(leaving + " gone", 600, () -> gone(leaving));
        assertThat(voters()).hasSize(3).doesNotContain(leaving);
        await("all as before", 200, () -> settled() && survives("vs1") && survives("vs2") && survives("vs3"));
        cluster.image.virtualServers().values().forEach(server -> {
            assertThat(server.state()).isEqualTo(GroupState.ONLINE);
            assertThat(server.policy().preferredOwners()).doesNotContain(leaving);
            assertThat(server.replicas().voters()).hasSize(3).noneMatch(replica -> replica.node()
                    .equals(leaving));
        });
        await(
                "who gave up its vote with the leaving node follows again",
                100,
                () -> cluster.image.nodes().keySet().stream()
                        .allMatch(node -> cluster.image.clusterGroup().on(node)));
        cluster.refused(new Command.RejoinNode(leaving, true, 0, 0, "its folder is empty"), "Was it evicted?");
    }

    @Test
    void aDeadNodeIsReplacedAtOnceByEvictingIt() {
        begin(4, 3);
        cluster.kill("n2");
        steps(50);
        assertThat(server("vs2").permission().owner()).isEqualTo("n4");
        cluster.refused(new Command.AddNode("n2", "other.example.org", 800, 801, ""), "there is a node n2 already");
        join("n5");
        cluster.accepted(new Command.EvictNode("n2"));
        await("n2 gone", 300, () -> gone("n2"));
        assertThat(voters()).hasSize(3).doesNotContain("n2");
        await("all as before", 200, () -> survives("vs1") && survives("vs2") && survives("vs3"));

        // Its name is free again.
        cluster.nodes.remove("n2");
        cluster.groups.values().forEach(group -> group.members.keySet().removeIf(member -> member.startsWith("n2.")));
        join("n2");
        await("five votes, a minute after one was withdrawn", 700, () -> voters().size() == 5);
    }

    @Test
    void theVotesOfTwoDeadAreWithdrawnTogetherAndGivenBackTogether() {
        begin(5, 3);
        cluster.kill("n4");
        steps(150);
        assertThat(voters())
                .as("one alone keeps its vote: four is no better than five")
                .hasSize(5);
        cluster.kill("n5");
        steps(90);
        assertThat(voters()).hasSize(5);
        steps(60);
        assertThat(voters()).containsExactly("n1", "n2", "n3");
        cluster.kill("n3");
        steps(30);
        assertThat(cluster.coordinator()).as("a third loss is survived").isPresent();
        cluster.start("n3", false);
        cluster.start("n4", false);
        steps(100);
        assertThat(voters()).containsExactly("n1", "n2", "n3");
        cluster.start("n5", false);
        steps(300);
        assertThat(voters()).as("not before a minute").hasSize(3);
        steps(500);
        assertThat(voters()).hasSize(5);
    }

    /// Its vote was moved while it was away; it is back, and elected, before the group has followed.
    @Test
    void aCoordinatorThatHasLostItsVoteHandsOver() {
        begin(4, 3);
        List<Seat> before = cluster.groups.get(ClusterImage.CLUSTER_GROUP).config;
        cluster.kill("n3");
        await("the vote of n3 to move", 200, () -> !voters().contains("n3"));
        cluster.kill("n1");
        var leading = new NodeDecisions.LocalGroup(1, true, true, before, false, false);
        assertThat(duties(ClusterImage.CLUSTER_GROUP, "n3", leading))
                .containsExactly(new Duty.HandOver(
                        ClusterImage.CLUSTER_GROUP,
                        List.of("n2"),
                        false,
                        "the replica of the cluster group on n3 is to go"));
    }

    /// It has been told under which incarnation it takes part, and is not heard again before its old vote moves.
    @Test
    void aNodeThatComesBackEmptyKeepsTheIncarnationThatItWasGiven() {
        begin(4, 3);
        cluster.kill("n3");
        steps(50);
        Reply reply = cluster.decide(new Command.RejoinNode("n3", true, 0, 0, "its folder is empty"));
        await("the vote of n3 to move", 200, () -> !voters().contains("n3") && settled());
        assertThat(cluster.image.nodes().get("n3").clusterIncarnation())
                .isEqualTo(Integer.parseInt(reply.values().get("incarnation")));
    }

    /// It asked twice, and the answers came one after the other.
    @Test
    void aSeatThatIsBeingFilledIsGivenUpWhenItsNodeGoesOnUnderAnother() {
        begin(4, 3);
        cluster.kill("n3");
        await("the vote of n3 to move", 200, () -> !voters().contains("n3") && settled());
        int first = cluster.image.nodes().get("n3").clusterIncarnation();
        cluster.start("n3", false);
        await("a seat for n3", 50, () -> cluster.image.clusterGroup().on("n3"));
        cluster.accepted(new Command.RejoinNode("n3", false, 0, 0, "asked once more"));
        await(
                "n3 follows under another incarnation",
                200,
                () -> settled()
                        && cluster.image.clusterGroup().on("n3")
                        && cluster.image.nodes().get("n3").clusterIncarnation() > first);
        assertThat(cluster.image
                        .clusterGroup()
                        .of(
                                cluster.image.nodes().get("n3").name(),
                                cluster.image.nodes().get("n3").clusterIncarnation()))
                .isPresent();
    }

    /// A Raft group gives no vote to who does not answer: the change would never be done, and nothing else begun.
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aVoteForANodeThatIsLostMeanwhileIsGivenUp(boolean comesBackEmpty) {
        begin(4, 3);
        cluster.install("n5");
        cluster.accepted(ModelCluster.adding("n5"));
        await("a seat for n5", 100, () -> cluster.image.clusterGroup().on("n5"));
        cluster.kill("n4");
        await("five votes wanted", 15, () -> voters().size() == 5);
        assertThat(cluster.image.clusterGroup().change().orElseThrow().step()).isEqualTo(ReplicaChange.Step.SEATING);
        if (comesBackEmpty) {
            steps(20);
            cluster.start("n4", true);
        }
        await("the change given up", 120, this::settled);
        assertThat(voters()).containsExactly("n1", "n2", "n3");
        assertThat(cluster.image.clusterGroup().on("n5")).isTrue();
        if (!comesBackEmpty) {
            cluster.start("n4", false);
        }
        await("five votes, once n4 has been back for a minute", 900, () -> voters().size() == 5 && settled());
    }

    @Test
    void aReplicaThatIsLostJustAsItWasPromotedIsReplaced() {
        begin(5, 3);
        String spare = cluster.nodes.keySet().stream()
                .filter(node -> !server("vs1").replicas().on(node)
                        && cluster.image.ownedBy(node).isEmpty())
                .findFirst()
                .orElseThrow();
        List<Replica> before = server("vs1").replicas().replicas();
        cluster.accepted(new Command.Move("vs1", spare));
        await("a replica that is being filled", 100, () -> cluster.groups.get("vs1").config.stream()
                .anyMatch(seat -> seat.node().equals(spare)));
        cluster.keepsConfigurations = true;
        await(
                "its promotion",
                50,
                () -> server("vs1").replicas().change().orElseThrow().step() == ReplicaChange.Step.SWAPPING);
        cluster.kill(spare);
        cluster.keepsConfigurations = false;
        steps(20);
        cluster.start(spare, true);
        await("the old replicas", 120, this::settled);
        assertThat(server("vs1").replicas().replicas()).isEqualTo(before);
    }

    /// Its owner lost its replica, and its heir has none yet.
    @Test
    void aLeaderThatIsToGoHandsOverToAnyThatStaysWhereNoPermittedOneLives() {
        begin(4, 3);
        VirtualServer server = server("vs1");
        String owner = server.permission().owner();
        String heir = server.permission().heir().orElseThrow();
        String third = server.replicas().replicas().stream()
                .map(Replica::node)
                .filter(node -> !server.permission().permits(node))
                .findFirst()
                .orElseThrow();
        String leader = cluster.nodes.keySet().stream()
                .filter(node -> !server.replicas().on(node))
                .findFirst()
                .orElseThrow();
        cluster.damage(owner, "vs1");
        List<Seat> inForce = List.of(seat(owner, 1), seat(third, 0), seat(leader, 0)).stream()
                .sorted(Comparator.comparing(Seat::node))
                .toList();
        List<Seat> raised = List.of(seat(owner, 0), seat(third, 1), seat(leader, 0)).stream()
                .sorted(Comparator.comparing(Seat::node))
                .toList();
        assertThat(List.of(owner, heir, third, leader)).doesNotHaveDuplicates();
        assertThat(duties("vs1", leader, new NodeDecisions.LocalGroup(1, true, true, inForce, false, false)))
                .containsExactly(new Duty.Reconfigure("vs1", inForce, raised));
        assertThat(duties("vs1", leader, new NodeDecisions.LocalGroup(1, true, true, raised, false, false)))
                .containsExactly(
                        new Duty.HandOver("vs1", List.of(third), false, "the replica on " + leader + " is to go"));
    }

    private static Seat seat(String node, int priority) {
        return new Seat(node, 1, true, priority);
    }

    /// It asks only those that had a vote when it went; the coordinator got its own since.
    @Test
    void aMemberThatHasNotHeardThatItWasTakenOutLearnsItFromHeartbeats() {
        begin(4, 3);
        List<Seat> before = cluster.groups.get(ClusterImage.CLUSTER_GROUP).config;
        assertThat(clusterDuties("n3", 1, before)).isEmpty();
        cluster.kill("n3");
        await("the vote of n3 to move", 200, () -> !voters().contains("n3") && settled());
        assertThat(clusterDuties("n3", 1, before))
                .containsExactly(new Duty.Rejoin(ClusterImage.CLUSTER_GROUP, 1, false));
        assertThat(clusterDuties("n3", 3, List.of()))
                .as("one that is yet to be added waits")
                .isEmpty();
    }

    /// An earlier process of n3 asked for an incarnation, and was answered after the present one: n3 goes by what it
    /// had before.
    @Test
    void aNodeThatGoesByAnOutdatedIncarnationIsToldSo() {
        begin(4, 3);
        SortedMap<String, Facts.Heartbeat> heard = heartbeats();
        assertThat(Facts.outdated(cluster.image, heard)).isEmpty();
        cluster.accepted(new Command.RejoinNode("n3", true, 0, 0, "its folder was empty"));
        Node given = cluster.image.nodes().get("n3");
        SortedMap<String, Facts.Given> outdated = Facts.outdated(cluster.image, heard);
        assertThat(outdated)
                .containsExactly(Map.entry("n3", new Facts.Given(given.incarnation(), given.clusterIncarnation())));

        String coordinator = cluster.coordinator().orElseThrow();
        heard.put(coordinator, heard.get(coordinator).telling(outdated));
        var state = new NodeDecisions.LocalGroup(1, true, false, List.of(), false, false);
        assertThat(duties(ClusterImage.CLUSTER_GROUP, "n3", state, heard))
                .containsExactly(new Duty.Rejoin(ClusterImage.CLUSTER_GROUP, 1, true));
        assertThat(duties(ClusterImage.CLUSTER_GROUP, "n4", state, heard)).isEmpty();
    }

    private SortedMap<String, Facts.Heartbeat> heartbeats() {
        SortedMap<String, Facts.Heartbeat> peers = new TreeMap<>();
        cluster.nodes.values().stream()
                .filter(peer -> peer.alive)
                .forEach(peer -> peers.put(peer.name, cluster.heartbeat(peer)));
        return peers;
    }

    private List<Duty> clusterDuties(String node, int incarnation, List<Seat> members) {
        return duties(
                ClusterImage.CLUSTER_GROUP,
                node,
                new NodeDecisions.LocalGroup(incarnation, true, false, members, false, false));
    }

    private List<Duty> duties(String group, String node, NodeDecisions.LocalGroup state) {
        return duties(group, node, state, heartbeats());
    }

    private List<Duty> duties(
            String group, String node, NodeDecisions.LocalGroup state, SortedMap<String, Facts.Heartbeat> peers) {
        var local = new NodeDecisions.Local(
                node,
                1,
                60_000,
                new TreeMap<>(Map.of(group, state)),
                peers,
                new TreeSet<>(),
                new TreeSet<>(),
                new TreeSet<>());
        return NodeDecisions.duties(cluster.image, local).stream()
                .filter(duty -> duty.group().equals(group))
                .toList();
    }

    @Test
    void whatIsRefusedSaysWhatWouldBeAllowed() {
        begin(3, 2);
        cluster.refused(new Command.EvictNode("n9"), "no node 'n9'; there are [n1, n2, n3]");
        cluster.refused(new Command.EvictNode("n3"), "add another node first");
        cluster.refused(new Command.AddNode("N4", "host", 1, 2, ""), "lower-case letters");
        cluster.refused(new Command.AddNode("n4", "host", 0, 2, ""), "two ports from 1 to 65535");
        cluster.refused(new Command.AddNode("n4", "127.0.0.11", 7001, 7002, ""), "node n1 is at 127.0.0.11:7001");
        join("n4");
        cluster.accepted(new Command.SetGroupProperty("vs1", "preferred-owners", "n1"));
        cluster.accepted(new Command.SetGroupProperty("vs1", "possible-owners", "n1"));
        cluster.refused(new Command.EvictNode("n1"), "only possible owner of vs1");
        cluster.accepted(new Command.EvictNode("n4"));
        cluster.refused(new Command.EvictNode("n2"), "n4 is being evicted; one at a time");
        cluster.refused(new Command.SetGroupProperty("vs2", "possible-owners", "n4"), "n4 is being evicted");
        cluster.accepted(new Command.SetNodeDuty("n4", NodeDuty.ACTIVE));
        steps(100);
        assertThat(cluster.image.nodes()).containsKey("n4");

        begin(2, 1);
        cluster.refused(new Command.EvictNode("n1"), "the only vote");
        cluster.accepted(new Command.EvictNode("n2"));
        await("n2 gone", 300, () -> gone("n2"));
        cluster.refused(new Command.EvictNode("n1"), "the cluster's only node");
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
    }

    @Test
    void aNodeThatNeverCameIsTakenBackAtOnce() {
        begin(3, 2);
        cluster.accepted(ModelCluster.adding("n4"));
        cluster.accepted(ModelCluster.adding("n4"));
        steps(50);
        assertThat(cluster.image.nodes().get("n4").state()).isEqualTo(NodeState.JOINING);
        cluster.accepted(new Command.EvictNode("n4"));
        await("n4 gone", 5, () -> gone("n4"));
    }
}
