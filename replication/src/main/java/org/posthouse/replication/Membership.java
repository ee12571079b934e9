package org.posthouse.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.LeaderElectionManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ReconfigurationTimeoutException;
import org.apache.ratis.protocol.exceptions.SetConfigurationException;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.posthouse.replication.ReplicationException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who is in a running group, and who leads it: changes that take a while, on virtual threads of their own.
final class Membership {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    /// A new member may first have to be sent a snapshot.
    private static final Duration CHANGE_MAX = Duration.ofMinutes(30);
    /// A member without a vote must be filled before it gets one; it is expected to be nearly so.
    private static final Duration PROMOTION_MAX = Duration.ofSeconds(30);
    private static final Duration LISTENER_SETTLES = Duration.ofSeconds(3);
    private static final Duration TRANSFER_TRY = Duration.ofSeconds(1);
    private static final Duration HOLD_MAX = Duration.ofMillis(300);
    private static final long GONE_MILLIS = 1_500;

    /// A configuration of Ratis' and what it says.
    private record Known(RaftConfiguration configuration, List<Member> members) {}

    private final GroupName group;
    private final MemberId self;
    private final RaftServer server;
    private final RaftServer.Division division;
    private final Proposer proposer;
    private final ClientId client = ClientId.randomId();
    private final AtomicLong calls = new AtomicLong();
    private volatile Known lastKnown;
    private volatile long lastSetAt = System.nanoTime();

    Membership(GroupName group, MemberId self, RaftServer server, RaftServer.Division division, Proposer proposer) {
        this.group = group;
        this.self = self;
        this.server = server;
        this.division = division;
        this.proposer = proposer;
    }

    /// The configuration in force. Asked for often and changed rarely, so it is remembered.
    List<Member> members() {
        RaftConfiguration now = division.getRaftConf();
        Known known = lastKnown;
        if (known == null || known.configuration() != now) {
            known = new Known(now, RaftIds.members(now));
            lastKnown = known;
        }
        return known.members();
    }

    /// Whether the configuration in force is committed and not a joint one.
    boolean settled() {
        RaftConfiguration now = division.getRaftConf();
        return now.getPreviousPeers().isEmpty()
                && now.getLogEntryIndex() <= division.getRaftLog().getLastCommittedIndex();
    }

    /// What the leader knows of the others; empty on others.
    List<GroupMember.Follower> followers() {
        if (!division.getInfo().isLeader()) {
            return List.of();
        }
        // Both lists come from the same list of senders; if it changed in between, nothing is said this time.
        List<ServerRpcProto> heard =
                division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
        long[] matched = division.getInfo().getFollowerMatchIndices();
        if (matched == null || matched.length != heard.size()) {
            return List.of();
        }
        List<GroupMember.Follower> followers = new ArrayList<>();
        for (int i = 0; i < matched.length; i++) {
            ServerRpcProto follower = heard.get(i);
            followers.add(new GroupMember.Follower(
                    MemberId.parse(follower.getId().getId().toStringUtf8()),
                    matched[i],
                    follower.getLastRpcElapsedTimeMs()));
        }
        return followers;
    }

    private Optional<GroupMember.Follower> follower(MemberId id) {
        return followers().stream().filter(known -> known.id().equals(id)).findFirst();
    }

    // ---- leadership

