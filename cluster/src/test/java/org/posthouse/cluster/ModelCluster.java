package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// A cluster in one thread on made-up time: the real decisions, models of the rest. A Raft group is modelled by its
/// configuration, its leader, and how many entries each member has on its disk; nodes learn of a new image late.
final class ModelCluster {
    static final long STEP_MILLIS = 100;
    private static final long KEEPS_UP = 300;

    final Random random;
    final SortedMap<String, ModelNode> nodes = new TreeMap<>();
    final SortedMap<String, ModelGroup> groups = new TreeMap<>();
    final List<Kept> kept = new ArrayList<>();
    final List<Command> submitted = new ArrayList<>();
    /// What fails for good wherever it is brought online: `vs1/imap@n1`.
    final TreeSet<String> broken = new TreeSet<>();
    /// Which shared folders cannot be taken over where: `vs3@n2`.
    final TreeSet<String> unmounted = new TreeSet<>();
    /// Shared folders that can be taken over, but not opened.
    final TreeSet<String> damaged = new TreeSet<>();
    /// What was permitted at each version, by virtual server.
    final SortedMap<String, TreeMap<Long, VirtualServer.Permission>> permissions = new TreeMap<>();
    final Mistakes mistakes = new Mistakes(this);
    ClusterImage image;
    long now;
    private Optional<String> coordinator = Optional.empty();
    private HeartbeatTable table = new HeartbeatTable(0);

    /// An input of the coordinator and what it made of it.
    record Kept(ClusterImage image, Command command, long now, Decision decision) {}

    static final class ModelNode {
        final String name;
        boolean alive = true;
        /// 0: lost with its folder.
        int incarnation = 1;
        long startedAt;
        long process;
        ClusterImage known;
        boolean reachedByImages = true;
        /// Highest incarnation under which each group was held since the folder was empty.
        final SortedMap<String, Integer> held = new TreeMap<>();
        final TreeSet<String> seenOpen = new TreeSet<>();

        ModelNode(String name, ClusterImage known) {
            this.name = name;
            this.known = known;
        }
    }

    /// What members tell of their newest snapshots, by member.
    final SortedMap<String, Long> snapshots = new TreeMap<>();

    /// No Raft group changes its members meanwhile.
    boolean keepsConfigurations;

    ModelCluster(long seed, int nodeCount, int virtualServers) {
        this(seed, Plans.created(nodeCount, virtualServers));
    }

    ModelCluster(long seed, ClusterImage created) {
        random = new Random(seed);
        image = created;
        image.nodes().keySet().forEach(name -> nodes.put(name, new ModelNode(name, image)));
        ModelGroup cluster = new ModelGroup(ClusterImage.CLUSTER_GROUP);
        cluster.config = NodeDecisions.wanted(image, cluster.name, new TreeMap<>());
        cluster.config.forEach(seat -> cluster.members.put(key(seat), new ModelMember()));
        groups.put(cluster.name, cluster);
        image.virtualServers().keySet().forEach(name -> groups.put(name, new ModelGroup(name)));
        notePermissions();
    }

    private void notePermissions() {
        image.virtualServers().values().forEach(server -> permissions
                .computeIfAbsent(server.name(), _ -> new TreeMap<>())
                .put(image.version(), server.permission()));
    }

    /// Whether the image of this version permitted a node to open.
    boolean permitted(String virtualServer, long version, String node) {
        var then = permissions.get(virtualServer).floorEntry(version);
        return then != null && then.getValue().permits(node);
    }

    static String key(Seat seat) {
        return seat.node() + "." + seat.incarnation();
    }

    private static Optional<String> key(ModelGroup group, ModelNode node) {
        return group.members.keySet().stream()
                .filter(member -> member.startsWith(node.name + "."))
                .findFirst();
    }

    private static int incarnation(String member) {
        return Integer.parseInt(member.substring(member.indexOf('.') + 1));
    }

    void step() {
        now += STEP_MILLIS;
        groups.values().forEach(this::elect);
        groups.values().forEach(this::write);
        for (ModelNode node : nodes.values()) {
            if (node.alive && (random.nextInt(3) == 0 || coordinator.equals(Optional.of(node.name)))) {
                node.known = memberOfCluster(node) ? image : node.known;
            }
        }
        coordinate();
        for (ModelNode node : nodes.values()) {
            if (node.alive) {
                act(node);
            }
        }
    }

