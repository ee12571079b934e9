package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Stories of the sample cluster (vs1 to vs3 on n1 to n3, n4 passive), told in steps of 100 ms.
class CoordinatorTest extends ModelStories {
    @BeforeEach
    void begin() {
        cluster = new ModelCluster(3, 4, 3);
        steps(200);
    }

    @Test
    void thePassiveNodeTakesOneAndNoMore() {
        // Four active nodes and n5 passive: five voters, so that the cluster group outlives two losses.
        cluster = new ModelCluster(3, 5, 4);
        steps(200);
        assertThat(survives("vs1") && survives("vs2") && survives("vs3") && survives("vs4"))
                .isTrue();
        cluster.kill("n3");
        steps(30);
        assertThat(server("vs3").permission().owner()).isEqualTo("n5");
        assertThat(server("vs3").state()).isEqualTo(GroupState.ONLINE);
        assertThat(survives("vs1") || survives("vs2") || survives("vs4")).isFalse();

        // After a quarter of an hour the lost node's replicas are made anew, so the next loss costs no majority.
        steps(16 * 60 * 10);
        cluster.kill("n1");
        steps(50);
        assertThat(server("vs2").state()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs3").state()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs1").state()).isEqualTo(GroupState.FAILED);
        assertThat(server("vs1").reason())
                .isEqualTo("its owner n1 is down and no other node that lives and may own it has room (one-per-node)");

        cluster.start("n3", false);
        steps(300);
        assertThat(server("vs1").state()).as(server("vs1").reason()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs1").permission().owner()).isEqualTo("n3");
        assertThat(server("vs2").permission().owner()).isEqualTo("n2");
        assertThat(server("vs3").permission().owner()).isEqualTo("n5");
    }

    @Test
    void nothingMovesBackWhenTheOwnerReturns() {
        cluster.kill("n1");
        steps(30);
        cluster.start("n1", false);
        steps(300);
        assertThat(server("vs1").permission().owner()).isEqualTo("n4");
        assertThat(server("vs1").permission().heir()).contains("n1");
        assertThat(survives("vs1") && survives("vs2") && survives("vs3")).isTrue();
    }

    @Test
    void aMoveToANodeWithoutReplicaMakesOneFirst() {
        cluster.kill("n1");
        steps(30);
        cluster.start("n1", false);
        steps(300);
        assertThat(server("vs2").replicas().on("n1")).isTrue();
        cluster.submit(new Command.Move("vs2", "n1"));
        steps(100);
        assertThat(server("vs2").permission().owner()).isEqualTo("n1");
        assertThat(server("vs2").move()).isEmpty();
        cluster.submit(new Command.Move("vs1", "n2"));
        steps(200);
        assertThat(server("vs1").permission().owner()).isEqualTo("n2");
    }

    @Test
    void aMoveIsRefusedWithTheRuleThatRefuses() {
        cluster.refused(new Command.Move("vs9", "n4"), "no virtual server 'vs9'");
        cluster.refused(new Command.Move("vs1", "n9"), "no node 'n9'");
        cluster.refused(new Command.Move("vs1", "n2"), "n2 has no room: it owns [vs2] and the policy is one-per-node");
        cluster.kill("n4");
        steps(30);
        cluster.refused(new Command.Move("vs1", "n4"), "node n4 is down: not heard for");
    }

    @Test
    void aWipedNodeComesBackUnderTheNextIncarnationAndIsRefilled() {
        cluster.kill("n2");
        steps(30);
        cluster.start("n2", true);
        steps(400);
        assertThat(cluster.image.nodes().get("n2").incarnation()).isGreaterThan(1);
        assertThat(cluster.image.clusterGroup().voters().stream().map(Replica::node))
                .containsExactly("n1", "n2", "n3");
        assertThat(cluster.image.clusterGroup().of(cluster.image.nodes().get("n2")))
                .isPresent();
        assertThat(survives("vs1") && survives("vs2") && survives("vs3")).isTrue();
    }

