package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.HeartbeatTable;
import org.posthouse.cluster.LeaseAnswer;
import org.posthouse.cluster.LeaseWord;
import org.posthouse.cluster.NodeDecisions;
import org.posthouse.cluster.NodeLease;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.Reply;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.VirtualServer;

/// The cluster service in one process: does what `agent` does around the decisions of the core, with the same times.
/// Membership in the cluster group, heartbeats, and the way to the coordinator are here; the rest is in [Duties],
/// [Coordinating] and [Hosted].
final class Agent {
    private static final long TELL_ALL_MILLIS = 3 * HeartbeatTable.HEARTBEAT_MILLIS - 50;
    private static final long NUDGED_MILLIS = 5;
    private static final long BEGIN_AGAIN_MILLIS = 1_000;
    private static final long ATTEMPT_MILLIS_MAX = 1_500;
    private static final long SUBMIT_MILLIS_MAX = 5_000;
    private static final long TRY_AGAIN_MILLIS = 50;
    private static final int HOPS_MAX = 2;
    private static final long WATCH_MILLIS = 100;
    private static final long GRAY_MILLIS = 2_000;
    private static final long COVER_MILLIS = 1_000;

    private final SimNode node;
    private final World world;
    private final ImageReplica image;
    private final SortedMap<String, Hosted> hosted = new TreeMap<>();
    private final HeartbeatTable heard;
    private final SortedMap<String, String> lastOpenOn = new TreeMap<>();
    private final Duties duties;
    private final NodeLease lease = new NodeLease();
    private RaftMember cluster;
    private boolean clusterFailed;
    /// To take part again, not accepted yet; null if nothing is.
    private Asked asked;
    private Coordinating coordinating;
    private SortedMap<String, Facts.Membership> toldAll = new TreeMap<>();
    private long toldAllAt;
    /// The newest incarnation that a refusal told of.
    private int told;

    private boolean nudged;
    private long hungSince = -1;

    private record Asked(int closed, int known, Command.Request request) {}

    Agent(SimNode node) {
        this.node = node;
        this.world = node.world;
        heard = new HeartbeatTable(node.mono());
        image = new ImageReplica(this);
        duties = new Duties(this);
    }

    SimNode node() {
        return node;
    }

    ClusterImage image() {
        return image.image();
    }

    /// Null while this node takes no part in the cluster group.
    RaftMember cluster() {
        return cluster;
    }

    boolean clusterFailed() {
        return clusterFailed;
    }

    /// Null unless this node coordinates.
    Coordinating coordinating() {
        return coordinating;
    }

    SortedMap<String, Hosted> hosted() {
        return hosted;
    }

    Hosted hosted(String group) {
        return hosted.computeIfAbsent(group, name -> new Hosted(this, name));
    }

    /// Null without one.
    RaftMember member(String group) {
        if (group.equals(ClusterImage.CLUSTER_GROUP)) {
            return cluster;
        }
        Hosted server = hosted.get(group);
        return server == null ? null : server.member();
    }

    /// The epoch under which this process has a virtual server open, if it does.
    Optional<OpenEpoch> latch(String virtualServer) {
        Hosted server = hosted.get(virtualServer);
        return server == null ? Optional.empty() : server.latch();
    }

    void begin() {
        beginCluster();
        new TreeSet<>(node.disk().held.keySet()).forEach(group -> hosted(group).reopen());
        pulse();
        duties.begin();
        watchDisk();
        if (world.witnessed) {
            cover();
        }
    }

    private void cover() {
        hosted.values().forEach(server -> server.cover(image(), peers()));
        node.after(COVER_MILLIS, this::cover);
    }

    // ---- the cluster group

    private void beginCluster() {
        NodeDisk disk = node.disk();
        RaftDisk own = disk.groups.get(ClusterImage.CLUSTER_GROUP);
        if (own != null) {
            take(own);
        } else if (disk.incarnation == 0 && disk.forming) {
            disk.incarnation = 1;
            own = new RaftDisk(new Id(node.name, 1), Config.of(world.firstMembers));
            disk.groups.put(ClusterImage.CLUSTER_GROUP, own);
            take(own);
        } else {
            rejoin(disk.incarnation == 0, 0);
        }
    }

    private void take(RaftDisk own) {
        clusterFailed = false;
        cluster = new RaftMember(node, ClusterImage.CLUSTER_GROUP, own, image);
        cluster.begin();
        changed();
    }

