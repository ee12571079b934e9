package org.posthouse.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.posthouse.replication.ReplicationException.Kind;

/// Proposals and reads of one running group, handed to Ratis' server in this process on the caller's own thread.
///
/// How an answer is told from a refusal: [Proposal#appended] is set under the log's lock as the entry gets its place.
/// Whatever goes wrong before leaves no entry anywhere; whatever goes wrong after is of unknown outcome, though Ratis
/// has the same exception for both.
final class Proposer {
    /// How soon a proposal that met a leadership transfer is tried again, and for how long.
    private static final long RETRY_MILLIS = 5;
    private static final long RETRY_MILLIS_MAX = 3_000;

    private static final long HOLD_LOOK_NANOS = 500_000;

    private final GroupName group;
    private final RaftGroupMemberId member;
    private final RaftClientAsynchronousProtocol ratis;
    private final DivisionInfo info;
    private final Limits limits;
    private final Progress progress;
    private final ScheduledExecutorService timer;
    private final ClientId client = ClientId.randomId();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicLong underWay = new AtomicLong();
    private volatile boolean held;

    Proposer(
            GroupName group,
            RaftServer.Division division,
            Limits limits,
            Progress progress,
            ScheduledExecutorService timer) {
        this.group = group;
        this.member = division.getMemberId();
        // The server's own class; its public entrance would pass every request through another thread.
        this.ratis = (RaftClientAsynchronousProtocol) division;
        this.info = division.getInfo();
        this.limits = limits;
        this.progress = progress;
        this.timer = timer;
    }

    CompletableFuture<byte[]> propose(byte[] entry) {
        if (entry.length > ReplicatedLog.ENTRY_BYTES_MAX) {
            return CompletableFuture.failedFuture(new ReplicationException(
                    Kind.REFUSED,
                    "an entry of " + entry.length + " bytes is above the limit of " + ReplicatedLog.ENTRY_BYTES_MAX));
        }
        Proposal proposal = new Proposal(entry);
        long count = waiting.incrementAndGet();
        long bytes = waitingBytes.addAndGet(entry.length);
        if (count > limits.waitingEntries() || (bytes > limits.waitingBytes() && count > 1)) {
            fail(
                    proposal,
                    Kind.OVERLOADED,
                    (count - 1) + " entries of " + (bytes - entry.length) + " bytes are waiting already",
                    null);
            return proposal.answer;
        }
        submit(proposal);
        return proposal.answer;
    }

    private RaftClientRequest request(Message message, RaftClientRequest.Type type) {
        return RaftClientRequest.newBuilder()
                .setClientId(client)
                .setServerId(member.getPeerId())
                .setGroupId(member.getGroupId())
                .setCallId(calls.incrementAndGet())
                .setMessage(message)
                .setType(type)
                .build();
    }

    /// Keeps proposals back from now on, and waits until those under way are answered: an entry that gets its place in
    /// the log just as another member is told to take over makes that one's log too short to be elected.
    ///
    /// @param atMost goes on after so long in any case
    void hold(Duration atMost) {
        held = true;
        long end = System.nanoTime() + atMost.toNanos();
        while (underWay.get() > 0 && System.nanoTime() < end) {
            LockSupport.parkNanos(HOLD_LOOK_NANOS);
        }
    }

    /// Proposals that were kept back are tried again soon.
    void resume() {
        held = false;
    }

