package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where a new cluster puts what, and small things that are written down: routes, rooms, images as JSON.
class PlanTest {
    /// Each virtual server as owner, heir, third; then the cluster group's voters.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        1 | 1 | n1 - -                      | one-per-node | n1
        1 | 2 | n1 - -, n1 - -              | stack 2      | n1
        2 | 1 | n1 n2 -                     | one-per-node | n1
        2 | 2 | n1 n2 -, n2 n1 -            | stack 2      | n1
        3 | 1 | n1 n2 n3                    | one-per-node | n1 n2 n3
        3 | 2 | n1 n3 n2, n2 n3 n1          | one-per-node | n1 n2 n3
        4 | 3 | n1 n4 n2, n2 n4 n3, n3 n4 n1 | one-per-node | n1 n2 n3
        5 | 3 | n1 n4 n2, n2 n5 n3, n3 n4 n1 | one-per-node | n1 n2 n3 n4 n5
        3 | 3 | n1 n2 n3, n2 n3 n1, n3 n1 n2 | stack 3      | n1 n2 n3
        """)
    void places(int nodes, int servers, String expected, String room, String voters) {
        ClusterImage image = Plans.created(nodes, servers);
        String placed = image.virtualServers().values().stream()
                .map(PlanTest::placement)
                .collect(Collectors.joining(", "));
        assertThat(placed).isEqualTo(expected);
        assertThat(image.virtualServers().get("vs1").policy().room().text()).isEqualTo(room);
        assertThat(image.clusterGroup().voters().stream().map(Replica::node).collect(Collectors.joining(" ")))
                .isEqualTo(voters);
    }

    private static String placement(VirtualServer server) {
        String owner = server.permission().owner();
        String heir = server.permission().heir().orElse("-");
        String third = server.replicas().replicas().stream()
                .map(Replica::node)
                .filter(node -> !node.equals(owner) && !node.equals(heir))
                .collect(Collectors.joining(" "));
        return owner + " " + heir + " " + (third.isEmpty() ? "-" : third);
    }

    @Test
    void anImageWithEverythingSurvivesJson() throws Exception {
        ModelCluster cluster = new ModelCluster(7, 4, 3);
        cluster.submit(new Command.AddUser("anna@example.org", "hash", Optional.empty(), 5));
        cluster.submit(new Command.Move("vs1", "n4"));
        for (int step = 0; step < 60; step++) {
            cluster.step();
            if (step == 30) {
                cluster.kill("n2");
            }
        }
        ObjectMapper mapper = JsonMapper.builder().addModule(new Jdk8Module()).build();
        String text = mapper.writeValueAsString(cluster.image);
        assertThat(mapper.readValue(text, ClusterImage.class)).isEqualTo(cluster.image);
        for (ModelCluster.Kept kept : cluster.kept) {
            String command = mapper.writeValueAsString(kept.command());
            assertThat(mapper.readValue(command, Command.class)).isEqualTo(kept.command());
            String decision = mapper.writeValueAsString(kept.decision());
            assertThat(mapper.readValue(decision, Decision.class)).isEqualTo(kept.decision());
        }
    }

    @Test
    void routesAreLines() {
        Route route = new Route("vs1", new OpenEpoch(1, 47), "n4");
        assertThat(route.line()).isEqualTo("vs1 1-47 n4");
        assertThat(Route.parse("vs1 1-47 n4")).isEqualTo(route);
        for (String bad : List.of("", "vs1", "vs1 47 n4", "vs1 1-47", "vs1 1-47 n4 x", " 1-47 n4", "vs1 1-x n4")) {
            assertThatThrownBy(() -> Route.parse(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(new OpenEpoch(1, 9)).isLessThan(new OpenEpoch(1, 10)).isLessThan(new OpenEpoch(2, 1));
    }

    @Test
    void addressesOfNodesAreALine() {
        NodeAddresses known = NodeAddresses.of(Plans.created(2, 1));
        assertThat(known.line()).isEqualTo("nodes 1 n1=127.0.0.11:7001 n2=127.0.0.12:7001");
        assertThat(NodeAddresses.parse(known.line())).isEqualTo(known);
        assertThat(NodeAddresses.parse("nodes 9 n1=[::1]:7001").addresses()).containsEntry("n1", "[::1]:7001");
        for (String bad : List.of("", "nodes", "nodes x", "nodes 1 n1", "nodes 1 =h:1", "nodes 1 n1=h", "nodes 1 ")) {
            assertThatThrownBy(() -> NodeAddresses.parse(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aLateTickForgetsAllAges() {
        HeartbeatTable table = new HeartbeatTable(0);
        table.heard(new Facts.Heartbeat("n1", 1, 1, 0, new TreeMap<>(), 2, new LeaseWord(0, new TreeMap<>())), 0);
        assertThat(table.tick(100)).isFalse();
        assertThat(table.facts(100, false).nodes()).containsKey("n1");
        assertThat(table.tick(5000)).as("the watcher was paused").isTrue();
        assertThat(table.facts(5000, false).nodes()).isEmpty();
        assertThat(table.facts(5900, false).watchedMillis()).isEqualTo(900);
    }

    @Test
    void groupStatesDerive() {
        ResourceState on = ResourceState.ONLINE;
        ResourceState off = ResourceState.OFFLINE;
        assertThat(GroupState.of(List.of(on, on))).isEqualTo(GroupState.ONLINE);
        assertThat(GroupState.of(List.of(on, off))).isEqualTo(GroupState.PARTIALLY_ONLINE);
        assertThat(GroupState.of(List.of(on, ResourceState.FAILED))).isEqualTo(GroupState.PARTIALLY_ONLINE);
        assertThat(GroupState.of(List.of(off, off))).isEqualTo(GroupState.OFFLINE);
        assertThat(GroupState.of(List.of(off, ResourceState.FAILED))).isEqualTo(GroupState.FAILED);
        assertThat(GroupState.of(List.of(on, ResourceState.ONLINE_PENDING))).isEqualTo(GroupState.PENDING);
    }
}
