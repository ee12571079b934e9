package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.posthouse.cluster.ReplicaChange.Step;

/// Losses one after the other on the sample cluster (vs1 to vs3 on n1 to n3, n4 passive), in steps of 100 ms.
class LossStoriesTest extends ModelStories {
    @BeforeEach
    void begin() {
        cluster = new ModelCluster(7, 4, 3);
        steps(200);
    }

    private boolean online(String name, String owner) {
        return server(name).state() == GroupState.ONLINE
                && server(name).permission().owner().equals(owner);
    }

    private boolean holds(String node) {
        return cluster.image.virtualServers().values().stream()
                        .anyMatch(server -> server.replicas().on(node)
                                || server.replicas().change().isPresent())
                || cluster.image.clusterGroup().change().isPresent();
    }

    @Test
    void aSecondLossIsSurvivedOnceTheReplicasWereMadeAnew() {
        cluster.kill("n3");
        await("n4 to take vs3", 50, () -> online("vs3", "n4"));
        steps(50);
        assertThat(survival("vs2").reason()).contains("it has no heir: no other node has room");
        cluster.accepted(new Command.WriteOffNode("n3"));
        assertThat(cluster.image.nodes().get("n3").state()).isEqualTo(NodeState.LOST);
        await("its replicas to be made anew", 200, () -> !holds("n3"));

        cluster.kill("n1");
        await("vs1 to have nowhere to go", 100, () -> server("vs1").state() == GroupState.FAILED);
        assertThat(server("vs1").reason()).contains("no other node that lives and may own it has room");
        steps(300);
        assertThat(online("vs2", "n2")).isTrue();
        assertThat(online("vs3", "n4")).isTrue();

        cluster.start("n3", false);
        await("vs1 on n3", 600, () -> online("vs1", "n3"));
        assertThat(cluster.image.nodes().get("n3").state()).isEqualTo(NodeState.UP);
        assertThat(online("vs2", "n2")).as("nothing else moved").isTrue();
        assertThat(online("vs3", "n4")).as("nothing else moved").isTrue();
    }

    /// An attempt to send a command may be late, and its sender has been answered on another.
    @Test
    void whatWasAnsweredAsDoneIsNotDoneLater() {
        Command asked = new Command.Request("r1", new Command.Move("vs1", "n1"));
        assertThat(cluster.accepted(asked)).contains("vs1 is on n1 already");
        cluster.kill("n1");
        await("n4 to take vs1", 50, () -> online("vs1", "n4"));
        cluster.start("n1", false);
        steps(100);
        assertThat(cluster.accepted(asked)).contains("vs1 is on n1 already");
        steps(100);
        assertThat(online("vs1", "n4")).as("it goes back unasked").isTrue();
    }

    @Test
    void withRoomForTwoASurvivorTakesItAtOnce() {
        for (String name : cluster.image.virtualServers().keySet()) {
            cluster.accepted(new Command.SetGroupProperty(name, "room", "stack 2"));
        }
        cluster.kill("n3");
        await("n3 down", 30, () -> !cluster.image.nodes().get("n3").up());
        await(
                "another node to take vs3",
                50,
                () -> server("vs3").state() == GroupState.ONLINE
                        && !server("vs3").permission().owner().equals("n3"));
        cluster.accepted(new Command.WriteOffNode("n3"));
        await("its replicas to be made anew", 300, () -> !holds("n3"));
        steps(50);
        cluster.kill("n1");
        await(
                "vs1 on a survivor",
                50,
                () -> server("vs1").state() == GroupState.ONLINE
                        && !server("vs1").permission().owner().equals("n1"));
    }

    @Test
    void replicasAreMadeAnewAfterTheTimeThatIsSet() {
        cluster.accepted(new Command.SetGroupProperty("vs2", "replace-lost-after", "1"));
        cluster.accepted(new Command.SetGroupProperty("vs3", "replace-lost-after", "never"));
        cluster.kill("n3");
        steps(550);
        assertThat(server("vs2").replicas().on("n3")).isTrue();
        steps(150);
        assertThat(server("vs2").replicas().on("n3")).isFalse();
        steps(20 * 600);
        assertThat(server("vs3").replicas().on("n3")).isTrue();
        cluster.accepted(new Command.SetGroupProperty("vs3", "replace-lost-after", "default"));
        await("fifteen minutes have passed", 100, () -> !server("vs3")
                .replicas()
                .on("n3"));
        cluster.refused(
                new Command.SetGroupProperty("vs3", "replace-lost-after", "0"), "replace-lost-after, in minutes,");
    }

    @Test
    void onlyWhatIsDownIsWrittenOff() {
        cluster.refused(new Command.WriteOffNode("n9"), "no node 'n9'");
        cluster.refused(new Command.WriteOffNode("n3"), "n3 is up; 'posthouse node drain n3'");
        cluster.kill("n3");
        await("n3 down", 30, () -> !cluster.image.nodes().get("n3").up());
        cluster.accepted(new Command.WriteOffNode("n3"));
        assertThat(cluster.accepted(new Command.WriteOffNode("n3"))).contains("already");
        cluster.start("n3", false);
        await("it takes part again", 30, () -> cluster.image.nodes().get("n3").up());
    }

    private Optional<Step> changing(String name) {
        return server(name).replicas().change().map(ReplicaChange::step);
    }

    /// n1 owns vs1, n2 is its heir.
    private void loseTheThirdWithItsDisk() {
        cluster = new ModelCluster(11, 3, 1);
        steps(200);
        assertThat(server("vs1").permission().heir()).contains("n2");
        assertThat(survives("vs1")).isTrue();
        cluster.kill("n3");
        cluster.start("n3", true);
        await("its replica being made anew", 100, () -> changing("vs1").isPresent());
    }

    @Test
    void aNewReplicaIsNotReliedOnBeforeItVotes() {
        loseTheThirdWithItsDisk();
        await("it to follow", 50, () -> cluster.groups.get("vs1").config.size() == 4);
        cluster.keepsConfigurations = true;
        await("it to count by the image", 50, () -> changing("vs1").equals(Optional.of(Step.SWAPPING)));
        assertThat(survival("vs1").reason())
                .contains("without n1 too few of its replicas would remain; that is being changed: ", "swapping");
        cluster.keepsConfigurations = false;
        await("the loss of its owner survived", 50, () -> survives("vs1"));
        assertThat(changing("vs1")).isEmpty();
    }

    @Test
    void aReplicaThatIsDamagedWhileItIsFilledIsMadeAnew() {
        loseTheThirdWithItsDisk();
        assertThat(changing("vs1")).contains(Step.FILLING);
        cluster.keepsConfigurations = true;
        Replica filled = server("vs1").replicas().change().orElseThrow().filled();
        await("it to be begun", 20, () -> cluster.nodes.get("n3").held.containsKey("vs1"));
        cluster.damage("n3", "vs1");
        await(
                "another to be made in its place",
                50,
                () -> changing("vs1").isPresent()
                        && server("vs1")
                                        .replicas()
                                        .change()
                                        .orElseThrow()
                                        .filled()
                                        .incarnation()
                                > filled.incarnation());
        cluster.keepsConfigurations = false;
        await(
                "the loss of its owner survived",
                100,
                () -> survives("vs1") && changing("vs1").isEmpty());
    }
}
