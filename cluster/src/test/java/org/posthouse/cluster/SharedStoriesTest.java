package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A virtual server in shared mode: its mail in one folder, its owner named by the coordinator.
class SharedStoriesTest extends ModelStories {
    @BeforeEach
    void begin() {
        cluster = new ModelCluster(11, 4, 1);
        steps(200);
        cluster.image
                .nodes()
                .keySet()
                .forEach(node ->
                        cluster.accepted(new Command.DeclareTypes(node, List.of(ResourceTypeFacts.STORAGE_GROUP))));
        cluster.accepted(create("vs3", "/mail/vs3"));
        await("it is open", 100, () -> openOn("vs3").isPresent());
        steps(20);
    }

    private static Command.CreateGroup create(String name, String folder) {
        SortedMap<String, String> properties = new TreeMap<>(Map.of("folder", folder));
        List<FirstPlan.PlannedResource> resources = new ArrayList<>();
        resources.add(new FirstPlan.PlannedResource("storage", "storage-group", properties, List.of()));
        return new Command.CreateGroup(
                new FirstPlan.PlannedServer(name, resources), RoomPolicy.parse("stack 3"), Optional.empty());
    }

    private String owner() {
        return server("vs3").permission().owner();
    }

    private String heir() {
        return server("vs3").permission().heir().orElseThrow();
    }

    /// Where it is open and works.
    private Optional<String> openOn(String name) {
        return cluster.groups.get(name).openOn.isEmpty()
                ? Optional.empty()
                : Optional.of(cluster.groups.get(name).openOn);
    }

    private void awaitOpenOn(String node) {
        await(
                "it is open on " + node,
                400,
                () -> openOn("vs3").equals(Optional.of(node))
                        && server("vs3").permission().owner().equals(node)
                        && server("vs3").state() == GroupState.ONLINE);
    }

    @Test
    void itHasOwnerAndHeirAndNoReplicas() {
        assertThat(server("vs3").replicas().replicas()).isEmpty();
        assertThat(server("vs3").state()).isEqualTo(GroupState.ONLINE);
        assertThat(heir()).isNotEqualTo(owner());
        assertThat(survives("vs3")).isTrue();
        steps(400);
        assertThat(server("vs3").replicas().change()).as("none is made").isEmpty();
    }

    @Test
    void theHeirTakesOverWhenTheOwnerIsLost() {
        String lost = owner();
        String heir = heir();
        OpenEpoch before = server("vs3").opened().orElseThrow().epoch();
        cluster.kill(lost);
        awaitOpenOn(heir);
        assertThat(server("vs3").opened().orElseThrow().epoch()).isGreaterThan(before);
        await(
                "there is an heir again",
                100,
                () -> server("vs3").permission().heir().isPresent());
        cluster.start(lost, false);
        steps(300);
        assertThat(owner()).as("nothing goes back unasked").isEqualTo(heir);
    }

    @Test
    void anOwnerThatWasOnlyUnheardKeepsIt() {
        String owner = owner();
        cluster.nodes.get(owner).alive = false;
        steps(3); // a third of a second
        cluster.nodes.get(owner).alive = true;
        steps(100);
        assertThat(owner()).isEqualTo(owner);
        awaitOpenOn(owner);
    }

    @Test
    void aMoveHasTheOwnerLetGoFirst() {
        String target = heir();
        cluster.accepted(new Command.Move("vs3", target));
        awaitOpenOn(target);
        await("the move has ended", 50, () -> server("vs3").move().isEmpty());
    }

    @Test
    void aMoveToANodeThatCannotTakeItGoesOnElsewhere() {
        String before = owner();
        String target = heir();
        cluster.unmounted.add("vs3@" + target);
        cluster.accepted(new Command.Move("vs3", target));
        await(
                "another has it",
                600,
                () -> server("vs3").move().isEmpty()
                        && openOn("vs3").isPresent()
                        && server("vs3").state() == GroupState.ONLINE);
        assertThat(owner()).as("where it was").isEqualTo(before);
    }

    @Test
    void whereNobodyCanMountItItsStateSaysWhy() {
        cluster.image.nodes().keySet().forEach(node -> cluster.unmounted.add("vs3@" + node));
        cluster.kill(owner());
        await("the reason is shown", 200, () -> server("vs3")
                .reason()
                .contains("could not take it over: it is not mounted"));
        assertThat(server("vs3").state()).isEqualTo(GroupState.PENDING);
        cluster.unmounted.clear();
        await("it is online", 400, () -> server("vs3").state() == GroupState.ONLINE);
    }