    private boolean memberOfCluster(ModelNode node) {
        return coordinator.isPresent()
                && groups.get(ClusterImage.CLUSTER_GROUP).config.stream()
                        .anyMatch(seat -> seat.node().equals(node.name));
    }

    // What happens from outside

    void kill(String name) {
        nodes.get(name).alive = false;
        groups.values().forEach(group -> {
            if (group.openOn.equals(name)) {
                group.openOn = "";
            }
        });
    }

    void start(String name, boolean wiped) {
        ModelNode node = nodes.get(name);
        if (wiped && mistakes.made(Mistakes.Bug.WIPED_NODE_VOTES)) {
            groups.values()
                    .forEach(group -> key(group, node).ifPresent(member -> group.members.get(member).stored = 0));
        } else if (wiped) {
            groups.values().forEach(group -> group.members.keySet().removeIf(member -> member.startsWith(name + ".")));
            node.incarnation = 0;
            node.held.clear();
        }
        groups.values().stream()
                .filter(group -> group.shared && key(group, node).isPresent())
                .forEach(ModelGroup::letGo);
        node.alive = true;
        node.startedAt = now;
        node.process++;
        node.seenOpen.clear();
    }

    /// One group's folder turns out damaged at the start; the rest is whole.
    void damage(String name, String group) {
        ModelGroup of = groups.get(group);
        key(of, nodes.get(name)).ifPresent(member -> of.members.remove(member));
    }

    /// A machine with an empty folder; it takes part once it was added to the cluster too.
    void install(String name) {
        ModelNode node = new ModelNode(name, ClusterImage.EMPTY);
        node.incarnation = 0;
        node.startedAt = now;
        nodes.put(name, node);
    }

    /// The command that adds it.
    static Command.AddNode adding(String name) {
        return new Command.AddNode(name, name + ".example.org", 800, 801, "");
    }

    void submit(Command command) {
        submitted.add(command);
    }

    // Raft, as far as it matters here

    private boolean takesPart(ModelGroup group, Seat seat) {
        ModelNode node = nodes.get(seat.node());
        return node.alive && group.members.containsKey(key(seat));
    }

    private boolean majority(ModelGroup group, List<Seat> config) {
        long voters = config.stream().filter(Seat::votes).count();
        long living = config.stream()
                .filter(seat -> seat.votes() && takesPart(group, seat))
                .count();
        return voters > 0 && living > voters / 2;
    }

    private void elect(ModelGroup group) {
        boolean leads = group.config.stream()
                .anyMatch(seat -> seat.votes() && key(seat).equals(group.leader) && takesPart(group, seat));
        if (leads && majority(group, group.config)) {
            return;
        }
        group.leader = "";
        group.openOn = "";
        if (!majority(group, group.config) || random.nextInt(3) == 0) {
            return;
        }
        List<Seat> candidates = group.config.stream()
                .filter(seat -> seat.votes() && takesPart(group, seat))
                .toList();
        long longest = candidates.stream()
                .mapToLong(seat -> group.members.get(key(seat)).stored)
                .max()
                .orElse(0);
        List<Seat> able = candidates.stream()
                .filter(seat -> group.members.get(key(seat)).stored == longest)
                .sorted(Comparator.comparing(Seat::priority).reversed())
                .toList();
        int top = able.getFirst().priority();
        List<Seat> first = able.stream()
                .filter(seat -> seat.priority() == top || random.nextInt(4) == 0)
                .toList();
        Seat won = first.get(random.nextInt(first.size()));
        group.leader = key(won);
        if (longest < group.committed) {
            throw new AssertionError(
                    group.name + " elected " + group.leader + " without " + (group.committed - longest) + " entries");
        }
    }

