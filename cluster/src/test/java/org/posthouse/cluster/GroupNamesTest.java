package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Virtual servers get other names, and nothing else changes.
class GroupNamesTest extends ModelStories {
    private static final FirstPlan.PlannedResource STORAGE =
            new FirstPlan.PlannedResource("storage", "storage-group", new TreeMap<>(), List.of());

    @BeforeEach
    void begin() {
        cluster = new ModelCluster(5, 4, 2);
        steps(200);
        for (String node : cluster.image.nodes().keySet()) {
            cluster.accepted(new Command.DeclareTypes(node, List.of(ResourceTypeFacts.STORAGE_GROUP)));
        }
        cluster.accepted(new Command.AddUser("anna@example.org", "hash", Optional.of("vs1"), 0));
    }

    private String accepted(Command command) {
        return cluster.accepted(command);
    }

    private VirtualServer named(String name) {
        return cluster.image.named().virtualServers().get(name);
    }

    private List<String> history() {
        List<String> texts = new ArrayList<>();
        cluster.image.history().forEach(entry -> texts.add(entry.text()));
        return texts;
    }

    private static Command.CreateGroup creating(String name) {
        return new Command.CreateGroup(
                new FirstPlan.PlannedServer(name, List.of(STORAGE)), new RoomPolicy(9), Optional.empty());
    }

    private void roomForMore() {
        accepted(new Command.SetGroupProperty(named("vs9") == null ? "vs1" : "vs9", "room", "stack 9"));
        accepted(new Command.SetGroupProperty("vs2", "room", "stack 9"));
    }

    @Test
    void nothingChangesButTheName() {
        VirtualServer before = cluster.image.virtualServers().get("vs1");
        assertThat(accepted(new Command.RenameGroup("vs1", "vs9"))).isEqualTo("vs1 is vs9 from now on");
        assertThat(history().getLast()).isEqualTo("vs1 is vs9 from now on: an operator asked for it");
        steps(50);
        assertThat(cluster.image.virtualServers().get("vs1")).isEqualTo(before);
        assertThat(named("vs9")).isEqualTo(before.named("vs9"));
        assertThat(cluster.image.named().virtualServers().keySet()).containsExactly("vs2", "vs9");
        assertThat(cluster.image
                        .named()
                        .directory()
                        .users()
                        .get("anna@example.org")
                        .virtualServer())
                .isEqualTo("vs9");
        assertThat(cluster.image.directory().users().get("anna@example.org").virtualServer())
                .isEqualTo("vs1");
        assertThat(cluster.image.storageGroup("vs9")).isEqualTo("vs1");
        assertThat(accepted(new Command.RenameGroup("vs9", "vs9"))).isEqualTo("vs9 has that name already");
    }

    @Test
    void commandsKnowTheNewNameOnly() {
        accepted(new Command.RenameGroup("vs1", "vs9"));
        cluster.refused(new Command.Move("vs1", "n3"), "no virtual server 'vs1'; there are [vs2, vs9]");
        cluster.refused(new Command.RenameGroup("vs1", "vs8"), "no virtual server 'vs1'");
        assertThat(accepted(new Command.AddUser("bert@example.org", "hash", Optional.of("vs9"), 0)))
                .contains("bert@example.org");
        assertThat(cluster.image.directory().users().get("bert@example.org").virtualServer())
                .isEqualTo("vs1");
        accepted(new Command.Move("vs9", "n3"));
        await(
                "it on n3",
                100,
                () -> named("vs9").permission().owner().equals("n3")
                        && named("vs9").move().isEmpty());
        assertThat(history()).anyMatch(text -> text.startsWith("vs9: ") && text.contains("n3"));
        assertThat(history()
                        .subList(
                                history().indexOf("vs1 is vs9 from now on: an operator asked for it") + 1,
                                history().size()))
                .noneMatch(text -> text.contains("vs1"));
        accepted(new Command.SetGroupWanted("vs9", false));
        await("it offline", 50, () -> named("vs9").state() == GroupState.OFFLINE);
        assertThat(cluster.image.virtualServers().get("vs1").wanted()).isFalse();
        accepted(new Command.SetResourceWanted("vs9", "imap", false));
        cluster.refused(new Command.DeleteGroup("vs9"), "vs9 holds the mailboxes of anna@example.org");
    }