    /// Asks to take part under another incarnation, again and again under the same id until it is accepted: what was
    /// taken for lost and comes late after all must not give this node another incarnation than the one that it
    /// goes by.
    ///
    /// @param closed see [Command.RejoinNode]
    private void rejoin(boolean whole, int closed) {
        int known = Math.max(told, Math.max(node.disk().incarnation, closed));
        if (asked == null || asked.closed() != closed || asked.known() != known) {
            Command wanted = new Command.RejoinNode(node.name, whole, closed, known, "it has no seat");
            asked = new Asked(closed, known, request(wanted));
        }
        Asked now = asked;
        submitUntil(now.request(), node.mono() + SUBMIT_MILLIS_MAX, reply -> {
            if (now.equals(asked) && reply.isPresent() && reply.get().accepted()) {
                asked = null;
                rejoined(Integer.parseInt(reply.get().values().get("incarnation")), whole);
            }
            if (reply.isPresent() && !reply.get().accepted()) {
                told = Integer.parseInt(reply.get().values().getOrDefault("incarnation", Integer.toString(told)));
            }
            boolean seated = cluster != null && !clusterFailed;
            if (!seated) {
                node.after(BEGIN_AGAIN_MILLIS, () -> rejoinUnlessSeated(whole, closed));
            }
        });
    }

    private void rejoinUnlessSeated(boolean whole, int closed) {
        if (cluster == null || clusterFailed) {
            rejoin(whole, closed);
        }
    }

    private void rejoined(int incarnation, boolean whole) {
        if (whole) {
            node.disk().incarnation = incarnation;
        }
        if (cluster != null) {
            cluster.close();
        }
        coordinateNoMore();
        RaftDisk empty = new RaftDisk(new Id(node.name, incarnation), Config.NONE);
        node.disk().groups.put(ClusterImage.CLUSTER_GROUP, empty);
        take(empty);
    }

    /// The duty: asks once whether this node's seat counts no more, and if so joins again.
    void rejoin(Duty.Rejoin duty, Consumer<Boolean> done) {
        if (!duty.whole()) {
            rejoin(false, duty.incarnation());
        } else if (cluster.self().incarnation() == duty.incarnation()) {
            rejoin(true, 0);
        }
        done.accept(false);
    }

    /// A group has closed this node's member.
    void takenOut(String group) {
        if (group.equals(ClusterImage.CLUSTER_GROUP)) {
            clusterFailed = true;
            coordinateNoMore();
            int closed = cluster.self().incarnation();
            node.after(BEGIN_AGAIN_MILLIS, () -> rejoinUnlessSeated(false, closed));
        } else {
            hosted(group).fail();
        }
        changed();
    }

    void coordinate() {
        coordinateNoMore();
        coordinating = new Coordinating(this, cluster);
        coordinating.begin();
        changed();
    }

    void coordinateNoMore() {
        Coordinating before = coordinating;
        coordinating = null;
        if (before != null) {
            before.end();
        }
        changed();
    }

    /// It is certain that another node's process has ended.
    void gone(String other) {
        if (cluster != null) {
            cluster.ended(other);
        }
        hosted.values().forEach(server -> {
            if (server.member() != null) {
                server.member().ended(other);
            }
        });
    }

    // ---- heartbeats

    /// Something changed that heartbeats or duties should know of.
    void changed() {
        duties.nudge();
        if (!nudged) {
            nudged = true;
            node.after(NUDGED_MILLIS, () -> {
                nudged = false;
                tell();
            });
        }
    }

    private void pulse() {
        tell();
        node.after(HeartbeatTable.HEARTBEAT_MILLIS, this::pulse);
    }

    private void tell() {
        Facts.Heartbeat own = heartbeat();
        take(own);
        if (own.incarnation() == 0) {
            return;
        }
        boolean known = own.groups().equals(toldAll) && node.mono() - toldAllAt < TELL_ALL_MILLIS;
        Optional<String> only = known ? coordinator() : Optional.empty();
        if (!known) {
            toldAll = own.groups();
            toldAllAt = node.mono();
        }
        List<String> receivers = only.map(List::of).orElseGet(() -> new ArrayList<>(world.nodes.keySet()));
        for (String receiver : receivers) {
            if (!receiver.equals(node.name)) {
                world.network.send(node, receiver, there -> there.take(own));
            }
        }
    }