    @Test
    void aMajorityOfReplicasLostIsSaidAndRecoversByItself() {
        cluster.kill("n1");
        cluster.kill("n4");
        steps(30);
        assertThat(server("vs1").state()).isEqualTo(GroupState.FAILED);
        assertThat(server("vs1").reason()).isEqualTo("only 1 of its 3 replicas lives, 2 are needed; missing: n1, n4");
        assertThat(server("vs2").state()).isEqualTo(GroupState.ONLINE);
        cluster.start("n4", false);
        steps(200);
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);
    }

    /// Three voters of four nodes: without the moved vote the second loss would take the cluster group's majority.
    @Test
    void theVoteOfANodeThatIsDownMovesSoThatASecondLossIsSurvived() {
        cluster.kill("n3");
        steps(90);
        assertThat(voters()).containsExactly("n1", "n2", "n3");
        steps(60);
        assertThat(voters()).containsExactly("n1", "n2", "n4");
        assertThat(cluster.image.clusterGroup().change()).isEmpty();

        cluster.kill("n1");
        steps(50);
        assertThat(cluster.coordinator()).isPresent();
        assertThat(server("vs2").state()).isEqualTo(GroupState.ONLINE);
        assertThat(cluster.image.nodes().get("n1").up()).isFalse();

        // Whoever lost its vote follows again without one, and gets one back when another is lost.
        cluster.start("n3", false);
        steps(100);
        assertThat(cluster.image.clusterGroup().on("n3")).isTrue();
        steps(700);
        assertThat(voters()).containsExactly("n2", "n3", "n4");
        cluster.start("n1", false);
        steps(100);
        assertThat(voters()).containsExactly("n2", "n3", "n4");
        assertThat(cluster.image.clusterGroup().on("n1")).isTrue();
    }

    @Test
    void aVoteDoesNotMoveToAndFro() {
        cluster.kill("n3");
        steps(150);
        cluster.start("n3", false);
        steps(100);
        cluster.kill("n4");
        steps(400);
        assertThat(voters()).as("n3 was not back for a minute").containsExactly("n1", "n2", "n4");
        steps(300);
        assertThat(voters()).containsExactly("n1", "n2", "n3");
    }

    @Test
    void onlyAReplicaThatWasTakenOutIsReplacedUnderAnotherIncarnation() {
        Command closed = new Command.RejoinNode("n3", false, 1, 0, "it was closed");
        cluster.refused(closed, "n3.1 still counts in the cluster group");
        cluster.kill("n3");
        for (int step = 0; step < 200 && voters().contains("n3"); step++) {
            cluster.step();
        }
        assertThat(cluster.image.clusterGroup().change()).isPresent();
        cluster.refused(closed, "n3.1 still counts in the cluster group");
        steps(50);
        assertThat(cluster.decide(closed).accepted()).isTrue();
    }

    /// An earlier process asked, knowing of n3.1; the one that runs now was given n3.2 and holds it.
    @Test
    void aRequestThatComesLateTakesNoSeatFromWhatWasBegunSince() {
        Command early = new Command.RejoinNode("n3", false, 0, 1, "its replica is damaged");
        cluster.accepted(early);
        int given = cluster.image.nodes().get("n3").clusterIncarnation();
        Reply late = cluster.decide(early);
        assertThat(late.accepted()).isFalse();
        assertThat(late.values()).containsEntry("incarnation", Integer.toString(given));
        assertThat(cluster.image.nodes().get("n3").clusterIncarnation()).isEqualTo(given);
        cluster.accepted(new Command.RejoinNode("n3", false, 0, given, "the answer was lost"));
        assertThat(cluster.image.nodes().get("n3").clusterIncarnation()).isGreaterThan(given);
    }

    /// It was taken for lost, and nobody else could open the virtual server before it came back.
    @Test
    void anOwnerThatComesBackWithTheVirtualServerStillOpenIsItsOwnerAgain() {
        OpenEpoch epoch = server("vs1").opened().orElseThrow().epoch();
        var named = new Event.Permitted("vs1", "n4", Optional.empty(), "its owner n1 is lost");
        cluster.image = cluster.image
                .apply(new Change(cluster.image.version(), cluster.now, List.of(named)))
                .image();
        steps(10);
        assertThat(server("vs1").permission().owner()).isEqualTo("n1");
        assertThat(server("vs1").opened().orElseThrow().epoch()).isEqualTo(epoch);
        assertThat(survives("vs1")).isTrue();
    }

    private List<String> voters() {
        return cluster.image.clusterGroup().voters().stream().map(Replica::node).toList();
    }

    @Test
    void aReplicaBeingFilledOutlivesAShortAbsenceOfItsNode() {
        Replica added = beingFilled();
        cluster.kill(added.node());
        steps(60);
        assertThat(beingFilled()).isEqualTo(added);
        cluster.start(added.node(), false);
        steps(300);
        assertThat(server("vs2").replicas().replicas()).contains(added);
        assertThat(server("vs2").replicas().change()).isEmpty();
    }

    @Test
    void aReplicaBeingFilledIsGivenUpWhenItsNodeStaysAway() {
        Replica added = beingFilled();
        cluster.kill(added.node());
        steps(130);
        assertThat(server("vs2").replicas().change()).isEmpty();
        assertThat(server("vs2").replicas().replicas()).doesNotContain(added);
    }

    /// The replica of vs2 that n1 gets on its return, as heir.
    private Replica beingFilled() {
        if (server("vs1").permission().owner().equals("n1")) {
            cluster.kill("n1");
            steps(30);
            cluster.start("n1", false);
        }
        for (int step = 0; step < 100 && server("vs2").replicas().change().isEmpty(); step++) {
            cluster.step();
        }
        return server("vs2").replicas().change().orElseThrow().filled();
    }
}