    @Test
    void aNameThatCannotBeIsRefused() {
        cluster.refused(new Command.RenameGroup("vs1", "vs2"), "there is a virtual server 'vs2' already");
        cluster.refused(new Command.RenameGroup("vs1", "Vs"), "'Vs' cannot be a virtual server's name: 1 to 63");
        cluster.refused(new Command.RenameGroup("vs1", "cluster"), "cannot be named 'cluster'");
        accepted(new Command.RenameGroup("vs1", "vs9"));
        cluster.refused(new Command.RenameGroup("vs2", "vs9"), "there is a virtual server 'vs9' already");
    }

    @Test
    void twoNamesCanBeExchanged() {
        accepted(new Command.RenameGroup("vs1", "vs9"));
        accepted(new Command.RenameGroup("vs2", "vs1"));
        accepted(new Command.RenameGroup("vs9", "vs2"));
        assertThat(cluster.image.storageGroup("vs1")).isEqualTo("vs2");
        assertThat(cluster.image.storageGroup("vs2")).isEqualTo("vs1");
        accepted(new Command.SetGroupWanted("vs2", false));
        assertThat(cluster.image.virtualServers().get("vs1").wanted()).isFalse();
        assertThat(cluster.image.virtualServers().get("vs2").wanted()).isTrue();
        accepted(new Command.RenameGroup("vs1", "vs8"));
        accepted(new Command.RenameGroup("vs2", "vs1"));
        accepted(new Command.RenameGroup("vs8", "vs2"));
        assertThat(cluster.image.names()).as("as they were created").isEmpty();
    }

    @Test
    void itFailsOver() {
        accepted(new Command.RenameGroup("vs1", "vs9"));
        String owner = named("vs9").permission().owner();
        String heir = named("vs9").permission().heir().orElseThrow();
        cluster.kill(owner);
        await(
                "the heir",
                100,
                () -> named("vs9").permission().owner().equals(heir)
                        && named("vs9").state() == GroupState.ONLINE);
        cluster.start(owner, true);
        await("another heir", 600, () -> survives("vs1"));
    }

    @Test
    void anotherGetsTheOldNameAndAStorageGroupOfItsOwn() {
        accepted(new Command.RenameGroup("vs1", "vs9"));
        roomForMore();
        assertThat(accepted(creating("vs1"))).startsWith("vs1 is being formed on");
        assertThat(cluster.image.storageGroup("vs1")).isEqualTo("vs1-2");
        assertThat(history()).anyMatch(text -> text.startsWith("vs1 was created with replicas"));
        await("it online", 200, () -> named("vs1").state() == GroupState.ONLINE);
        assertThat(named("vs9").state()).isEqualTo(GroupState.ONLINE);

        accepted(new Command.SetGroupWanted("vs1", false));
        await("it offline", 50, () -> named("vs1").state() == GroupState.OFFLINE);
        accepted(new Command.DeleteGroup("vs1"));
        assertThat(cluster.image.names()).containsOnlyKeys("vs1");
        assertThat(cluster.image.virtualServers()).containsOnlyKeys("vs1", "vs2");
        await("what it left", 100, () -> cluster.image.nodes().values().stream()
                .allMatch(node -> node.remains().isEmpty()));
        accepted(creating("vs1"));
        await("a new one", 200, () -> named("vs1").state() == GroupState.ONLINE);
    }

    @Test
    void whatADeletedOneLeftKeepsItsFirstName() {
        accepted(new Command.RemoveUser("anna@example.org"));
        accepted(new Command.RenameGroup("vs1", "vs9"));
        accepted(new Command.SetGroupWanted("vs9", false));
        await("it offline", 50, () -> named("vs9").state() == GroupState.OFFLINE);
        accepted(new Command.DeleteGroup("vs9"));
        assertThat(cluster.image.names()).isEmpty();
        cluster.refused(new Command.RenameGroup("vs2", "vs1"), "a virtual server 'vs1' was deleted, and [");
        accepted(new Command.RenameGroup("vs2", "vs9"));
        await("what it left", 100, () -> cluster.image.nodes().values().stream()
                .allMatch(node -> node.remains().isEmpty()));
        accepted(new Command.RenameGroup("vs9", "vs1"));
    }
}
