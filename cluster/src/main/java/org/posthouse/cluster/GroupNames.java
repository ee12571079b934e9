package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// Virtual servers that were renamed.
///
/// The name that a virtual server is created with stays that of its storage group: of its Raft group, folders, routes
/// and heartbeats, and users' entries in the directory point to it. So nothing that runs notices a rename. Operators
/// know it by the name that it was given last: a decision is made on an image and by facts in which every virtual
/// server has that one, and its events are told back in storage groups' names. As long as nothing was renamed, all
/// that is nothing.
final class GroupNames {
    private static final int NAME_LENGTH_MAX = 63;
    private static final int SUFFIX_LENGTH_MAX = 4;

    private final ClusterImage image; // in storage groups' names
    private final SortedMap<String, String> byName = new TreeMap<>(); // of those renamed

    private GroupNames(ClusterImage image) {
        this.image = image;
        image.names().forEach((group, name) -> byName.put(name, group));
    }

    static GroupNames of(ClusterImage image) {
        return new GroupNames(image);
    }

    /// The table with another name; one that is the storage group's own need not be noted.
    static SortedMap<String, String> with(SortedMap<String, String> names, String group, String name) {
        return group.equals(name) ? SortedMaps.without(names, group) : SortedMaps.with(names, group, name);
    }

    private boolean none() {
        return byName.isEmpty();
    }

    private String name(String group) {
        return image.names().getOrDefault(group, group);
    }

    /// The storage group's name.
    String group(String name) {
        return byName.getOrDefault(name, name);
    }

    /// The image in operators' names.
    ClusterImage named(ClusterImage in) {
        if (none()) {
            return in;
        }
        SortedMap<String, VirtualServer> servers = new TreeMap<>();
        in.virtualServers().forEach((group, server) -> servers.put(name(group), server.named(name(group))));
        SortedMap<String, DirectoryImage.User> users = new TreeMap<>();
        in.directory().users().forEach((address, user) -> users.put(address, on(user, this::name)));
        return new ClusterImage(
                in.id(),
                in.name(),
                in.version(),
                in.featureLevel(),
                in.nodes(),
                in.clusterGroup(),
                Collections.unmodifiableSortedMap(servers),
                new DirectoryImage(
                        in.directory().domains(),
                        Collections.unmodifiableSortedMap(users),
                        in.directory().aliases()),
                in.history(),
                in.answers(),
                in.certificates(),
                Collections.emptySortedMap());
    }

    private static DirectoryImage.User on(DirectoryImage.User user, UnaryOperator<String> renaming) {
        return new DirectoryImage.User(
                user.address(),
                user.passwordHash(),
                renaming.apply(user.virtualServer()),
                user.enabled(),
                user.quotaBytes());
    }

    /// What nodes tell, in operators' names.
    Facts named(Facts facts) {
        if (none()) {
            return facts;
        }
        SortedMap<String, Facts.Heard> nodes = new TreeMap<>();
        facts.nodes()
                .forEach((node, heard) -> nodes.put(node, new Facts.Heard(heard.ageMillis(), on(heard.heartbeat()))));
        return new Facts(nodes, facts.watchedMillis(), facts.settling());
    }

    /// What is told of storage groups that do not count any more is left out: another may have the name now.
    private Facts.Heartbeat on(Facts.Heartbeat heartbeat) {
        SortedMap<String, Facts.Membership> groups = new TreeMap<>();
        heartbeat.groups().forEach((group, membership) -> {
            if (image.replicas(group).isPresent()) {
                groups.put(name(group), membership);
            }
        });
        return new Facts.Heartbeat(
                heartbeat.node(),
                heartbeat.incarnation(),
                heartbeat.process(),
                heartbeat.processAgeMillis(),
                groups,
                heartbeat.featureLevel(),
                heartbeat.lease(),
                heartbeat.outdated());
    }

    /// A command in operators' names: nodes give theirs in storage groups'.
    Command named(Command command) {
        if (none()) {
            return command;
        }
        return switch (command) {
            case Command.Tick c -> new Command.Tick(named(c.facts()));
            case Command.ReportLost c -> new Command.ReportLost(name(c.group()), c.node(), c.incarnation(), c.reason());
            case Command.GiveUpMove c -> new Command.GiveUpMove(name(c.virtualServer()), c.target(), c.reason());
            case Command.ReportUnable c ->
                new Command.ReportUnable(name(c.virtualServer()), c.node(), c.damaged(), c.reason());
            case Command.Request c -> new Command.Request(c.id(), named(c.command()));
            default -> command;
        };
    }

    /// A decision with its events in storage groups' names.
    Decision created(Decision decision) {
        List<Event> events = new ArrayList<>();
        for (Event event : decision.events()) {
            if (event instanceof Event.GroupCreated(VirtualServer server)) {
                String group = free(server.name());
                if (!group.equals(server.name())) {
                    events.add(new Event.GroupRenamed(group, server.name(), ""));
                }
                events.add(new Event.GroupCreated(server.named(group)));
            } else {
                events.add(none() ? event : renamed(event, this::group));
            }
        }
        return new Decision(List.copyOf(events), decision.reply());
    }

