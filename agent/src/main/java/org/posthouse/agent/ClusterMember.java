package org.posthouse.agent;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.Reply;
import org.posthouse.cluster.Seat;
import org.posthouse.replication.GroupListener;
import org.posthouse.replication.GroupMember;
import org.posthouse.replication.GroupName;
import org.posthouse.replication.Member;
import org.posthouse.replication.MemberId;
import org.posthouse.replication.QuarantineException;
import org.posthouse.replication.ReplicationHost;
import org.posthouse.wire.Link;
import org.posthouse.wire.Links;
import org.posthouse.wire.Opening;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node's membership in the cluster group: how it comes by it, and how commands and reads find the coordinator.
final class ClusterMember implements AutoCloseable {
    static final String SUBMIT = "submit";
    static final String IMAGE = "image";
    static final String VERSION_FIELD = "version-only";
    static final String HOPS_FIELD = "hops";
    static final GroupName GROUP = new GroupName(ClusterImage.CLUSTER_GROUP);

    private static final Logger LOG = LoggerFactory.getLogger(ClusterMember.class);
    private static final String TAKEN_OUT = "it was taken out of the cluster group";
    private static final String OUTDATED = "it went by an incarnation that does not count any more";
    private static final int HOPS_MAX = 2;
    private static final Duration ATTEMPT_MAX = Duration.ofSeconds(3);
    private static final Duration REJOIN_MAX = Duration.ofSeconds(5);
    private static final long RETRY_NANOS = Duration.ofMillis(25).toNanos();
    private static final long BEGIN_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

    private final NodeSettings settings;
    private final ReplicationHost host;
    private final NodeMemory memory;
    private final Links links;
    private final Pulse pulse;
    private final Leases leases;
    private final ClusterReplica replica = new ClusterReplica();
    private final Runnable changed;
    private final long processStarted = Pulse.millis();
    private final ReentrantLock electing = new ReentrantLock();
    /// To join again, not accepted yet: asked once more under the same id, so that a request that was taken for lost
    /// and comes late does not give this node another incarnation than the one that it goes by.
    private Command.Request asked; // under rejoining
    private int told; // likewise: the newest incarnation that a refusal told of
    private final ReentrantLock rejoining = new ReentrantLock();
    private volatile GroupMember member;
    private volatile int incarnation;
    private volatile CoordinatorLoop coordinating;
    private volatile boolean failed;
    private volatile boolean stopping;

    ClusterMember(
            NodeSettings settings,
            ReplicationHost host,
            NodeMemory memory,
            Links links,
            Pulse pulse,
            Leases leases,
            Runnable changed) {
        this.settings = settings;
        this.host = host;
        this.memory = memory;
        this.links = links;
        this.pulse = pulse;
        this.leases = leases;
        this.changed = changed;
    }

    ClusterReplica replica() {
        return replica;
    }

    String clusterId() {
        return settings.clusterId().toString();
    }

    Optional<GroupMember> member() {
        return Optional.ofNullable(member);
    }

    int incarnation() {
        return incarnation;
    }

    boolean failed() {
        return failed;
    }

    boolean coordinates() {
        return coordinating != null;
    }

    // ---- becoming a member

    /// Forms, opens or joins the cluster group, trying until it has; for a thread of its own.
    void begin() {
        while (!stopping) {
            try {
                beginOnce();
                changed.run();
                return;
            } catch (IOException | RuntimeException e) {
                LOG.warn("This node cannot take part in the cluster yet, it goes on trying: {}", e.getMessage());
                LOG.debug("the reason", e);
                LockSupport.parkNanos(BEGIN_AGAIN_NANOS);
            }
        }
    }

    private void beginOnce() throws IOException {
        if (host.has(GROUP)) {
            try {
                took(host.reopen(GROUP, replica, new Events()));
                if (memory.incarnation() == 0) {
                    memory.begin(1); // Killed between forming the group and writing this down.
                }
                return;
            } catch (QuarantineException e) {
                LOG.error("{}", e.getMessage());
            }
        } else if (memory.incarnation() == 0 && settings.forming().isPresent()) {
            ClusterImage planned = settings.forming().get().planned();
            List<Member> members = planned.clusterGroup().replicas().stream()
                    .map(first -> memberOf(planned, new Seat(first.node(), first.incarnation(), first.votes(), 0)))
                    .toList();
            LOG.info("Forming the cluster with {}", members);
            took(host.form(GROUP, members, replica, new Events()));
            memory.begin(1);
            return;
        }
        boolean whole = memory.incarnation() == 0;
        rejoin(whole, 0, whole ? "its folder was empty" : "its replica of the cluster group is damaged or gone");
    }