    private void take(Facts.Heartbeat heartbeat) {
        heard.heard(heartbeat, node.mono());
        if (coordinating != null) {
            coordinating.heard(heartbeat);
        }
        heartbeat.groups().forEach((group, membership) -> {
            if (membership.open().isPresent()) {
                lastOpenOn.put(group, heartbeat.node());
            }
        });
    }

    private Facts.Heartbeat heartbeat() {
        SortedMap<String, Facts.Membership> groups = new TreeMap<>();
        hosted.forEach((name, server) ->
                server.membership(resources(name, server)).ifPresent(membership -> groups.put(name, membership)));
        if (cluster != null) {
            groups.put(
                    ClusterImage.CLUSTER_GROUP,
                    new Facts.Membership(
                            cluster.self().incarnation(),
                            cluster.leads(),
                            Optional.empty(),
                            0,
                            cluster.disk.committed(),
                            cluster.applied(),
                            cluster.membersToTell(),
                            clusterFailed,
                            new TreeMap<>()));
        }
        LeaseWord word = world.folders.all().isEmpty()
                ? new LeaseWord(node.mono(), new TreeMap<>()) // nothing else here needs the node lease
                : say(groups);
        Facts.Heartbeat heartbeat = new Facts.Heartbeat(
                node.name,
                node.disk().incarnation,
                node.process(),
                node.processAge(),
                groups,
                ClusterImage.FEATURE_LEVEL,
                word);
        return coordinating == null ? heartbeat : heartbeat.telling(Facts.outdated(image(), peers()));
    }

    private LeaseWord say(SortedMap<String, Facts.Membership> groups) {
        SortedMap<String, OpenEpoch> open = new TreeMap<>();
        groups.forEach((group, membership) -> membership.open().ifPresent(epoch -> open.put(group, epoch)));
        return lease.say(open, node.boot());
    }

    /// The coordinator has answered what was said of the lease.
    void answered(LeaseAnswer answer) {
        if (answer.process() == node.process()) {
            lease.answered(answer);
        }
    }

    /// Whether a coordinator has answered lately: without, no shared folder is taken or kept.
    boolean acknowledged() {
        return lease.acknowledged(node.boot());
    }

    /// A resource runs where its virtual server is open, unless it is not wanted or broken there.
    private SortedMap<String, ResourceState> resources(String name, Hosted server) {
        SortedMap<String, ResourceState> states = new TreeMap<>();
        VirtualServer known = image().virtualServers().get(name);
        if (known != null && server.latch().isPresent()) {
            known.resources().forEach((resource, wish) -> {
                boolean wanted = known.wanted() && wish.wanted();
                boolean broken = world.broken.contains(name + "/" + resource + "@" + node.name);
                ResourceState runs = broken ? ResourceState.FAILED : ResourceState.ONLINE;
                states.put(resource, wanted ? runs : ResourceState.OFFLINE);
            });
        }
        return states;
    }

    // ---- what this node knows

    NodeDecisions.Local local(SortedSet<String> asked, SortedSet<String> fresh) {
        SortedMap<String, NodeDecisions.LocalGroup> groups = new TreeMap<>();
        hosted.forEach((name, server) -> server.local().ifPresent(state -> groups.put(name, state)));
        if (cluster != null) {
            groups.put(
                    ClusterImage.CLUSTER_GROUP,
                    new NodeDecisions.LocalGroup(
                            cluster.self().incarnation(),
                            !clusterFailed,
                            cluster.leads(),
                            cluster.members(),
                            false,
                            false));
        }
        SortedSet<String> seenOpen = new TreeSet<>();
        for (VirtualServer server : image().virtualServers().values()) {
            if (server.permission().owner().equals(lastOpenOn.get(server.name()))) {
                seenOpen.add(server.name());
            }
        }
        return new NodeDecisions.Local(
                node.name, node.disk().incarnation, node.processAge(), groups, peers(), seenOpen, asked, fresh);
    }

    /// The newest heartbeat of each node heard lately.
    SortedMap<String, Facts.Heartbeat> peers() {
        SortedMap<String, Facts.Heartbeat> peers = new TreeMap<>();
        heard.facts(node.mono(), false).nodes().forEach((name, of) -> {
            if (of.ageMillis() <= Facts.DOWN_AFTER_MILLIS) {
                peers.put(name, of.heartbeat());
            }
        });
        return peers;
    }

    // ---- the way to the coordinator