    /// A name for the storage group of a new virtual server: its own, unless one that was renamed has it.
    private String free(String name) {
        String start = name.substring(0, Math.min(name.length(), NAME_LENGTH_MAX - SUFFIX_LENGTH_MAX));
        String group = name;
        for (int number = 2; taken(group); number++) {
            group = start + "-" + number;
        }
        return group;
    }

    private boolean taken(String group) {
        return image.virtualServers().containsKey(group)
                || image.nodes().values().stream().anyMatch(node -> node.remains().stream()
                        .anyMatch(remains -> remains.group().equals(group)));
    }

    /// An event in operators' names, for the history.
    Event named(Event event) {
        return none() ? event : renamed(event, this::name);
    }

    private static Event renamed(Event event, UnaryOperator<String> by) {
        return switch (event) {
            case Event.ReplicaLost e ->
                new Event.ReplicaLost(by.apply(e.group()), e.node(), e.incarnation(), e.reason());
            case Event.ReplicaFound e -> new Event.ReplicaFound(by.apply(e.group()), e.node(), e.incarnation());
            case Event.OpenRecorded e ->
                new Event.OpenRecorded(by.apply(e.virtualServer()), e.node(), e.epoch(), e.version());
            case Event.Permitted e -> new Event.Permitted(by.apply(e.virtualServer()), e.owner(), e.heir(), e.reason());
            case Event.ReplicaChangeStarted e ->
                new Event.ReplicaChangeStarted(by.apply(e.group()), e.added(), e.removed(), e.reason());
            case Event.ReplicaPromoted e -> new Event.ReplicaPromoted(by.apply(e.group()));
            case Event.ReplicaChangeDone e -> new Event.ReplicaChangeDone(by.apply(e.group()));
            case Event.ReplicaChangeAbandoned e -> new Event.ReplicaChangeAbandoned(by.apply(e.group()), e.reason());
            case Event.ReplicasSwapped e ->
                new Event.ReplicasSwapped(by.apply(e.group()), e.added(), e.removed(), e.reason());
            case Event.MoveStarted e -> new Event.MoveStarted(by.apply(e.virtualServer()), e.target(), e.reason());
            case Event.MoveEnded e -> new Event.MoveEnded(by.apply(e.virtualServer()), e.moved(), e.reason());
            case Event.StateChanged e ->
                new Event.StateChanged(by.apply(e.virtualServer()), e.state(), e.reason(), e.resources());
            case Event.GroupCreated e ->
                new Event.GroupCreated(e.server().named(by.apply(e.server().name())));
            case Event.GroupDeleted e -> new Event.GroupDeleted(by.apply(e.virtualServer()));
            case Event.GroupRenamed e -> new Event.GroupRenamed(by.apply(e.virtualServer()), e.name(), e.before());
            case Event.GroupWanted e -> new Event.GroupWanted(by.apply(e.virtualServer()), e.wanted());
            case Event.GroupPolicySet e -> new Event.GroupPolicySet(by.apply(e.virtualServer()), e.policy(), e.what());
            case Event.FailoverCounted e -> new Event.FailoverCounted(by.apply(e.virtualServer()), e.reason());
            case Event.FailoversForgotten e -> new Event.FailoversForgotten(by.apply(e.virtualServer()));
            case Event.OfResource e -> resource(e, by.apply(e.virtualServer()));
            case Event.UserPut e -> new Event.UserPut(on(e.user(), by));
            // Of what remains of deleted ones only the storage group's name is known.
            case Event.RemainsPutAside _, Event.Recovered _, Event.ClusterCreated _ -> event;
            case Event.NodeAdded _, Event.NodeEvicted _, Event.NodeCertified _, Event.NodeUp _ -> event;
            case Event.NodeDown _, Event.NodeWrittenOff _, Event.NodeReincarnated _, Event.NodeDutySet _ -> event;
            case Event.TypesDeclared _, Event.FeatureLevelRaised _, Event.Answered _ -> event;
            case Event.DomainAdded _, Event.DomainRemoved _, Event.UserRemoved _ -> event;
            case Event.AliasPut _, Event.AliasRemoved _ -> event;
        };
    }

    private static Event resource(Event.OfResource event, String server) {
        return switch (event) {
            case Event.ResourcePut e -> new Event.ResourcePut(server, e.resource(), e.what());
            case Event.ResourceCreated e -> new Event.ResourceCreated(server, e.resource());
            case Event.ResourceDeleted e -> new Event.ResourceDeleted(server, e.resource());
            case Event.ResourceRenamed e -> new Event.ResourceRenamed(server, e.resource(), e.name());
        };
    }
}
