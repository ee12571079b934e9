package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Resources of a running virtual server: created, set, limited to nodes, deleted; and what is refused, and why.
class ResourcesTest extends ModelStories {
    private static final ResourceTypeFacts PROGRAM = new ResourceTypeFacts(
            "program",
            "An outside program.",
            false,
            true,
            List.of(
                    ResourceTypeFacts.Property.required("start", "the command that it is started by", ".+"),
                    ResourceTypeFacts.Property.optional("patience", "seconds, 1 to 99", "10", "[1-9]\\d?"),
                    ResourceTypeFacts.Property.optional("pace", "a number", "1", "\\d")
                            .changedAtOnce()));
    private static final ResourceTypeFacts IMAP = new ResourceTypeFacts("imap", "IMAP.", true, false, List.of());

    @BeforeEach
    void begin() {
        cluster = new ModelCluster(11, 4, 3);
        steps(200);
        for (String node : List.of("n1", "n2", "n3", "n4")) {
            declare(node, ResourceTypeFacts.STORAGE_GROUP, IMAP, PROGRAM);
        }
    }

    private void declare(String node, ResourceTypeFacts... types) {
        cluster.accepted(new Command.DeclareTypes(node, List.of(types)));
    }

    private static Command.CreateResource create(String name, String type, Map<String, String> properties) {
        return new Command.CreateResource("vs1", name, type, new TreeMap<>(properties), List.of("storage"), true);
    }

    private VirtualServer server() {
        return cluster.image.virtualServers().get("vs1");
    }

    private VirtualServer.Resource web() {
        return server().resources().get("web");
    }

    @Test
    void whatIsWantedAndOfflineSaysWhatItWaitsFor() {
        cluster.accepted(create("web", "program", Map.of("start", "/bin/web")));
        steps(50);
        assertThat(reasonWith(Map.of("web", ResourceState.OFFLINE)))
                .isEqualTo("web is offline (it waits for the node lease)");
        assertThat(reasonWith(Map.of("web", ResourceState.OFFLINE, "storage", ResourceState.ONLINE_PENDING)))
                .contains("web is offline")
                .doesNotContain("lease");
        cluster.accepted(new Command.SetResourceWanted("vs1", "web", false));
        assertThat(reasonWith(Map.of("web", ResourceState.OFFLINE))).isEqualTo("web is offline");
    }

    /// What is said of vs1 when its owner tells these states.
    private String reasonWith(Map<String, ResourceState> told) {
        String owner = server().permission().owner();
        Facts facts = cluster.facts();
        Facts.Heard heard = facts.nodes().get(owner);
        Facts.Heartbeat heartbeat = heard.heartbeat();
        Facts.Membership was = heartbeat.groups().get("vs1");
        SortedMap<String, ResourceState> states = new TreeMap<>(was.resources());
        states.putAll(told);
        SortedMap<String, Facts.Membership> groups = new TreeMap<>(heartbeat.groups());
        groups.put(
                "vs1",
                new Facts.Membership(
                        was.incarnation(),
                        was.leading(),
                        was.open(),
                        was.openVersion(),
                        was.committed(),
                        was.applied(),
                        was.members(),
                        was.failed(),
                        states));
        SortedMap<String, Facts.Heard> nodes = new TreeMap<>(facts.nodes());
        nodes.put(
                owner,
                new Facts.Heard(
                        heard.ageMillis(),
                        new Facts.Heartbeat(
                                heartbeat.node(),
                                heartbeat.incarnation(),
                                heartbeat.process(),
                                heartbeat.processAgeMillis(),
                                groups,
                                heartbeat.featureLevel(),
                                heartbeat.lease())));
        return StateJudgement.of(
                        cluster.image, new Facts(nodes, facts.watchedMillis(), facts.settling()), server(), cluster.now)
                .reason();
    }

