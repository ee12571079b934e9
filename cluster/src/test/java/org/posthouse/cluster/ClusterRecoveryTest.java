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

/// What is left of a cluster's image when one node goes on alone.
final class ClusterRecoveryTest {
    private static final long NOW = 1_000_000;

    /// Three nodes; vs1 and vs2 are open on n2, in epochs that n1 may never have seen.
    private static ClusterImage before() {
        ClusterImage image = Plans.created(3, 2);
        for (String server : List.of("vs1", "vs2")) {
            image = image.with(new Event.OpenRecorded(server, "n2", new OpenEpoch(1, 500), 1), 2, 10);
            image = image.with(new Event.Permitted(server, "n2", Optional.of("n3"), "x"), 3, 10);
        }
        image = image.with(new Event.MoveStarted("vs1", "n3", "x"), 4, 10);
        image = image.with(
                new Event.ReplicaChangeStarted(
                        "vs1",
                        new Replica("n1", 2, Replica.Role.VOTER),
                        Optional.of(new Replica("n1", 1, Replica.Role.VOTER)),
                        "x"),
                5,
                10);
        return image.with(new Event.NodeDutySet("n1", NodeDuty.DRAINING), 6, 10);
    }

    private static Event.Recovered recovered(Map<String, Integer> held) {
        return new Event.Recovered("f00d", "n1", 3, new TreeMap<>(held), "two disks burned");
    }

    private static ClusterImage after(Event.Recovered event) {
        ClusterImage before = before();
        ClusterImage.Applied applied = before.apply(ClusterRecovery.plan(before, event, NOW));
        assertThat(applied.accepted()).isTrue();
        return applied.image();
    }

    /// The node's last entries may be those that the others had just recorded without it.
    @Test
    void whatWasOpenedWithoutThisImageKnowingGoesToTheNode() {
        ClusterImage before =
                Plans.created(3, 2).with(new Event.OpenRecorded("vs1", "n1", new OpenEpoch(1, 5), 1), 2, 10);
        ClusterImage after = before.apply(ClusterRecovery.plan(before, recovered(Map.of("vs1", 1, "vs2", 1)), NOW))
                .image();
        assertThat(after.virtualServers().get("vs1").permission().owner()).isEqualTo("n1");
        assertThat(after.virtualServers().get("vs2").formed()).isFalse();
        assertThat(after.virtualServers().get("vs2").permission().owner()).isEqualTo("n1");
    }

    @Test
    void theNodeIsAloneInEveryGroupThatItHolds() {
        ClusterImage image = after(recovered(Map.of("vs1", 2)));
        assertThat(image.id()).isEqualTo("f00d");
        assertThat(image.nodes().keySet()).containsExactly("n1");
        Node node = image.nodes().get("n1");
        assertThat(node.duty()).isEqualTo(NodeDuty.ACTIVE);
        assertThat(node.clusterIncarnation()).isEqualTo(3);
        assertThat(node.newestIncarnation()).isEqualTo(3);
        assertThat(image.clusterGroup().replicas()).containsExactly(new Replica("n1", 3, Replica.Role.VOTER));
        VirtualServer server = image.virtualServers().get("vs1");
        assertThat(server.replicas())
                .isEqualTo(new ReplicaSet(List.of(new Replica("n1", 2, Replica.Role.VOTER)), Optional.empty()));
        assertThat(server.permission().owner()).isEqualTo("n1");
        assertThat(server.permission().heir()).isEmpty();
        assertThat(server.move()).isEmpty();
        assertThat(server.formed()).isTrue();
        assertThat(server.state()).isEqualTo(GroupState.PENDING);
        assertThat(image.directory()).isEqualTo(before().directory());
        assertThat(image.history().getLast().text())
                .contains("recovered on node n1 alone")
                .contains("[vs1]")
                .contains("two disks burned");
    }

    /// Front ends and stores take what has the higher version for newer; the lost nodes may have counted on.
    @Test
    void theVersionLeapsAndPermissionsAreOfIt() {
        ClusterImage image = after(recovered(Map.of("vs1", 2)));
        assertThat(image.version()).isEqualTo(before().version() + 1 + ClusterRecovery.VERSION_LEAP);
        assertThat(image.virtualServers().get("vs1").permission().version()).isEqualTo(image.version());
        assertThat(image.history().getLast().version()).isEqualTo(image.version());
    }