    private void write(ModelGroup group) {
        if (group.leader.isEmpty() || !majority(group, group.config)) {
            return;
        }
        List<Seat> voters = group.config.stream().filter(Seat::votes).toList();
        List<Seat> keepingUp = new ArrayList<>(voters.stream()
                .filter(seat -> takesPart(group, seat) && behind(group, seat) < KEEPS_UP)
                .toList());
        int needed = Quorum.needed(voters.size());
        if (keepingUp.size() >= needed) {
            group.committed += 1 + random.nextInt(200);
            Collections.shuffle(keepingUp, random);
            keepingUp.sort(Comparator.comparing(seat -> !key(seat).equals(group.leader)));
            for (int k = 0; k < keepingUp.size(); k++) {
                // A majority has it; the others may be a little later.
                if (k < needed || random.nextInt(3) > 0) {
                    group.members.get(key(keepingUp.get(k))).stored = group.committed;
                }
            }
        }
        for (Seat seat : group.config) {
            if (takesPart(group, seat) && !keepingUp.contains(seat)) {
                // Those filled from nothing take a few steps.
                ModelMember member = group.members.get(key(seat));
                long behind = behind(group, seat);
                member.stored += behind < KEEPS_UP ? behind : behind * 2 / 3;
            }
        }
    }

    private static long behind(ModelGroup group, Seat seat) {
        return group.committed - group.members.get(key(seat)).stored;
    }

    // The coordinator

    private void coordinate() {
        ModelGroup cluster = groups.get(ClusterImage.CLUSTER_GROUP);
        if (cluster.leader.isEmpty()) {
            coordinator = Optional.empty();
            return;
        }
        String leader = cluster.leader.substring(0, cluster.leader.indexOf('.'));
        if (!coordinator.equals(Optional.of(leader))) {
            coordinator = Optional.of(leader);
            table = new HeartbeatTable(now);
        }
        nodes.values().stream()
                .filter(node -> node.alive && node.incarnation > 0)
                .forEach(node -> table.heard(heartbeat(node), now));
        table.tick(now);
        while (!submitted.isEmpty()) {
            decide(submitted.removeFirst());
        }
        boolean settling = now - nodes.get(leader).startedAt < 10_000;
        decide(new Command.Tick(table.facts(now, settling)));
    }

    Reply decide(Command command) {
        Decision decision = mistakes.spoil(Coordinator.decide(image, command, now));
        kept.add(new Kept(image, command, now, decision));
        if (kept.size() > 2000) {
            kept.removeFirst();
        }
        if (!decision.events().isEmpty()) {
            image = image.apply(new Change(image.version(), now, decision.events()))
                    .image();
            image.virtualServers().keySet().forEach(name -> groups.computeIfAbsent(name, ModelGroup::new));
            notePermissions();
        }
        return decision.reply();
    }

    /// @return what was answered
    String accepted(Command command) {
        Reply reply = decide(command);
        assertThat(reply.accepted()).as(reply.message()).isTrue();
        return reply.message();
    }

    void refused(Command command, String because) {
        Reply reply = decide(command);
        assertThat(reply.accepted()).isFalse();
        assertThat(reply.message()).contains(because);
    }

    Facts facts() {
        return table.facts(now, false);
    }

    Facts.Heartbeat heartbeat(ModelNode node) {
        SortedMap<String, Facts.Membership> memberships = new TreeMap<>();
        for (ModelGroup group : groups.values()) {
            Optional<String> key = key(group, node);
            if (key.isPresent()) {
                ModelMember member = group.members.get(key.get());
                long applied = mistakes.made(Mistakes.Bug.VOTE_BEFORE_FILLED) ? group.committed : member.stored;
                boolean leads = group.leader.equals(key.get());
                boolean open = group.openOn.equals(node.name) && leads;
                SortedMap<String, ResourceState> states = new TreeMap<>();
                if (open && image.virtualServers().containsKey(group.name)) {
                    VirtualServer server = image.virtualServers().get(group.name);
                    server.resources()
                            .values()
                            .forEach(resource -> states.put(resource.name(), state(node, server, resource)));
                }
                memberships.put(
                        group.name,
                        new Facts.Membership(
                                incarnation(key.get()),
                                leads,
                                open ? Optional.of(group.epoch) : Optional.empty(),
                                open ? group.openVersion : 0,
                                leads ? group.committed : applied,
                                applied,
                                leads ? group.config : List.of(),
                                false,
                                states,
                                snapshots.getOrDefault(key.get(), 0L)));
            }
        }
        return new Facts.Heartbeat(
                node.name,
                node.incarnation,
                node.process,
                now - node.startedAt,
                memberships,
                ClusterImage.FEATURE_LEVEL,
                new LeaseWord(now, new TreeMap<>()));
    }