    private void submit(Proposal proposal) {
        // Counted first: either the one who holds sees it, or it sees that it is held.
        underWay.incrementAndGet();
        if (held) {
            underWay.decrementAndGet();
            retry(proposal, null);
            return;
        }
        CompletableFuture<RaftClientReply> reply;
        progress.appending.incrementAndGet();
        try {
            reply = ratis.submitClientRequestAsync(request(proposal, RaftClientRequest.writeRequestType()));
        } catch (IOException | RuntimeException e) {
            underWay.decrementAndGet();
            failed(proposal, e);
            return;
        } finally {
            progress.appending.decrementAndGet();
            progress.appended(proposal.index());
        }
        var _ = reply.whenComplete((done, e) -> {
            underWay.decrementAndGet();
            if (e != null) {
                failed(proposal, e instanceof CompletionException && e.getCause() != null ? e.getCause() : e);
            } else if (done.getException() != null) {
                failed(proposal, done.getException());
            } else {
                release(proposal);
                proposal.answer.complete(done.getMessage() instanceof Proposal.Answer(byte[] bytes) ? bytes : null);
            }
        });
    }

    private void release(Proposal proposal) {
        waiting.decrementAndGet();
        waitingBytes.addAndGet(-proposal.entry.length);
    }

    private void fail(Proposal proposal, Kind kind, String why, Throwable cause) {
        release(proposal);
        proposal.answer.completeExceptionally(new ReplicationException(kind, group + ": " + why, cause));
    }

    private void failed(Proposal proposal, Throwable cause) {
        if (proposal.appended) {
            fail(proposal, Kind.UNKNOWN, "leadership was lost, or the log failed, with the entry under way", cause);
            return;
        }
        switch (cause) {
            case LeaderSteppingDownException _ -> retry(proposal, cause);
            case NotLeaderException _ -> fail(proposal, Kind.NOT_LEADER, "this process does not lead", cause);
            case LeaderNotReadyException _ ->
                fail(proposal, Kind.NOT_LEADER, "this process has only just been elected", cause);
            case ResourceUnavailableException _ ->
                fail(proposal, Kind.OVERLOADED, "too many entries are waiting already", cause);
            case StateMachineException _ -> fail(proposal, Kind.REFUSED, "the log does not take the entry", cause);
            default -> fail(proposal, Kind.UNAVAILABLE, "the group is not running: " + cause.getMessage(), cause);
        }
    }

    /// A leader that hands over takes no entry until it has either done so or failed to; then the answer is clear.
    private void retry(Proposal proposal, Throwable cause) {
        long waited = (System.nanoTime() - proposal.proposedAt) / 1_000_000;
        if (waited > RETRY_MILLIS_MAX) {
            fail(proposal, Kind.NOT_LEADER, "leadership is being handed over", cause);
            return;
        }
        var _ = timer.schedule(() -> submit(proposal), RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }

    CompletableFuture<Void> confirmLeadership() {
        CompletableFuture<Void> confirmed = new CompletableFuture<>();
        // On a follower Ratis would ask the leader and report success, so leadership is looked at before and after:
        // the same term at both ends means that it was this process that answered.
        long term = info.getCurrentTerm();
        if (!info.isLeader()) {
            confirmed.completeExceptionally(notLeader(null));
            return confirmed;
        }
        CompletableFuture<RaftClientReply> reply;
        try {
            reply = ratis.submitClientRequestAsync(
                    request(Message.EMPTY, RaftClientRequest.readRequestType(false, false, true)));
        } catch (IOException | RuntimeException e) {
            confirmed.completeExceptionally(
                    new ReplicationException(Kind.UNAVAILABLE, group + ": not running: " + e.getMessage(), e));
            return confirmed;
        }
        var _ = reply.whenComplete((done, e) -> {
            if (!info.isLeader() || info.getCurrentTerm() != term) {
                confirmed.completeExceptionally(notLeader(e));
            } else if (e != null || !done.isSuccess()) {
                Throwable cause = e != null ? e : done.getException();
                confirmed.completeExceptionally(new ReplicationException(
                        Kind.UNKNOWN, group + ": leadership could not be confirmed: " + cause.getMessage(), cause));
            } else {
                confirmed.complete(null);
            }
        });
        return confirmed;
    }

    private ReplicationException notLeader(Throwable cause) {
        return new ReplicationException(Kind.NOT_LEADER, group + ": this process does not lead", cause);
    }
}