    /// The node that coordinates, as far as this one knows.
    private Optional<String> coordinator() {
        return cluster == null ? Optional.empty() : cluster.leader().map(Id::node);
    }

    /// Has the coordinator decide a command, wherever it is, trying for five seconds.
    void submit(Command command, Consumer<Optional<Reply>> answer) {
        submitUntil(request(command), node.mono() + SUBMIT_MILLIS_MAX, answer);
    }

    private Command.Request request(Command command) {
        return new Command.Request("r" + world.number(), command);
    }

    private void submitUntil(Command once, long end, Consumer<Optional<Reply>> answer) {
        if (node.mono() >= end) {
            answer.accept(Optional.empty());
            return;
        }
        submitOnce(once, 0, reply -> {
            if (reply.isPresent()) {
                answer.accept(reply);
            } else {
                node.after(TRY_AGAIN_MILLIS, () -> submitUntil(once, end, answer));
            }
        });
    }

    private void submitOnce(Command command, int hops, Consumer<Optional<Reply>> answer) {
        if (coordinating != null) {
            coordinating.submit(command, answer);
            return;
        }
        Optional<String> towards = coordinator().or(() -> hops == 0 ? anybody() : Optional.empty());
        if (hops >= HOPS_MAX || towards.isEmpty()) {
            answer.accept(Optional.empty());
            return;
        }
        world.network.<Optional<Reply>>call(
                node,
                towards.get(),
                ATTEMPT_MILLIS_MAX,
                (there, say) -> there.submitOnce(command, hops + 1, say),
                reply -> answer.accept(reply.flatMap(said -> said)));
    }

    private Optional<String> anybody() {
        List<String> others = new ArrayList<>(world.nodes.keySet());
        others.remove(node.name);
        return Optional.of(others.get(world.random.nextInt(others.size())));
    }

    /// A linearizable read: waits until this node's image is as it was at some instant after the call, or newer.
    void fetchImage(long deadlineMillis, Consumer<Boolean> done) {
        fetchUntil(node.mono() + deadlineMillis, done);
    }

    private void fetchUntil(long end, Consumer<Boolean> done) {
        if (node.mono() >= end) {
            done.accept(false);
            return;
        }
        Consumer<Optional<Long>> version = said -> {
            if (said.isPresent()) {
                awaitImage(said.get(), end, done);
            } else {
                node.after(TRY_AGAIN_MILLIS, () -> fetchUntil(end, done));
            }
        };
        if (coordinating != null) {
            confirmedVersion(version);
        } else if (coordinator().isPresent()) {
            world.network.<Optional<Long>>call(
                    node,
                    coordinator().get(),
                    Math.max(1, end - node.mono()),
                    Agent::confirmedVersion,
                    said -> version.accept(said.flatMap(one -> one)));
        } else {
            version.accept(Optional.empty());
        }
    }

    private void awaitImage(long version, long end, Consumer<Boolean> done) {
        if (image().version() >= version || node.mono() >= end) {
            done.accept(image().version() >= version);
            return;
        }
        node.after(NUDGED_MILLIS, () -> awaitImage(version, end, done));
    }

    /// The version of the image here, if this node leads the cluster group at some instant after the call.
    private void confirmedVersion(Consumer<Optional<Long>> answer) {
        Coordinating before = coordinating;
        if (before == null || cluster.leading() == null) {
            answer.accept(Optional.empty());
            return;
        }
        cluster.leading()
                .confirm(leads -> answer.accept(
                        leads && coordinating == before ? Optional.of(image().version()) : Optional.empty()));
    }

    // ---- the watchdog

    /// A leader whose disk has hung for two seconds, with work waiting, steps down: nobody outside can depose it.
    private void watchDisk() {
        if (!node.diskHangs()) {
            hungSince = -1;
            members().forEach(member -> member.bar(false));
        } else if (hungSince < 0) {
            hungSince = node.mono();
        } else if (node.mono() - hungSince >= GRAY_MILLIS) {
            for (RaftMember member : members()) {
                if (member.leading() != null && member.disk.forced() < member.disk.last()) {
                    member.stepDown();
                    member.bar(true);
                }
            }
        }
        node.after(WATCH_MILLIS, this::watchDisk);
    }

    private List<RaftMember> members() {
        List<RaftMember> all = new ArrayList<>();
        if (cluster != null) {
            all.add(cluster);
        }
        hosted.values().forEach(server -> {
            if (server.member() != null) {
                all.add(server.member());
            }
        });
        return all;
    }
}