    private ResourceState state(ModelNode node, VirtualServer server, VirtualServer.Resource resource) {
        if (!server.wanted() || !resource.wanted()) {
            return ResourceState.OFFLINE;
        }
        boolean fails = broken.contains(server.name() + "/" + resource.name() + "@" + node.name);
        return fails ? ResourceState.FAILED : ResourceState.ONLINE;
    }

    // A node

    private void act(ModelNode node) {
        if (node.incarnation == 0) {
            if (coordinator.isPresent()) {
                Reply reply = decide(new Command.RejoinNode(node.name, true, 0, 0, "its folder is empty"));
                if (!reply.accepted()) {
                    return;
                }
                node.incarnation = Integer.parseInt(reply.values().get("incarnation"));
                groups.get(ClusterImage.CLUSTER_GROUP)
                        .members
                        .put(node.name + "." + node.incarnation, new ModelMember());
            }
            return;
        }
        returnToCluster(node);
        SortedMap<String, Facts.Heartbeat> peers = new TreeMap<>();
        nodes.values().stream()
                .filter(peer -> peer.alive && peer.incarnation > 0)
                .forEach(peer -> peers.put(peer.name, heartbeat(peer)));
        peers.values().forEach(peer -> peer.groups().forEach((group, membership) -> {
            VirtualServer server = node.known.virtualServers().get(group);
            if (membership.open().isPresent()
                    && server != null
                    && server.permission().owner().equals(peer.node())) {
                node.seenOpen.add(group);
            }
        }));
        boolean canFetch = coordinator.isPresent() && random.nextInt(10) > 0;
        if (canFetch && random.nextBoolean()) {
            node.known = image;
        }
        TreeSet<String> fresh = new TreeSet<>();
        if (canFetch && node.known.version() == image.version()) {
            fresh.addAll(groups.keySet());
        }
        TreeSet<String> asked = new TreeSet<>(fresh);
        if (random.nextBoolean()) {
            asked.addAll(groups.keySet());
        }
        var local = new NodeDecisions.Local(
                node.name,
                node.incarnation,
                now - node.startedAt,
                localGroups(node),
                peers,
                node.seenOpen,
                asked,
                fresh);
        for (Duty duty : NodeDecisions.duties(node.known, local)) {
            if (random.nextInt(8) > 0) {
                carryOut(node, mistakes.spoil(node, duty), fresh.contains(duty.group()));
            }
        }
    }

    /// A node that was taken out of the cluster group is told so when it stands for election, and joins again.
    private void returnToCluster(ModelNode node) {
        ModelGroup cluster = groups.get(ClusterImage.CLUSTER_GROUP);
        Optional<String> key = key(cluster, node);
        if (!image.nodes().containsKey(node.name)) {
            return;
        }
        boolean out = key.isPresent()
                && incarnation(key.get()) < image.nodes().get(node.name).clusterIncarnation()
                && cluster.config.stream().noneMatch(seat -> key(seat).equals(key.get()));
        if (out && coordinator.isPresent() && random.nextInt(4) == 0) {
            Reply reply =
                    decide(new Command.RejoinNode(node.name, false, incarnation(key.get()), 0, "it was taken out"));
            if (reply.accepted()) {
                cluster.members.remove(key.get());
                cluster.members.put(node.name + "." + reply.values().get("incarnation"), new ModelMember());
            }
        }
    }

    private SortedMap<String, NodeDecisions.LocalGroup> localGroups(ModelNode node) {
        SortedMap<String, NodeDecisions.LocalGroup> local = new TreeMap<>();
        for (ModelGroup group : groups.values()) {
            Optional<String> key = key(group, node);
            if (key.isPresent()) {
                boolean leads = group.leader.equals(key.get());
                local.put(
                        group.name,
                        new NodeDecisions.LocalGroup(
                                incarnation(key.get()),
                                true,
                                leads,
                                group.config,
                                leads && group.openOn.equals(node.name),
                                false,
                                group.shared));
            } else if (node.held.containsKey(group.name)) {
                local.put(
                        group.name,
                        new NodeDecisions.LocalGroup(node.held.get(group.name), false, false, List.of(), false, false));
            }
        }
        return local;
    }