    /// Takes part under another incarnation from now on.
    ///
    /// @param closed see [Command.RejoinNode]
    private void rejoin(boolean whole, int closed, String reason) throws IOException {
        rejoining.lock();
        try {
            GroupMember now = member;
            if (closed > 0 && now != null && now.self().incarnation() != closed) {
                return; // It has joined again meanwhile.
            }
            int known = Math.max(told, Math.max(memory.incarnation(), closed));
            Command wanted = new Command.RejoinNode(settings.node(), whole, closed, known, reason);
            if (asked == null || !asked.command().equals(wanted)) {
                asked = new Command.Request(UUID.randomUUID().toString(), wanted);
            }
            Reply reply = submit(asked, REJOIN_MAX);
            if (!reply.accepted()) {
                told = Integer.parseInt(reply.values().getOrDefault("incarnation", Integer.toString(told)));
                throw new IOException(reply.message());
            }
            asked = null;
            int next = Integer.parseInt(reply.values().get("incarnation"));
            LOG.info("Joining the cluster again as {}.{}", settings.node(), next);
            if (whole) {
                memory.begin(next);
            }
            host.leave(GROUP, true);
            took(host.join(GROUP, new MemberId(settings.node(), next), replica, new Events()));
        } finally {
            rejoining.unlock();
        }
    }

    /// Others' heartbeats say that the group goes on without this replica. Asks whether that is so; if it is, the node
    /// joins again.
    ///
    /// @throws IOException if the replica still counts, or nobody answered
    void rejoin(Duty.Rejoin duty) throws IOException {
        GroupMember now = member;
        if (!duty.whole()) {
            rejoin(false, duty.incarnation(), TAKEN_OUT);
        } else if (now != null && now.self().incarnation() == duty.incarnation()) {
            rejoin(true, 0, OUTDATED);
        }
    }

    /// The group may have closed this node's replica because it was taken out, for another to have its vote or none.
    /// If so, it joins again; if it was closed for another reason, it is kept as it is.
    private void returnAfter(GroupMember lost) {
        int closedAs = lost.self().incarnation();
        String said = "";
        while (!stopping && member == lost) {
            LockSupport.parkNanos(BEGIN_AGAIN_NANOS);
            try {
                rejoin(false, closedAs, TAKEN_OUT);
                changed.run();
            } catch (IOException | RuntimeException e) {
                if (!said.equals(String.valueOf(e.getMessage()))) {
                    said = String.valueOf(e.getMessage());
                    LOG.warn("This node does not take part in the cluster group: {}", said);
                }
            }
        }
    }

    private void took(GroupMember opened) {
        incarnation = opened.self().incarnation();
        failed = false;
        member = opened;
        GroupMember.View view = opened.view();
        if (view.leading()) {
            lead(view.term());
        }
    }

    /// The member that a seat stands for, at its node's address.
    static Member memberOf(ClusterImage image, Seat seat) {
        var node = image.nodes().get(seat.node());
        return new Member(
                new MemberId(seat.node(), seat.incarnation()),
                node.host(),
                node.replicationPort(),
                seat.votes() ? Member.Role.VOTER : Member.Role.LISTENER,
                seat.priority());
    }

    private final class Events implements GroupListener {
        @Override
        public void leaderReady(long term) {
            // May come before form, reopen or join has returned; then `took` sees it.
            if (member != null) {
                lead(term);
            }
        }

        @Override
        public void notLeader() {
            CoordinatorLoop before = coordinating;
            coordinating = null;
            if (before != null) {
                before.end();
            }
            changed.run();
        }

        @Override
        public void membersChanged(List<Member> members) {
            changed.run();
        }

        @Override
        public void failed(String reason, Throwable cause) {
            LOG.error(
                    "This node's replica of the cluster group is out of service: {}. Mail goes on. If the node was"
                            + " taken out of the group, it joins again by itself; else restart it.",
                    reason);
            failed = true;
            notLeader();
            GroupMember lost = member;
            if (lost != null) {
                Thread.ofVirtual().name("cluster-return").start(() -> returnAfter(lost));
            }
        }
    }

    private void lead(long term) {
        InputLog inputs = new InputLog(settings.folder().resolve("agent").resolve("inputs"));
        CoordinatorLoop next =
                new CoordinatorLoop(member, replica, pulse, leases, inputs, processStarted, settings.forming(), term);
        electing.lock();
        try {
            CoordinatorLoop before = coordinating;
            if (before != null) {
                before.end();
            }
            coordinating = next;
            next.start();
        } finally {
            electing.unlock();
        }
        changed.run();
    }

    // ---- asking the coordinator

    private Optional<String> leader() {
        GroupMember now = member;
        return now == null ? Optional.empty() : now.view().leader().map(MemberId::node);
    }

