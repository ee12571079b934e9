package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Virtual servers that come and go in a running cluster: what is refused, and why; where they are put; what is left of
/// them. And resources that get another name.
class GroupCreationTest extends ModelStories {
    private static final ResourceTypeFacts IMAP = new ResourceTypeFacts("imap", "IMAP.", true, false, List.of());

    @BeforeEach
    void begin() {
        begin(4, 2);
    }

    private void begin(int nodes, int virtualServers) {
        cluster = new ModelCluster(7, nodes, virtualServers);
        steps(200);
        cluster.image
                .nodes()
                .keySet()
                .forEach(node -> cluster.accepted(
                        new Command.DeclareTypes(node, List.of(ResourceTypeFacts.STORAGE_GROUP, IMAP))));
    }

    private static FirstPlan.PlannedServer planned(String name, FirstPlan.PlannedResource... more) {
        List<FirstPlan.PlannedResource> resources = new ArrayList<>();
        resources.add(new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of()));
        resources.addAll(List.of(more));
        return new FirstPlan.PlannedServer(name, resources);
    }

    private static FirstPlan.PlannedResource imap(String... dependsOn) {
        return new FirstPlan.PlannedResource("imap", "imap", new TreeMap<>(), List.of(dependsOn));
    }

    private static Command.CreateGroup create(String name) {
        return create(name, RoomPolicy.ONE_PER_NODE, Optional.empty());
    }

    private static Command.CreateGroup create(String name, RoomPolicy room, Optional<String> owner) {
        return new Command.CreateGroup(planned(name, imap("storage")), room, owner);
    }

    private void kill(String node) {
        cluster.nodes.get(node).alive = false;
        steps(30);
    }

    private void start(String node) {
        cluster.nodes.get(node).alive = true;
        cluster.nodes.get(node).startedAt = cluster.now;
    }

    private void deleted(String name) {
        cluster.accepted(new Command.SetGroupWanted(name, false));
        steps(50);
        assertThat(server(name).state()).isEqualTo(GroupState.OFFLINE);
        cluster.accepted(new Command.DeleteGroup(name));
    }

    @Test
    void oneIsCreatedAndOwnedAndHasAnHeir() {
        String said = cluster.accepted(create("vs3"));
        VirtualServer created = server("vs3");
        String owner = created.permission().owner();
        assertThat(List.of("n3", "n4")).as("n1 and n2 own one each").contains(owner);
        assertThat(created.permission().heir())
                .hasValueSatisfying(
                        heir -> assertThat(List.of("n3", "n4")).contains(heir).isNotEqualTo(owner));
        assertThat(said).contains("brought online on " + owner, "its heir is ");
        assertThat(created.policy().preferredOwners())
                .containsExactly(owner, created.permission().heir().orElseThrow());
        assertThat(created.permission().version()).isEqualTo(cluster.image.version());
        assertThat(created.replicas().voters()).hasSize(3);
        assertThat(created.formed()).isFalse();
        assertThat(created.generation()).isEqualTo(cluster.image.version());
        for (Replica replica : created.replicas().replicas()) {
            assertThat(cluster.image.nodes().get(replica.node()).newestIncarnation())
                    .isEqualTo(replica.incarnation())
                    .isEqualTo(2);
        }
        steps(100);
        assertThat(server("vs3").state()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs3").permission().owner()).isEqualTo(owner);
        assertThat(Survival.of(cluster.image, cluster.facts(), "vs3").reason()).isEmpty();
    }

    @Test
    void anOwnerCanBeAskedFor() {
        String free = cluster.image.nodes().containsKey("n4") ? "n4" : "";
        cluster.accepted(create("vs3", RoomPolicy.ONE_PER_NODE, Optional.of(free)));
        assertThat(server("vs3").permission().owner()).isEqualTo(free);
    }

    @Test
    void namesThatCannotBe() {
        cluster.refused(create("VS3"), "'VS3' cannot be a virtual server's name: 1 to 63 lower-case");
        cluster.refused(create(""), "cannot be a virtual server's name");
        cluster.refused(create("-a"), "no hyphen at its ends");
        cluster.refused(create("a".repeat(64)), "1 to 63");
        cluster.refused(create("cluster"), "cannot be named 'cluster'");
        cluster.refused(create("nodes"), "cannot be named 'nodes'");
        cluster.refused(create("warm-up"), "cannot be named 'warm-up'");
        cluster.refused(create("vs1"), "there is a virtual server 'vs1' already");
    }

    @Test
    void resourcesThatCannotBe() {
        cluster.refused(
                new Command.CreateGroup(planned("vs3", imap("disk")), RoomPolicy.ONE_PER_NODE, Optional.empty()),
                "no resource 'disk' in vs3");
        cluster.refused(
                new Command.CreateGroup(
                        new FirstPlan.PlannedServer("vs3", List.of(imap())), RoomPolicy.ONE_PER_NODE, Optional.empty()),
                "needs a resource of type storage-group");
        cluster.refused(
                new Command.CreateGroup(
                        planned("vs3", new FirstPlan.PlannedResource("web", "program", new TreeMap<>(), List.of())),
                        RoomPolicy.ONE_PER_NODE,
                        Optional.empty()),
                "no node knows a resource type 'program'");
    }

    @Test
    void nodesThatCannotOwnIt() {
        cluster.refused(create("vs3", RoomPolicy.ONE_PER_NODE, Optional.of("n9")), "no node 'n9'");
        cluster.refused(
                create("vs3", RoomPolicy.ONE_PER_NODE, Optional.of("n1")), "node n1 has no room: it owns [vs1]");
        cluster.refused(
                create("vs3", new RoomPolicy(2), Optional.of("n1")), "node n1 has no room"); // vs1 allows no other
        cluster.accepted(new Command.SetNodeDuty("n3", NodeDuty.PAUSED));
        cluster.refused(create("vs3", RoomPolicy.ONE_PER_NODE, Optional.of("n3")), "node n3 is paused");
        kill("n4");
        cluster.refused(create("vs3", RoomPolicy.ONE_PER_NODE, Optional.of("n4")), "node n4 is down");
        cluster.refused(create("vs3"), "no node has room to own vs3: node n1 has no room: it owns [vs1]");
        cluster.accepted(new Command.SetNodeDuty("n2", NodeDuty.PAUSED));
        cluster.refused(create("vs3"), "vs3 needs replicas on 2 nodes at least, but only [n1] can take one");
    }

    @Test
    void whereTheLastPassiveNodeIsTakenItIsSaidWhoHasNoHeirAnyMore() {
        begin(4, 3);
        String said = cluster.accepted(create("vs4"));
        assertThat(server("vs4").permission().owner()).isEqualTo("n4");
        assertThat(server("vs4").permission().heir()).isEmpty();
        assertThat(server("vs4").replicas().voters()).hasSize(3);
        assertThat(said).contains("no node has room to take over vs1, vs2, vs3, vs4");
        steps(100);
        assertThat(server("vs4").state()).isEqualTo(GroupState.ONLINE);
        cluster.refused(create("vs5"), "no node has room to own vs5");
        assertThat(cluster.image.virtualServers()).hasSize(4);
    }

    @Test
    void oneNodeHoldsSeveralWhereThePolicyAllowsThat() {
        begin(1, 1);
        cluster.refused(create("vs2"), "no node has room to own vs2");
        cluster.accepted(new Command.SetGroupProperty("vs1", "room", "stack 2"));
        cluster.accepted(create("vs2", new RoomPolicy(2), Optional.empty()));
        steps(50);
        assertThat(server("vs2").state()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs2").replicas().voters()).hasSize(1);
    }

    @Test
    void itsOwnerMayBeLostBeforeItIsFormed() {
        cluster.accepted(create("vs3"));
        String owner = server("vs3").permission().owner();
        kill(owner);
        steps(900); // an heir waits in a young process
        assertThat(server("vs3").state()).isEqualTo(GroupState.ONLINE);
        assertThat(server("vs3").permission().owner()).isNotEqualTo(owner);
    }

    @Test
    void whoIsElectedFirstHandsOverToTheOwnerToBe() {
        cluster.accepted(create("vs3"));
        VirtualServer server = server("vs3");
        String owner = server.permission().owner();
        String heir = server.permission().heir().orElseThrow();
        Replica own = server.replicas().of(cluster.image.nodes().get(heir)).orElseThrow();
        SortedMap<String, NodeDecisions.LocalGroup> groups = new TreeMap<>();
        List<Seat> seats = NodeDecisions.wanted(cluster.image, "vs3", new TreeMap<>());
        groups.put("vs3", new NodeDecisions.LocalGroup(own.incarnation(), true, true, seats, false, false));
        assertThat(leading(heir, groups, new TreeMap<>())).isEqualTo(new Duty.Open("vs3", cluster.image.version()));
        steps(5); // the owner has formed it and says so
        SortedMap<String, Facts.Heartbeat> peers = new TreeMap<>();
        peers.put(owner, cluster.heartbeat(cluster.nodes.get(owner)));
        ClusterImage unformed = cluster.image.with(new Event.GroupDeleted("vs3"), cluster.image.version() + 1, 0);
        cluster.image = unformed.with(new Event.GroupCreated(server), unformed.version() + 1, 0);
        assertThat(leading(heir, groups, peers))
                .isEqualTo(new Duty.HandOver("vs3", List.of(owner), false, owner + " is to be its first owner"));
    }

    private Duty leading(
            String node, SortedMap<String, NodeDecisions.LocalGroup> groups, SortedMap<String, Facts.Heartbeat> peers) {
        var local = new NodeDecisions.Local(
                node, 1, 100_000, groups, peers, new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
        return NodeDecisions.duties(cluster.image, local).stream()
                .filter(duty -> duty.group().equals("vs3"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatCannotBeDeleted() {
        cluster.refused(new Command.DeleteGroup("vs9"), "no virtual server 'vs9'");
        for (int user = 1; user <= 5; user++) {
            cluster.accepted(new Command.AddUser("u" + user + "@example.org", "hash", Optional.of("vs1"), 0));
        }
        cluster.refused(
                new Command.DeleteGroup("vs1"),
                "mailboxes of u1@example.org, u2@example.org, u3@example.org and 2 more users; 'posthouse user remove");
        cluster.refused(new Command.DeleteGroup("vs2"), "vs2 is to be online; 'posthouse group offline vs2 --wait'");
        cluster.accepted(new Command.SetGroupWanted("vs2", false));
        cluster.refused(new Command.DeleteGroup("vs2"), "wait until it is offline");
        assertThat(cluster.image.virtualServers()).hasSize(2);
    }

    @Test
    void oneIsDeletedAndItsReplicasArePutAside() {
        cluster.accepted(create("vs3"));
        steps(100);
        List<Replica> replicas = server("vs3").replicas().replicas();
        deleted("vs3");
        assertThat(server("vs3")).isNull();
        for (Replica replica : replicas) {
            assertThat(cluster.image.nodes().get(replica.node()).remains())
                    .containsExactly(new Node.Remains("vs3", replica.incarnation()));
        }
        cluster.refused(create("vs3"), "a virtual server 'vs3' was deleted, and [");
        steps(50);
        assertThat(cluster.image.nodes().values())
                .allSatisfy(node -> assertThat(node.remains()).isEmpty());
        assertThat(cluster.nodes.values())
                .allSatisfy(node -> assertThat(node.held).doesNotContainKey("vs3"));

        // The name is free again, for something that nobody takes for the old one.
        long before = cluster.image.version();
        cluster.accepted(create("vs3"));
        assertThat(server("vs3").generation()).isGreaterThan(before);
        assertThat(server("vs3").replicas().replicas()).doesNotContainAnyElementsOf(replicas);
        steps(100);
        assertThat(server("vs3").state()).isEqualTo(GroupState.ONLINE);
    }

    @Test
    void aNodeThatWasAwayKeepsTheNameTakenUntilItReturnsOrIsEvicted() {
        cluster.accepted(create("vs3"));
        steps(100);
        String away = server("vs3").replicas().voters().stream()
                .map(Replica::node)
                .filter(node -> !server("vs3").permission().owner().equals(node))
                .findFirst()
                .orElseThrow();
        kill(away);
        deleted("vs3");
        steps(100);
        cluster.refused(create("vs3"), "'vs3' was deleted, and [" + away + "] may still hold replicas of it");
        start(away);
        steps(100);
        assertThat(cluster.nodes.get(away).held).doesNotContainKey("vs3");
        cluster.accepted(create("vs3"));
    }

    @Test
    void anOldReportFreesNoNewRemains() {
        cluster.accepted(create("vs3"));
        steps(100);
        Replica first = server("vs3").replicas().replicas().getFirst();
        deleted("vs3");
        steps(50);
        cluster.accepted(create("vs3"));
        steps(100);
        deleted("vs3");
        cluster.accepted(new Command.ReportPutAside("vs3", first.node(), first.incarnation()));
        assertThat(cluster.image.nodes().get(first.node()).remains())
                .noneMatch(remains -> remains.incarnation() == first.incarnation());
        cluster.refused(create("vs3"), "was deleted");
    }

    @Test
    void whatANodeHoldsIsNotPutAsideByAnImageThatWasNotJustFetched() {
        VirtualServer server = server("vs1");
        Replica own = server.replicas().voters().getFirst();
        ClusterImage without = cluster.image.with(new Event.GroupDeleted("vs1"), cluster.image.version() + 1, 0);
        assertThat(duties(without, own, false)).containsExactly(new Duty.FetchImage("vs1"));
        assertThat(duties(without, own, true))
                .containsExactly(new Duty.PutAside("vs1", "the virtual server was deleted"));
        assertThat(duties(ClusterImage.EMPTY, own, true)).isEmpty();
    }

    private static List<Duty> duties(ClusterImage image, Replica own, boolean fresh) {
        SortedMap<String, NodeDecisions.LocalGroup> groups = new TreeMap<>();
        groups.put("vs1", new NodeDecisions.LocalGroup(own.incarnation(), true, false, List.of(), false, false));
        var asked = new TreeSet<String>(fresh ? List.of("vs1") : List.of());
        var local =
                new NodeDecisions.Local(own.node(), 1, 100_000, groups, new TreeMap<>(), new TreeSet<>(), asked, asked);
        return NodeDecisions.duties(image, local).stream()
                .filter(duty -> duty.group().equals("vs1"))
                .toList();
    }

    @Test
    void nothingOfThisIsWrittenAtFeatureLevel1() {
        ClusterImage old = cluster.image.with(new Event.FeatureLevelRaised(1), cluster.image.version() + 1, 0);
        for (Command command : List.of(create("vs3"), new Command.RenameResource("vs1", "imap", "imap4"))) {
            Decision decision = Coordinator.decide(old, command, 0);
            assertThat(decision.events()).isEmpty();
            assertThat(decision.reply().message()).contains("feature level 1, this needs 2");
        }
    }

    @Test
    void aResourceGetsAnotherNameAndThoseAboveItFollow() {
        long made = server("vs1").resources().get("storage").made();
        assertThat(cluster.accepted(new Command.RenameResource("vs1", "storage", "mail")))
                .isEqualTo("vs1/storage is vs1/mail from now on");
        assertThat(server("vs1").resources()).containsOnlyKeys("imap", "mail", "smtp");
        VirtualServer.Resource renamed = server("vs1").resources().get("mail");
        assertThat(renamed.name()).isEqualTo("mail");
        assertThat(renamed.made()).isEqualTo(made);
        assertThat(server("vs1").resources().get("imap").dependsOn()).containsExactly("mail");
        assertThat(server("vs1").resources().get("smtp").dependsOn()).containsExactly("mail");
        steps(50);
        assertThat(server("vs1").state()).isEqualTo(GroupState.ONLINE);

        cluster.refused(new Command.RenameResource("vs1", "mail", "imap"), "there is a resource 'imap' in vs1 already");
        cluster.refused(new Command.RenameResource("vs1", "mail", "Mail"), "cannot be a resource's name");
        cluster.refused(new Command.RenameResource("vs1", "pop3", "pop"), "no resource 'pop3'");
        cluster.refused(new Command.RenameResource("vs9", "imap", "pop"), "no virtual server 'vs9'");
        long version = cluster.image.version();
        cluster.accepted(new Command.RenameResource("vs1", "mail", "mail"));
        assertThat(cluster.image.version()).isEqualTo(version);
    }
}