    private void takeOver(ModelNode node, ModelGroup group) {
        if (damaged.contains(group.name)) {
            submit(new Command.ReportUnable(group.name, node.name, true, "it cannot be opened"));
        } else if (unmounted.contains(group.name + "@" + node.name)) {
            submit(new Command.ReportUnable(group.name, node.name, false, "it is not mounted"));
        } else if (group.config.stream().noneMatch(seat -> takesPart(group, seat))) {
            group.shared = true;
            group.letGo();
            group.config = List.of(new Seat(node.name, 1, true, 0));
            group.members.put(node.name + ".1", new ModelMember());
            group.members.get(node.name + ".1").stored = group.committed;
        }
    }

    private void handOver(ModelNode node, ModelGroup group, Duty.HandOver handOver) {
        for (Seat seat : group.config) {
            int own = group.config.stream()
                    .filter(mine -> mine.node().equals(node.name))
                    .findFirst()
                    .orElseThrow()
                    .priority();
            if (seat.node().equals(handOver.to().getFirst())
                    && seat.votes()
                    && seat.priority() >= own
                    && takesPart(group, seat)) {
                // The old leader has waited until the new one has everything.
                group.members.get(key(seat)).stored = group.committed;
                group.leader = key(seat);
                group.openOn = "";
                return;
            }
        }
    }

    private void carryOut(ModelNode node, Duty duty, boolean fresh) {
        ModelGroup group = groups.get(duty.group());
        switch (duty) {
            case Duty.Form form -> {
                if (group.config.isEmpty()) {
                    group.config = form.seats();
                }
                hold(
                        node,
                        group,
                        form.seats().stream()
                                .filter(seat -> seat.node().equals(node.name))
                                .findFirst()
                                .orElseThrow()
                                .incarnation());
            }
            case Duty.Join join -> hold(node, group, join.incarnation());
            case Duty.Leave leave -> {
                damage(node.name, leave.group());
                node.held.remove(leave.group());
            }
            case Duty.TakeOver taking -> takeOver(node, group);
            case Duty.Release ignored -> group.letGo();
            case Duty.PutAside aside -> {
                damage(node.name, aside.group());
                node.held.remove(aside.group());
                if (group.members.isEmpty()) {
                    groups.put(group.name, new ModelGroup(group.name));
                }
            }
            case Duty.ReportPutAside aside ->
                submit(new Command.ReportPutAside(aside.group(), node.name, aside.incarnation()));
            case Duty.ReportLost lost ->
                submit(new Command.ReportLost(lost.group(), node.name, lost.incarnation(), lost.reason()));
            case Duty.Rejoin ignored -> {
                // A node of this model hears from the group that it was taken out.
            }
            case Duty.Reconfigure change -> {
                if (fresh && !keepsConfigurations && majority(group, change.wanted())) {
                    for (Seat seat : change.wanted()) {
                        boolean there = group.config.stream().anyMatch(seat::sameMember);
                        if (!there && !takesPart(group, seat)) {
                            return;
                        }
                        // Replication gives nobody a vote who does not hold what is committed.
                        boolean voted = group.config.stream().anyMatch(old -> old.sameMember(seat) && old.votes());
                        if (seat.votes()
                                && !voted
                                && !mistakes.made(Mistakes.Bug.VOTE_BEFORE_FILLED)
                                && (!takesPart(group, seat) || group.members.get(key(seat)).stored < group.committed)) {
                            return;
                        }
                    }
                    group.config = change.wanted();
                }
            }
            case Duty.HandOver handOver -> handOver(node, group, handOver);
            case Duty.Open open -> {
                if (!permitted(group.name, open.version(), node.name)) {
                    throw new AssertionError(node.name + " opens " + group.name + " without permission");
                }
                group.epoch = new OpenEpoch(0, ++group.committed);
                group.config.stream()
                        .filter(seat -> takesPart(group, seat))
                        .forEach(seat -> group.members.get(key(seat)).stored = group.committed);
                group.openOn = node.name;
                group.openVersion = open.version();
            }
            case Duty.FetchImage ignored -> {
                // The known image is made current at random anyway.
            }
            case Duty.Wait ignored -> {
                // Nothing can be done.
            }
        }
    }

    private void hold(ModelNode node, ModelGroup group, int incarnation) {
        damage(node.name, group.name);
        node.held.put(group.name, incarnation);
        group.members.put(node.name + "." + incarnation, new ModelMember());
    }

    Optional<String> coordinator() {
        return coordinator;
    }
}