    @Test
    void aDamagedFolderIsGivenUpWhenItsPolicyAllowsNoMoreFailovers() {
        cluster.damaged.add("vs3");
        cluster.kill(owner());
        await("it is given up", 400, () -> server("vs3").state() == GroupState.FAILED);
        assertThat(server("vs3").failovers())
                .as("one less than there are nodes")
                .hasSize(3);
        assertThat(server("vs3").reason())
                .contains("could not take it over: it cannot be opened", "'posthouse group online vs3'");
        long tried = server("vs3").permission().version();
        steps(600);
        assertThat(server("vs3").permission().version()).as("nobody tries").isEqualTo(tried);
        cluster.damaged.clear();
        steps(100);
        assertThat(server("vs3").state()).isEqualTo(GroupState.FAILED);
        cluster.accepted(new Command.SetGroupWanted("vs3", true));
        await("it is online", 400, () -> server("vs3").state() == GroupState.ONLINE);
        assertThat(server("vs3").failovers()).isEmpty();
    }

    @Test
    void offlineItsFolderIsLetGo() {
        cluster.accepted(new Command.SetGroupWanted("vs3", false));
        await("nobody holds it", 100, () -> cluster.groups.get("vs3").config.isEmpty());
        steps(20);
        assertThat(server("vs3").state()).isEqualTo(GroupState.OFFLINE);
        assertThat(server("vs3").reason()).contains("an operator took it offline");
        steps(100);
        assertThat(cluster.groups.get("vs3").config).isEmpty();
        cluster.accepted(new Command.SetGroupWanted("vs3", true));
        await("it is online", 100, () -> server("vs3").state() == GroupState.ONLINE);
    }

    @Test
    void deletedItsMailStaysWhereItIs() {
        cluster.refused(new Command.DeleteGroup("vs3"), "is to be online");
        cluster.accepted(new Command.SetGroupWanted("vs3", false));
        await("it is offline", 100, () -> server("vs3").state() == GroupState.OFFLINE);
        assertThat(cluster.accepted(new Command.DeleteGroup("vs3"))).contains("its mail stays in /mail/vs3");
        steps(100);
        assertThat(cluster.groups.get("vs3").config).isEmpty();
        cluster.accepted(create("vs3", "/mail/other"));
    }

    @Test
    void aDrainedOwnerGivesItAway() {
        String owner = owner();
        cluster.accepted(new Command.SetNodeDuty(owner, NodeDuty.DRAINING));
        await("it is elsewhere", 400, () -> openOn("vs3")
                .filter(node -> !node.equals(owner))
                .isPresent());
    }

    @Test
    void whatIsRefused() {
        cluster.refused(create("vs4", "/mail/vs3"), "vs3 keeps its mail in /mail/vs3");
        cluster.refused(create("vs4", "/mail/vs3/inner"), "none lies in another's");
        cluster.refused(create("vs4", "/mail"), "none lies in another's");
        cluster.refused(create("vs4", "mail"), "an absolute folder");
        cluster.refused(create("vs4", "/mail/../etc"), "an absolute folder");
        cluster.refused(new Command.SetResourceProperty("vs3", "storage", "folder", "/elsewhere"), "stays: /mail/vs3");
        cluster.refused(
                new Command.SetResourceProperty("vs1", "storage", "folder", "/elsewhere"), "stays: in replicas");
        cluster.refused(new Command.SetResourceProperty("vs3", "storage", "fencing", "maybe"), "'none', 'storage'");
        cluster.refused(new Command.MoveReplica("vs3", "n1", "n2"), "has no replicas: its mail is in /mail/vs3");
    }

    @Test
    void howFarItIsSupported() {
        SharedStorage bare = new SharedStorage("/mail/vs3", SharedStorage.Fencing.NONE);
        assertThat(bare.support("nfs4")).isEqualTo(SharedStorage.Support.LIMITED);
        assertThat(bare.support("xfs")).isEqualTo(SharedStorage.Support.REFUSED);
        assertThat(bare.explain("xfs")).contains("only one machine may mount", "fencing=storage");
        SharedStorage fenced = new SharedStorage("/mail/vs3", SharedStorage.Fencing.STORAGE);
        assertThat(fenced.support("xfs")).isEqualTo(SharedStorage.Support.SUPPORTED);
    }
}
