package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// The cluster's configuration and what is recorded of its course: immutable, the same on every node at the same
/// version. Made by [#apply] from the changes in the cluster group's log and from nothing else.
///
/// @param id 128 random bits, in the certificates too; `""` before the cluster was created
/// @param name for operators
/// @param version rises by one with every change
/// @param featureLevel events of a newer kind are proposed only once this was raised
/// @param clusterGroup who takes part in the cluster group
/// @param history newest last, at most [#HISTORY_ENTRIES_MAX]
/// @param answers to requests that changed something, newest last, at most [#ANSWERS_MAX]
/// @param certificates which ones nodes show, and which are refused
/// @param names that operators gave to virtual servers after those were created, by the name that each was created with
public record ClusterImage(
        String id,
        String name,
        long version,
        int featureLevel,
        SortedMap<String, Node> nodes,
        ReplicaSet clusterGroup,
        SortedMap<String, VirtualServer> virtualServers,
        DirectoryImage directory,
        List<HistoryEntry> history,
        List<Answer> answers,

        @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Certificates.Unwritten.class)
        Certificates certificates,

        @JsonInclude(JsonInclude.Include.NON_EMPTY) SortedMap<String, String> names) {
    /// The feature level that this release writes and reads.
    public static final int FEATURE_LEVEL = 3;

    /// Older lines of the history are dropped.
    public static final int HISTORY_ENTRIES_MAX = 500;

    /// Older answers are forgotten: whoever asks repeats for a minute at most.
    public static final int ANSWERS_MAX = 200;

    /// The cluster group's name; no virtual server may have it.
    public static final String CLUSTER_GROUP = "cluster";

    /// Before the first change.
    public static final ClusterImage EMPTY = new ClusterImage(
            "",
            "",
            0,
            FEATURE_LEVEL,
            Collections.emptySortedMap(),
            new ReplicaSet(List.of(), Optional.empty()),
            Collections.emptySortedMap(),
            new DirectoryImage(
                    Collections.emptySortedMap(), Collections.emptySortedMap(), Collections.emptySortedMap()),
            List.of(),
            List.of(),
            Certificates.NONE,
            Collections.emptySortedMap());

    public ClusterImage {
        certificates = certificates == null ? Certificates.NONE : certificates; // an image of feature level 2
        names = names == null ? Collections.emptySortedMap() : names; // the same
    }

    /// Another image in the making; what is not set stays as it is.
    private static final class Next {
        private final String id;
        private final String name;
        private long version;
        private int featureLevel;
        private SortedMap<String, Node> nodes;
        private ReplicaSet clusterGroup;
        private SortedMap<String, VirtualServer> virtualServers;
        private DirectoryImage directory;
        private List<HistoryEntry> history;
        private List<Answer> answers;
        private Certificates certificates;
        private SortedMap<String, String> names;

        private Next(ClusterImage image) {
            id = image.id;
            name = image.name;
            version = image.version;
            featureLevel = image.featureLevel;
            nodes = image.nodes;
            clusterGroup = image.clusterGroup;
            virtualServers = image.virtualServers;
            directory = image.directory;
            history = image.history;
            answers = image.answers;
            certificates = image.certificates;
            names = image.names;
        }

        private ClusterImage image() {
            return new ClusterImage(
                    id,
                    name,
                    version,
                    featureLevel,
                    nodes,
                    clusterGroup,
                    virtualServers,
                    directory,
                    history,
                    answers,
                    certificates,
                    names);
        }
    }

    private ClusterImage copy(Consumer<Next> changes) {
        Next next = new Next(this);
        changes.accept(next);
        return next.image();
    }

    /// What a request was answered, kept so that a repeated one is answered alike and not carried out twice.
    ///
    /// @param request its id, chosen by whoever asked
    public record Answer(String request, Reply reply) {}

    /// What applying a change came to.
    ///
    /// @param accepted false if the change was decided upon another version: it changed nothing, decide again
    public record Applied(ClusterImage image, boolean accepted) {}

    /// The image after a change. Decides nothing.
    public Applied apply(Change change) {
        if (change.baseVersion() != version) {
            return new Applied(this, false);
        }
        ClusterImage image = this;
        for (Event event : change.events()) {
            image = image.with(event, version + 1, change.at());
        }
        return new Applied(image, true);
    }

    /// Whether the cluster was created: its first change was [Event.ClusterCreated].
    public boolean created() {
        return !id.isEmpty();
    }

    /// Whether a node is seen to show a certificate that is to be noted ([Command.NoteCertificates]).
    public boolean knowsNot(SortedMap<String, Certificates.Certificate> seen) {
        return seen.entrySet().stream()
                .anyMatch(one -> nodes.containsKey(one.getKey()) && certificates.isNews(one.getKey(), one.getValue()));
    }

    /// A virtual server's or the cluster group's replicas.
    Optional<ReplicaSet> replicas(String group) {
        if (group.equals(CLUSTER_GROUP)) {
            return Optional.of(clusterGroup);
        }
        return Optional.ofNullable(virtualServers.get(group)).map(VirtualServer::replicas);
    }

    /// The image after one event of a change that makes this version.
    ClusterImage with(Event event, long newVersion, long at) {
        ClusterImage changed =
                switch (event) {
                    case Event.ClusterCreated e -> e.image();
                    case Event.NodeAdded e -> node(e.node());
                    case Event.NodeEvicted e -> evicted(e.node(), at);
                    case Event.NodeCertified e -> certificates(certificates.showing(e.node(), e.certificate(), at));
                    case Event.NodeUp e -> node(nodes.get(e.node()).in(NodeState.UP, at, e.reason()));
                    case Event.NodeDown e -> node(nodes.get(e.node()).in(NodeState.DOWN, at, e.reason()));
                    case Event.NodeWrittenOff e ->
                        node(nodes.get(e.node()).in(NodeState.LOST, at, "an operator wrote it off"));
                    case Event.NodeReincarnated e -> reincarnated(e);
                    case Event.ReplicaLost e ->
                        replicas(e.group(), replicasOf(e.group()).lost(e.node(), e.incarnation(), true));
                    case Event.ReplicaFound e ->
                        replicas(e.group(), replicasOf(e.group()).lost(e.node(), e.incarnation(), false));
                    case Event.OpenRecorded e -> opened(e, newVersion, at);
                    case Event.Permitted e -> {
                        var given = new VirtualServer.Permission(e.owner(), e.heir(), newVersion, at, e.reason());
                        yield virtualServer(
                                virtualServers.get(e.virtualServer()).permitted(given));
                    }
                    case Event.ReplicaChangeStarted e -> changeStarted(e, at);
                    case Event.ReplicaPromoted e -> {
                        ReplicaSet set = replicasOf(e.group());
                        yield replicas(
                                e.group(),
                                set.swapped(set.change().orElseThrow().at(ReplicaChange.Step.SWAPPING)));
                    }
                    case Event.ReplicaChangeDone e -> changeDone(e);
                    case Event.ReplicaChangeAbandoned e -> {
                        ReplicaSet set = replicasOf(e.group());
                        yield replicas(e.group(), set.abandoned(set.change().orElseThrow()));
                    }
                    case Event.ReplicasSwapped e -> swapped(e, at);
                    case Event.MoveStarted e ->
                        virtualServer(virtualServers
                                .get(e.virtualServer())
                                .move(Optional.of(new VirtualServer.Move(e.target(), at))));
                    case Event.MoveEnded e ->
                        virtualServer(virtualServers.get(e.virtualServer()).move(Optional.empty()));
                    case Event.StateChanged e ->
                        virtualServer(
                                virtualServers.get(e.virtualServer()).state(e.state(), e.reason(), e.resources()));
                    case Event.GroupCreated e -> groupCreated(e, newVersion, at);
                    case Event.GroupDeleted e -> groupDeleted(e.virtualServer());
                    case Event.RemainsPutAside e ->
                        node(nodes.get(e.node()).without(new Node.Remains(e.group(), e.incarnation())));
                    case Event.GroupRenamed e -> names(GroupNames.with(names, e.virtualServer(), e.name()));
                    case Event.GroupWanted e ->
                        virtualServer(virtualServers.get(e.virtualServer()).wanted(e.wanted()));
                    case Event.GroupPolicySet e ->
                        virtualServer(virtualServers.get(e.virtualServer()).policy(e.policy()));
                    case Event.FailoverCounted e -> failoverCounted(e, at);
                    case Event.FailoversForgotten e ->
                        virtualServer(virtualServers.get(e.virtualServer()).failovers(List.of()));
                    case Event.OfResource e -> resource(e, newVersion);
                    case Event.TypesDeclared e -> node(nodes.get(e.node()).having(e.types()));
                    case Event.FeatureLevelRaised e -> featureLevel(e.level());
                    case Event.Recovered e -> ClusterRecovery.apply(this, e, at);
                    case Event.NodeDutySet e -> node(nodes.get(e.node()).on(e.duty()));
                    case Event.OfDirectory e -> directory(e);
                    case Event.Answered e -> answered(new Answer(e.request(), e.reply()));
                };
        long shown = event instanceof Event.Recovered ? newVersion + ClusterRecovery.VERSION_LEAP : newVersion;
        return changed.told(GroupNames.of(this).named(event), shown, at);
    }

    /// This image as of its new version, with the event's line in its history.
    private ClusterImage told(Event event, long newVersion, long at) {
        List<HistoryEntry> told = event.history()
                .map(text -> remembering(new HistoryEntry(newVersion, at, text)))
                .orElse(history);
        return copy(next -> {
            next.version = newVersion;
            next.history = told;
        });
    }

    private ClusterImage groupCreated(Event.GroupCreated e, long newVersion, long at) {
        VirtualServer.Permission given = e.server().permission();
        ClusterImage image = virtualServer(e.server()
                .madeIn(newVersion)
                .permitted(new VirtualServer.Permission(given.owner(), given.heir(), newVersion, at, given.reason())));
        for (Replica replica : e.server().replicas().replicas()) {
            image = image.withIncarnation(replica);
        }
        return image;
    }

    /// What each node may still hold of it is remembered, also what was to go or was said to be lost.
    private ClusterImage groupDeleted(String name) {
        ReplicaSet set = replicasOf(name);
        List<Replica> held = new ArrayList<>(set.replicas());
        set.change().ifPresent(change -> held.addAll(change.removed()));
        ClusterImage image = copy(next -> {
            next.virtualServers = SortedMaps.without(virtualServers, name);
            next.names = SortedMaps.without(names, name);
        });
        for (Replica replica : held) {
            Node node = image.nodes.get(replica.node());
            var remains = new Node.Remains(name, replica.incarnation());
            image = node.remains().contains(remains) ? image : image.node(node.keeping(remains));
        }
        return image;
    }

    private ClusterImage resource(Event.OfResource event, long newVersion) {
        VirtualServer server = virtualServers.get(event.virtualServer());
        return virtualServer(
                switch (event) {
                    case Event.ResourcePut e -> server.resource(e.resource());
                    case Event.ResourceCreated e -> server.resource(e.resource().madeIn(newVersion));
                    case Event.ResourceDeleted e ->
                        server.resources(SortedMaps.without(server.resources(), e.resource()));
                    case Event.ResourceRenamed e -> server.renamed(e.resource(), e.name());
                });
    }

    private ClusterImage reincarnated(Event.NodeReincarnated e) {
        Node node = nodes.get(e.node());
        int own = e.whole() ? e.incarnation() : node.incarnation();
        Node again = node.incarnations(own, e.incarnation(), e.incarnation());
        return node(e.whole() ? again.remaining(List.of()) : again);
    }

    private ClusterImage swapped(Event.ReplicasSwapped e, long at) {
        var change = new ReplicaChange(e.added(), e.removed(), ReplicaChange.Step.SEATING, at, e.reason());
        return replicas(e.group(), replicasOf(e.group()).swapped(change));
    }

    /// What a node that was taken out holds of the cluster group does not count any more; it is to take part under
    /// another incarnation. One that has been given another already keeps that: it has joined under it, and would
    /// never hear of a third.
    private ClusterImage changeDone(Event.ReplicaChangeDone e) {
        ReplicaSet set = replicasOf(e.group());
        ClusterImage image = replicas(e.group(), set.done());
        if (e.group().equals(CLUSTER_GROUP)) {
            for (Replica removed : set.change().orElseThrow().removed()) {
                Node out = image.nodes.get(removed.node());
                if (out.clusterIncarnation() <= removed.incarnation()) {
                    int next = out.newestIncarnation() + 1;
                    image = image.node(out.incarnations(out.incarnation(), next, next));
                }
            }
        }
        return image;
    }

    /// Policies that named the node name it no more.
    private ClusterImage evicted(String node, long at) {
        ClusterImage image = copy(next -> {
            next.nodes = SortedMaps.without(nodes, node);
            next.certificates = certificates.evicting(node, at);
        });
        for (VirtualServer server : virtualServers.values()) {
            image = image.virtualServer(server.without(node));
        }
        return image;
    }

    private ClusterImage changeStarted(Event.ReplicaChangeStarted e, long at) {
        var change = new ReplicaChange(
                List.of(e.added()), e.removed().stream().toList(), ReplicaChange.Step.FILLING, at, e.reason());
        return withIncarnation(e.added())
                .replicas(e.group(), replicasOf(e.group()).started(change));
    }

    private ClusterImage withIncarnation(Replica added) {
        Node node = nodes.get(added.node());
        int newest = Math.max(node.newestIncarnation(), added.incarnation());
        return node(node.incarnations(node.incarnation(), newest, node.clusterIncarnation()));
    }

    private ClusterImage opened(Event.OpenRecorded e, long newVersion, long at) {
        VirtualServer before = virtualServers.get(e.virtualServer());
        var opened = new VirtualServer.Opened(e.node(), e.epoch(), e.version(), at);
        VirtualServer.Permission permission = before.permission();
        if (!permission.owner().equals(e.node())) {
            // The heir's place is empty until the coordinator has chosen anew.
            permission = new VirtualServer.Permission(
                    e.node(), Optional.empty(), newVersion, at, "it opened the virtual server");
        }
        return virtualServer(before.opened(opened, permission));
    }

    private ClusterImage failoverCounted(Event.FailoverCounted e, long at) {
        VirtualServer server = virtualServers.get(e.virtualServer());
        List<Long> counted = new ArrayList<>(server.failoversCounted(at));
        counted.add(at);
        return virtualServer(server.failovers(List.copyOf(counted)));
    }

    private ReplicaSet replicasOf(String group) {
        return replicas(group).orElseThrow();
    }

    private ClusterImage replicas(String group, ReplicaSet changed) {
        if (!group.equals(CLUSTER_GROUP)) {
            return virtualServer(virtualServers.get(group).replicas(changed));
        }
        return copy(next -> next.clusterGroup = changed);
    }

    private ClusterImage node(Node changed) {
        SortedMap<String, Node> with = SortedMaps.with(nodes, changed.name(), changed);
        return copy(next -> next.nodes = with);
    }

    private ClusterImage virtualServer(VirtualServer changed) {
        SortedMap<String, VirtualServer> with = SortedMaps.with(virtualServers, changed.name(), changed);
        return copy(next -> next.virtualServers = with);
    }

    private ClusterImage featureLevel(int level) {
        return copy(next -> next.featureLevel = level);
    }

    private ClusterImage names(SortedMap<String, String> changed) {
        return copy(next -> next.names = changed);
    }

    /// The image as operators know it: each virtual server has the name that was given to it last, everywhere.
    public ClusterImage named() {
        return GroupNames.of(this).named(this);
    }

    /// What nodes tell, by the names that operators know.
    public Facts named(Facts facts) {
        return GroupNames.of(this).named(facts);
    }

    /// The name of the storage group of a virtual server, by that which operators know.
    public String storageGroup(String known) {
        return GroupNames.of(this).group(known);
    }

    private ClusterImage certificates(Certificates changed) {
        return copy(next -> next.certificates = changed);
    }

    private ClusterImage directory(DirectoryImage changed) {
        return copy(next -> next.directory = changed);
    }

    private ClusterImage directory(Event.OfDirectory event) {
        return switch (event) {
            case Event.DomainAdded e ->
                domains(SortedMaps.with(directory.domains(), e.domain().name(), e.domain()));
            case Event.DomainRemoved e -> domains(SortedMaps.without(directory.domains(), e.name()));
            case Event.UserPut e ->
                users(SortedMaps.with(directory.users(), e.user().address(), e.user()));
            case Event.UserRemoved e -> users(SortedMaps.without(directory.users(), e.address()));
            case Event.AliasPut e ->
                aliases(SortedMaps.with(directory.aliases(), e.alias().address(), e.alias()));
            case Event.AliasRemoved e -> aliases(SortedMaps.without(directory.aliases(), e.address()));
        };
    }

    private ClusterImage domains(SortedMap<String, DirectoryImage.Domain> domains) {
        return directory(new DirectoryImage(domains, directory.users(), directory.aliases()));
    }

    private ClusterImage users(SortedMap<String, DirectoryImage.User> users) {
        return directory(new DirectoryImage(directory.domains(), users, directory.aliases()));
    }

    private ClusterImage aliases(SortedMap<String, DirectoryImage.Alias> aliases) {
        return directory(new DirectoryImage(directory.domains(), directory.users(), aliases));
    }

    private ClusterImage answered(Answer answer) {
        List<Answer> kept = newest(answers, answer, ANSWERS_MAX);
        return copy(next -> next.answers = kept);
    }

    private List<HistoryEntry> remembering(HistoryEntry entry) {
        return newest(history, entry, HISTORY_ENTRIES_MAX);
    }

    private static <T> List<T> newest(List<T> before, T added, int most) {
        List<T> all = new ArrayList<>(before);
        all.add(added);
        return List.copyOf(all.subList(Math.max(0, all.size() - most), all.size()));
    }

    /// What a request was answered that has been carried out.
    Optional<Reply> answerTo(String request) {
        return answers.stream()
                .filter(answer -> answer.request().equals(request))
                .map(Answer::reply)
                .findFirst();
    }

    /// The virtual servers that a node owns, or is about to own by a move, by name.
    SortedMap<String, VirtualServer> ownedBy(String node) {
        SortedMap<String, VirtualServer> owned = new TreeMap<>();
        for (VirtualServer server : virtualServers.values()) {
            boolean moving =
                    server.move().filter(move -> move.target().equals(node)).isPresent();
            if (server.permission().owner().equals(node) || moving) {
                owned.put(server.name(), server);
            }
        }
        return owned;
    }
}