    @Test
    void oneIsCreatedAndSetAndDeleted() {
        cluster.accepted(create("web", "program", Map.of("start", "/bin/web")));
        assertThat(web().wanted()).isTrue();
        assertThat(web().dependsOn()).containsExactly("storage");
        assertThat(web().made()).isPositive().isEqualTo(cluster.image.version());
        steps(50);
        assertThat(server().state()).isEqualTo(GroupState.ONLINE);

        String said = cluster.accepted(new Command.SetResourceProperty("vs1", "web", "patience", "20"));
        assertThat(said).isEqualTo("vs1/web patience is now 20, from when it is next brought online");
        assertThat(cluster.accepted(new Command.SetResourceProperty("vs1", "web", "pace", "3")))
                .endsWith("pace is now 3, at once and on all nodes");
        assertThat(web().properties()).containsEntry("patience", "20");
        assertThat(cluster.accepted(new Command.SetResourceProperty("vs1", "web", "patience", "")))
                .contains("patience is now 10");
        assertThat(web().properties()).doesNotContainKey("patience");
        cluster.accepted(new Command.SetResourceProperty("vs1", "web", "deadlock-timeout", "60"));
        assertThat(web().policy().deadlock()).isEqualTo(60_000);

        cluster.accepted(new Command.DeleteResource("vs1", "web"));
        assertThat(server().resources()).doesNotContainKey("web");
        steps(50);
        assertThat(server().state()).isEqualTo(GroupState.ONLINE);
        long first = cluster.image.version();
        cluster.accepted(create("web", "program", Map.of("start", "/bin/web")));
        assertThat(web().made()).as("another one of the same name").isGreaterThan(first);
    }

    @Test
    void imapGoesAndComesWithoutSmtp() {
        cluster.accepted(new Command.DeleteResource("vs1", "imap"));
        steps(20);
        assertThat(server().state()).isEqualTo(GroupState.ONLINE);
        assertThat(server().resources().get("smtp").state()).isEqualTo(ResourceState.ONLINE);
        cluster.accepted(create("imap", "imap", Map.of()));
        steps(50);
        assertThat(server().resources().get("imap").state()).isEqualTo(ResourceState.ONLINE);
    }

    @Test
    void whatCannotBeCreated() {
        cluster.refused(create("Web", "program", Map.of("start", "x")), "lower-case letters, digits and hyphens");
        cluster.refused(create("imap", "program", Map.of("start", "x")), "there is a resource 'imap' in vs1 already");
        cluster.refused(create("imap2", "imap", Map.of()), "one resource of type imap at most; vs1 has imap");
        cluster.refused(create("mail", "storage-group", Map.of()), "type storage-group at most; vs1 has storage");
        cluster.refused(
                create("web", "web", Map.of()),
                "no node knows a resource type 'web'; all know [imap, program, storage-group]");
        cluster.refused(create("web", "program", Map.of()), "needs the property start: the command");
        cluster.refused(
                create("web", "program", Map.of("start", "x", "patience", "0")), "patience cannot be '0': seconds, 1");
        cluster.refused(
                create("web", "program", Map.of("start", "x", "colour", "red")),
                "no property 'colour'; it has [start, patience, pace]");
        SortedMap<String, String> start = new TreeMap<>(Map.of("start", "x"));
        cluster.refused(
                new Command.CreateResource("vs1", "web", "program", start, List.of("pop3"), true),
                "no resource 'pop3' in vs1; there are");
        cluster.refused(
                new Command.CreateResource("vs9", "web", "program", start, List.of(), true), "no virtual server 'vs9'");
        declare("n3", ResourceTypeFacts.STORAGE_GROUP, IMAP);
        cluster.refused(
                create("web", "program", Map.of("start", "x")),
                "'program' is known to [n1, n2, n4], but not to [n3]: all nodes must run a release that has it");
        cluster.refused(new Command.DeclareTypes("n9", List.of()), "no node 'n9'");
    }

    @Test
    void whatCannotBeDeletedOrSet() {
        cluster.accepted(create("web", "program", Map.of("start", "x")));
        cluster.accepted(new Command.AddDependency("vs1", "web", "imap"));
        cluster.refused(new Command.DeleteResource("vs1", "imap"), "web depends on imap; end that first");
        cluster.refused(
                new Command.DeleteResource("vs1", "storage"), "is the storage group of vs1, its mail; it stays");
        cluster.refused(new Command.DeleteResource("vs1", "pop3"), "no resource 'pop3'");
        cluster.refused(new Command.SetResourceProperty("vs1", "web", "start", ""), "needs the property start");
        cluster.refused(new Command.SetResourceProperty("vs1", "web", "patience", "x"), "patience cannot be 'x'");
        cluster.refused(new Command.SetResourceProperty("vs1", "web", "colour", "red"), "no setting 'colour'");
    }