    CompletableFuture<Void> transfer(MemberId to, Duration deadline) {
        return run("transfer-" + group, () -> {
            long end = System.nanoTime() + deadline.toNanos();
            mustLead();
            if (to.equals(self)) {
                return;
            }
            mayLead(to);
            Throwable last = null;
            while (true) {
                Duration left = Duration.ofNanos(end - System.nanoTime());
                if (!left.isPositive()) {
                    throw new ReplicationException(
                            Kind.UNKNOWN, group + ": " + to + " did not take over within " + deadline, last);
                }
                Duration attempt = left.compareTo(TRANSFER_TRY) < 0 ? left : TRANSFER_TRY;
                proposer.hold(HOLD_MAX);
                try {
                    answer(server.transferLeadershipAsync(leadershipRequest(to, attempt)), attempt.plusMillis(500));
                    return;
                } catch (IOException e) {
                    last = e;
                } finally {
                    proposer.resume();
                }
                if (!division.getInfo().isLeader()) {
                    awaitLeader(to, end, last);
                    return;
                }
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        });
    }

    /// This process does not lead any more; was it `to` that took over?
    private void awaitLeader(MemberId to, long end, Throwable last) {
        while (System.nanoTime() < end) {
            RaftPeerId leader = division.getInfo().getLeaderId();
            if (leader != null) {
                if (RaftIds.member(leader).equals(to)) {
                    return;
                }
                throw new ReplicationException(Kind.NOT_LEADER, group + ": " + leader + " leads, not " + to, last);
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
        throw new ReplicationException(Kind.NOT_LEADER, group + ": nobody leads after the transfer to " + to, last);
    }

    private void mayLead(MemberId to) {
        Member target = members().stream()
                .filter(member -> member.id().equals(to) && member.role() == Member.Role.VOTER)
                .findFirst()
                .orElseThrow(() -> new ReplicationException(Kind.REFUSED, group + ": " + to + " has no vote"));
        for (Member member : members()) {
            if (member.role() == Member.Role.VOTER && member.priority() > target.priority()) {
                throw new ReplicationException(
                        Kind.REFUSED, group + ": " + member.id() + " has a higher priority than " + to);
            }
        }
    }

    CompletableFuture<Void> stepDown() {
        return run("step-down-" + group, () -> {
            mustLead();
            Duration deadline = Duration.ofSeconds(5);
            answer(server.transferLeadershipAsync(leadershipRequest(null, deadline)), deadline);
        });
    }

    /// Whether this member is to follow a leader that is lost: of the other voters it has the highest priority, and of
    /// those with the same the smallest id.
    boolean succeeds(MemberId leader) {
        if (!RaftIds.peer(leader).equals(division.getInfo().getLeaderId())) {
            return false;
        }
        return members().stream()
                .filter(member ->
                        member.role() == Member.Role.VOTER && !member.id().equals(leader))
                .min(Comparator.comparing(Member::priority).reversed().thenComparing(Member::id))
                .filter(first -> first.id().equals(self))
                .isPresent();
    }

    /// Stands for election at once instead of waiting for an election timeout, in the way in which a leader that
    /// hands over asks for it (Raft thesis section 3.10): without a pre-vote, because the others may have heard the
    /// leader just before it was lost.
    void stand(MemberId lost) {
        TermIndex last = division.getRaftLog().getLastEntryTermIndex();
        if (last == null) {
            return;
        }
        try {
            var _ = server.startLeaderElection(StartLeaderElectionRequestProto.newBuilder()
                    .setServerRequest(RaftRpcRequestProto.newBuilder()
                            .setRequestorId(RaftIds.peer(lost).toByteString())
                            .setReplyId(RaftIds.peer(self).toByteString())
                            .setRaftGroupId(RaftGroupIdProto.newBuilder()
                                    .setId(division.getMemberId().getGroupId().toByteString())))
                    .setLeaderLastEntry(last.toProto())
                    .build());
        } catch (IOException e) {
            LOG.warn("{}: could not stand for election; the election timeout does it", group, e);
        }
    }

    /// Whether this member may become a candidate.
    void standForElection(boolean allowed) {
        long call = calls.incrementAndGet();
        RaftGroupId id = division.getMemberId().getGroupId();
        try {
            answer(
                    server.leaderElectionManagementAsync(
                            allowed
                                    ? LeaderElectionManagementRequest.newResume(client, server.getId(), id, call)
                                    : LeaderElectionManagementRequest.newPause(client, server.getId(), id, call)),
                    Duration.ofSeconds(1));
        } catch (IOException e) {
            LOG.warn("{}: elections could not be {}", group, allowed ? "resumed" : "paused", e);
        }
    }

    private TransferLeadershipRequest leadershipRequest(MemberId to, Duration deadline) {
        return new TransferLeadershipRequest(
                client,
                server.getId(),
                division.getMemberId().getGroupId(),
                calls.incrementAndGet(),
                to == null ? null : RaftIds.peer(to),
                deadline.toMillis());
    }

    private void mustLead() {
        if (!division.getInfo().isLeader() || !division.getInfo().isLeaderReady()) {
            throw new ReplicationException(Kind.NOT_LEADER, group + ": this process does not lead");
        }
    }

    // ---- members

    CompletableFuture<Void> change(List<Member> expected, List<Member> target) {
        return run("change-" + group, () -> {
            mustLead();
            List<Member> current = members();
            if (!current.equals(RaftIds.inOrder(expected))) {
                throw new ReplicationException(
                        Kind.REFUSED, group + ": the members are " + current + ", not " + expected);
            }
            if (target.stream().noneMatch(member -> member.id().equals(self) && member.role() == Member.Role.VOTER)) {
                throw new ReplicationException(
                        Kind.REFUSED, group + ": a leader hands over before it is removed or loses its vote");
            }
            List<List<Member>> steps;
            try {
                steps = ConfigurationSteps.plan(current, target, this::gone);
            } catch (IllegalArgumentException e) {
                throw new ReplicationException(Kind.REFUSED, group + ": " + e.getMessage(), e);
            }
            awaitFilled(current, target);
            for (List<Member> step : steps) {
                set(current, step);
                current = step;
            }
        });
    }

    private boolean gone(MemberId id) {
        return !id.equals(self)
                && follower(id)
                        .map(known -> known.lastHeardMillis() > GONE_MILLIS)
                        .orElse(true);
    }

    /// Waits until the listeners that are to get a vote hold what is committed now (Ratis does this only for members
    /// that are new altogether), and until they have certainly been listeners for a while: one that is just being
    /// started anew as a listener could not vote yet, and if the leader were lost then, nobody could be elected.
    private void awaitFilled(List<Member> from, List<Member> to) {
        List<MemberId> promoted = to.stream()
                .filter(member -> member.role() == Member.Role.VOTER && listens(member.id(), from))
                .map(Member::id)
                .toList();
        if (promoted.isEmpty()) {
            return;
        }
        long settled = Math.max(lastSetAt, System.nanoTime() - leadingFor().toNanos()) + LISTENER_SETTLES.toNanos();
        long committed = division.getRaftLog().getLastCommittedIndex();
        long end = System.nanoTime() + PROMOTION_MAX.toNanos();
        for (MemberId id : promoted) {
            while (System.nanoTime() < settled
                    || follower(id).map(GroupMember.Follower::matchIndex).orElse(-1L) < committed) {
                mustLead();
                if (System.nanoTime() > end) {
                    throw new ReplicationException(
                            Kind.REFUSED,
                            group + ": " + id + " gets no vote before it holds entry " + committed + "; now "
                                    + follower(id));
                }
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
        }
    }

    private static boolean listens(MemberId id, List<Member> members) {
        return members.stream().anyMatch(member -> member.id().equals(id) && member.role() == Member.Role.LISTENER);
    }

    private Duration leadingFor() {
        return Duration.ofMillis(division.getInfo().getRoleInfoProto().getRoleElapsedTimeMs());
    }

    private void set(List<Member> from, List<Member> to) throws IOException {
        LOG.info("{}: members change from {} to {}", group, from, to);
        SetConfigurationRequest request = new SetConfigurationRequest(
                client,
                server.getId(),
                division.getMemberId().getGroupId(),
                calls.incrementAndGet(),
                // Full lists with compare-and-set: other modes carry over only the listeners that are named.
                new SetConfigurationRequest.Arguments.Builder()
                        .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                        .setServersInCurrentConf(RaftIds.peers(from, Member.Role.VOTER))
                        .setListenersInCurrentConf(RaftIds.peers(from, Member.Role.LISTENER))
                        .setServersInNewConf(RaftIds.peers(to, Member.Role.VOTER))
                        .setListenersInNewConf(RaftIds.peers(to, Member.Role.LISTENER))
                        .build());
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (true) {
            try {
                answer(server.setConfigurationAsync(request), CHANGE_MAX);
                lastSetAt = System.nanoTime();
                return;
            } catch (ReconfigurationInProgressException e) {
                // The leader's own first entry, or the step before, is not committed on all sides yet.
                if (System.nanoTime() > end) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            } catch (ReconfigurationTimeoutException e) {
                // It drops the senders of *all* members that it takes for not caught up, and a listener counts as such
                // until the next leader.
                if (followers().size() < members().size() - 1) {
                    giveWay("a failed change cut members off", e);
                }
                throw e;
            } catch (IOException e) {
                // It has a sender for a member that is none: elected in the middle of the change that took it out.
                if (e.getCause() instanceof IllegalStateException) {
                    giveWay("an election cut an earlier change short, and left a part of it behind", e);
                }
                throw e;
            }
        }
    }

    /// What Ratis' leader keeps of its members is wrong, and stays so as long as it leads. The next one begins anew.
    private void giveWay(String why, Throwable cause) {
        if (division.getInfo().isLeader()) {
            LOG.warn("{}: {}; giving way to another leader", group, why, cause);
            var _ = stepDown().whenComplete((_, e) -> {
                if (e != null) {
                    LOG.warn("{}: did not give way", group, e);
                }
            });
        }
    }

    // ---- waiting

    private interface Work {
        void run() throws IOException;
    }

    private static CompletableFuture<Void> run(String name, Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofVirtual().name(name).start(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (ReplicationException e) {
                done.completeExceptionally(e);
            } catch (IOException | RuntimeException e) {
                Kind kind =
                        switch (e) {
                            case NotLeaderException _ -> Kind.NOT_LEADER;
                            case SetConfigurationException _ -> Kind.REFUSED;
                            default -> Kind.UNKNOWN;
                        };
                done.completeExceptionally(new ReplicationException(kind, name + ": " + e.getMessage(), e));
            }
        });
        return done;
    }

    /// Waits for Ratis' answer and throws what it says.
    private static void answer(CompletableFuture<RaftClientReply> future, Duration deadline) throws IOException {
        try {
            RaftClientReply reply = future.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
            if (reply.getException() != null) {
                throw reply.getException();
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            while (cause instanceof CompletionException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw cause instanceof IOException io ? io : new IOException(cause);
        } catch (TimeoutException e) {
            throw new IOException("no answer within " + deadline, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