    @Test
    void aVirtualServerWithoutReplicaHasFailedForGoodAndTakesNoRoom() {
        ClusterImage image = after(recovered(Map.of("vs1", 2)));
        VirtualServer lost = image.virtualServers().get("vs2");
        assertThat(lost.replicas().replicas()).isEmpty();
        assertThat(lost.formed()).isTrue();
        assertThat(lost.state()).isEqualTo(GroupState.FAILED);
        assertThat(lost.reason()).contains("no replica survived");
        assertThat(image.ownedBy("n1").keySet()).containsExactly("vs1");
        // Neither does the node make it anew...
        assertThat(NodeDecisions.duties(image, local()))
                .noneMatch(duty -> duty.group().equals("vs2"));
        // ... nor does the coordinator plan anything for it, or take the reason back, when more nodes have come.
        ClusterImage grown = ticked(ticked(image, "n1"), "n1");
        for (String name : List.of("n4", "n5")) {
            Decision added =
                    Coordinator.decide(grown, new Command.AddNode(name, "127.0.0.9" + name.charAt(1), 1, 2, ""), NOW);
            assertThat(added.reply().accepted()).isTrue();
            grown = applied(grown, added);
        }
        grown = ticked(ticked(grown, "n1", "n4", "n5"), "n1", "n4", "n5");
        grown = ticked(grown, "n1", "n4", "n5");
        assertThat(grown.nodes().get("n5").up()).isTrue();
        assertThat(grown.virtualServers().get("vs2").replicas()).isEqualTo(lost.replicas());
        assertThat(grown.virtualServers().get("vs2").permission()).isEqualTo(lost.permission());
        assertThat(grown.virtualServers().get("vs2").reason()).isEqualTo(lost.reason());
        // The one that is held gets replicas there.
        assertThat(grown.virtualServers().get("vs1").replicas().change()).isPresent();
        Survival survival = Survival.of(grown, new Facts(new TreeMap<>(), 0, false), "vs2");
        assertThat(survival.survives()).isFalse();
    }

    private static ClusterImage applied(ClusterImage image, Decision decision) {
        return image.apply(new Change(image.version(), NOW, decision.events())).image();
    }

    /// After a tick at which these nodes were just heard; n1 leads all that it has.
    private static ClusterImage ticked(ClusterImage image, String... alive) {
        SortedMap<String, Facts.Heard> heard = new TreeMap<>();
        for (String name : alive) {
            SortedMap<String, Facts.Membership> groups = new TreeMap<>();
            if (name.equals("n1")) {
                groups.put(ClusterImage.CLUSTER_GROUP, leading(3, "n1"));
                groups.put("vs1", leading(2, "n1"));
            }
            heard.put(
                    name,
                    new Facts.Heard(
                            10, new Facts.Heartbeat(name, 1, 7, 60_000, groups, 2, new LeaseWord(0, new TreeMap<>()))));
        }
        Command tick = new Command.Tick(new Facts(heard, 60_000, false));
        return applied(image, Coordinator.decide(image, tick, NOW));
    }

    private static Facts.Membership leading(int incarnation, String node) {
        List<Seat> alone = List.of(new Seat(node, incarnation, true, 0));
        return new Facts.Membership(incarnation, true, Optional.empty(), 0, 9, 9, alone, false, new TreeMap<>());
    }

    @Test
    void whereThereIsNoRoomForAllTheRestWaitsForANodeOrAPolicy() {
        ClusterImage image = after(recovered(Map.of("vs1", 2, "vs2", 1)));
        assertThat(image.ownedBy("n1").keySet()).containsExactly("vs1");
        assertThat(image.virtualServers().get("vs2").permission().owner()).isEmpty();
        VirtualServer second = image.virtualServers().get("vs2");
        VirtualServer.Policy policy = second.policy();
        var stack = new VirtualServer.Policy(
                policy.preferredOwners(),
                policy.possibleOwners(),
                RoomPolicy.parse("stack 2"),
                policy.failback(),
                policy.failovers(),
                policy.failoverPeriodMillis(),
                0);
        for (String server : List.of("vs1", "vs2")) {
            image = image.with(new Event.GroupPolicySet(server, stack, "room"), image.version() + 1, NOW);
        }
        image = ticked(ticked(image, "n1"), "n1");
        assertThat(image.virtualServers().get("vs2").permission().owner()).isEqualTo("n1");
    }

    private static NodeDecisions.Local local() {
        SortedMap<String, NodeDecisions.LocalGroup> groups = new TreeMap<>();
        return new NodeDecisions.Local(
                "n1",
                1,
                60_000,
                groups,
                new TreeMap<>(),
                new TreeSet<>(),
                new TreeSet<>(List.of("vs2")),
                new TreeSet<>(List.of("vs2")));
    }

    @Test
    void whatTheRecoveryNeedsIsRaisedFirst() {
        ClusterImage old = before().with(new Event.FeatureLevelRaised(1), 7, 10);
        Change change = ClusterRecovery.plan(old, recovered(Map.of()), NOW);
        assertThat(change.events()).hasSize(2).first().isEqualTo(new Event.FeatureLevelRaised(2));
        assertThat(old.apply(change).image().featureLevel()).isEqualTo(2);
    }

    @Test
    void whatIsNotKnownIsRefused() {
        ClusterImage image = before();
        assertThatThrownBy(() -> ClusterRecovery.plan(ClusterImage.EMPTY, recovered(Map.of()), NOW))
                .hasMessageContaining("never formed");
        assertThatThrownBy(() ->
                        ClusterRecovery.plan(image, new Event.Recovered("f00d", "n9", 1, new TreeMap<>(), ""), NOW))
                .hasMessageContaining("n9");
        assertThatThrownBy(() -> ClusterRecovery.plan(image, recovered(Map.of("vs7", 1)), NOW))
                .hasMessageContaining("vs7");
    }
}