    /// The node that coordinates, as far as this node knows.
    Optional<String> coordinator() {
        return leader();
    }

    /// Has the coordinator decide a command, whichever node it is, trying until the deadline. However often it is
    /// tried, it is carried out at most once.
    ///
    /// @throws IOException if no coordinator answered in time; the command may have been carried out all the same
    Reply submit(Command command, Duration deadline) throws IOException {
        Command once = command instanceof Command.Request
                ? command
                : new Command.Request(UUID.randomUUID().toString(), command);
        long end = System.nanoTime() + deadline.toNanos();
        IOException last = new SocketTimeoutException("no coordinator answered within " + deadline);
        while (!stopping) {
            Duration left = ClusterReplica.left(end);
            if (left.isZero()) {
                throw last;
            }
            try {
                return submitOnce(once, 0, left.compareTo(ATTEMPT_MAX) < 0 ? left : ATTEMPT_MAX);
            } catch (IOException e) {
                last = e;
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
        throw new IOException("this node is being stopped");
    }

    /// One try.
    ///
    /// @param hops nodes that the command has come through
    Reply submitOnce(Command command, int hops, Duration deadline) throws IOException {
        CoordinatorLoop here = coordinating;
        if (here != null) {
            try {
                return here.submit(command).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            } catch (TimeoutException e) {
                throw new SocketTimeoutException("the coordinator did not answer within " + deadline);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        TreeMap<String, String> fields = new TreeMap<>();
        fields.put(HOPS_FIELD, Integer.toString(hops + 1));
        fields.put(Pulse.CLUSTER_FIELD, clusterId());
        byte[] request = Json.bytes(command);
        IOException last = new IOException("this node knows no coordinator at present");
        if (hops < HOPS_MAX) {
            for (Link link : towardsLeader(hops)) {
                try {
                    return Json.read(link.call(new Opening(SUBMIT, fields), request, deadline), Reply.class);
                } catch (IOException e) {
                    last = e;
                }
            }
        }
        throw last;
    }

    /// Links to try: to the leader, or to anybody as long as this node takes no part itself.
    private List<Link> towardsLeader(int hops) {
        Optional<Link> leader = leader().flatMap(node -> links.link("node:" + node));
        return leader.isPresent() ? List.of(leader.get()) : hops == 0 ? links.standing() : List.of();
    }

    /// A linearizable read: the image as it was at some instant after the call, or a newer one.
    ///
    /// @throws IOException if the cluster group did not answer in time
    ClusterImage linearizable(Duration deadline) throws IOException {
        long end = System.nanoTime() + deadline.toNanos();
        IOException last = new SocketTimeoutException("the cluster group did not answer within " + deadline);
        while (!stopping) {
            Duration left = ClusterReplica.left(end);
            if (left.isZero()) {
                throw last;
            }
            try {
                long version = newestVersion(left);
                if (replica.await(version, ClusterReplica.left(end))) {
                    return replica.image();
                }
            } catch (IOException e) {
                last = e;
                LockSupport.parkNanos(RETRY_NANOS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        throw new IOException("this node is being stopped");
    }

    private long newestVersion(Duration deadline) throws IOException {
        if (coordinating != null) {
            return confirmedVersion(deadline);
        }
        String leader = leader().orElseThrow(() -> new IOException("this node knows no coordinator at present"));
        Link link = links.link("node:" + leader)
                .orElseThrow(() -> new IOException("there is no link to the coordinator " + leader));
        TreeMap<String, String> fields = new TreeMap<>();
        fields.put(VERSION_FIELD, "true");
        byte[] answer = link.call(new Opening(IMAGE, fields), new byte[0], deadline);
        return Long.parseLong(new String(answer, StandardCharsets.US_ASCII));
    }

    /// The version of the image here, on a node that certainly led the cluster group at some instant after the call.
    ///
    /// @throws IOException if this node does not lead it
    long confirmedVersion(Duration deadline) throws IOException {
        GroupMember now = member;
        CoordinatorLoop before = coordinating;
        if (now == null || before == null) {
            throw new IOException("this node does not coordinate");
        }
        try {
            now.confirmLeadership().get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException("this node does not coordinate any more", e.getCause());
        } catch (TimeoutException e) {
            throw new SocketTimeoutException("no majority of the cluster group answered within " + deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        // A follower's confirmation says nothing: the loop must be the same before and after.
        if (coordinating != before) {
            throw new IOException("the coordinator changed meanwhile");
        }
        return replica.image().version();
    }

    @Override
    public void close() {
        stopping = true;
        CoordinatorLoop last = coordinating;
        coordinating = null;
        if (last != null) {
            last.end();
            try {
                last.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