    @Test
    void aVirtualServerGoesOnlyWhereAllItsWantedResourcesMay() {
        cluster.accepted(create("web", "program", Map.of("start", "x")));
        cluster.refused(new Command.RemovePossibleOwner("vs1", "web", "n1"), "n1 owns vs1 now");
        cluster.accepted(new Command.RemovePossibleOwner("vs1", "web", "n4"));
        assertThat(web().possibleOwners()).containsExactly("n1", "n2", "n3");
        cluster.refused(new Command.Move("vs1", "n4"), "n4 is no possible owner of vs1: web's are [n1, n2, n3]");
        cluster.refused(new Command.RemovePossibleOwner("vs1", "web", "n4"), "possible are [n1, n2, n3]");
        cluster.accepted(new Command.SetGroupProperty("vs1", "preferred-owners", "any"));
        steps(20);
        assertThat(server().permission().heir()).as("n4 may not").isNotEqualTo(java.util.Optional.of("n4"));

        // What is not wanted limits nothing.
        cluster.accepted(new Command.SetResourceWanted("vs1", "web", false));
        cluster.accepted(new Command.RemovePossibleOwner("vs1", "web", "n1"));
        cluster.refused(
                new Command.SetResourceWanted("vs1", "web", true), "n1 owns vs1 now, and vs1/web may not come online");
        cluster.accepted(new Command.AddPossibleOwner("vs1", "web", "n1"));
        cluster.accepted(new Command.AddPossibleOwner("vs1", "web", "n4"));
        assertThat(web().possibleOwners()).as("every node again").isEmpty();
        cluster.refused(new Command.AddPossibleOwner("vs1", "web", "n9"), "no node 'n9'");
    }

    @Test
    void itsLastPossibleOwnerStays() {
        cluster.accepted(create("web", "program", Map.of("start", "x")));
        for (String node : List.of("n2", "n3", "n4")) {
            cluster.accepted(new Command.RemovePossibleOwner("vs1", "web", node));
        }
        cluster.refused(new Command.RemovePossibleOwner("vs1", "web", "n1"), "the only possible owner of vs1/web");
        cluster.refused(new Command.EvictNode("n1"), "n1 is the only possible owner of vs1 (web's are [n1])");
        cluster.accepted(new Command.SetResourceWanted("vs1", "web", false));
        cluster.refused(new Command.EvictNode("n1"), "n1 is the only possible owner of vs1/web; 'posthouse resource");
        cluster.accepted(new Command.AddPossibleOwner("vs1", "web", "n2"));
        cluster.accepted(new Command.EvictNode("n1"));
        cluster.refused(new Command.RemovePossibleOwner("vs1", "web", "n2"), "of vs1/web that stays");
    }

    @Test
    void anOlderNodeKeepsTheFeatureLevelDown() {
        ClusterImage now = cluster.image;
        ClusterImage old = new ClusterImage(
                now.id(),
                now.name(),
                now.version(),
                1,
                now.nodes(),
                now.clusterGroup(),
                now.virtualServers(),
                now.directory(),
                now.history(),
                now.answers(),
                now.certificates(),
                now.names());
        Decision refused = Coordinator.decide(old, create("web", "program", Map.of("start", "x")), 0);
        assertThat(refused.reply().message()).contains("the cluster is at feature level 1, this needs 2");
        assertThat(Coordinator.decide(old, new Command.SetResourceWanted("vs1", "imap", false), 0)
                        .events())
                .isNotEmpty();
        assertThat(raised(old, 2, 2, 2, 2)).containsExactly(new Event.FeatureLevelRaised(2));
        assertThat(raised(old, 2, 2, 1, 2)).as("one is older").isEmpty();
        assertThat(raised(old, 2, 2, 2)).as("one was not heard").isEmpty();
    }

    private static List<Event> raised(ClusterImage image, int... levels) {
        SortedMap<String, Facts.Heard> heard = new TreeMap<>();
        for (int i = 0; i < levels.length; i++) {
            String node = "n" + (i + 1);
            Facts.Heartbeat heartbeat =
                    new Facts.Heartbeat(node, 9, 1, 0, new TreeMap<>(), levels[i], new LeaseWord(0, new TreeMap<>()));
            heard.put(node, new Facts.Heard(0, heartbeat));
        }
        List<Event> events = new ArrayList<>(Coordinator.decide(image, new Command.Tick(new Facts(heard, 0, true)), 0)
                .events());
        events.removeIf(event -> !(event instanceof Event.FeatureLevelRaised));
        return events;
    }
}
