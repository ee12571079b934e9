package org.posthouse.replication;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;

/// What a follower does with entries that its log has in part already, before Ratis gets them.
///
/// Ratis 3.3.0 takes the configurations among new entries before it appends them (`ServerState.updateConfiguration`),
/// and forgets those at and behind the first of them; and when the log then drops entries of an earlier term that are
/// in the way, it forgets all configurations from there on once more, the new ones too (`notifyTruncatedLogEntry`).
/// The follower's log is right then, but it goes by an old configuration: with old priorities two voters refuse each
/// other for ever, and with old members a majority is counted wrongly. This happens to a leader that was cut off with
/// entries that nobody else had, and to a follower that is sent entries again by a connection of before. So:
/// - what the log holds already is not given to Ratis again;
/// - entries in whose way others are, are given twice: the second time nothing is in the way. Until then nothing of
///   them is committed, because Ratis refuses what is committed already.
final class EntryReceiver {
    private static final long NONE = Long.MAX_VALUE;

    private final RaftServer server;
    private final RaftGroupId group;
    private final ReentrantLock lock = new ReentrantLock();
    // under lock
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private int underWay; // requests with entries that Ratis has and has not answered
    private long handedOn = RaftLog.INVALID_LOG_INDEX; // the highest index among what is under way
    private long committable = NONE; // while entries are given twice
    private boolean giving;

    /// A request with entries that is not given to Ratis yet, and its answer.
    private record Waiting(AppendEntriesRequestProto request, CompletableFuture<AppendEntriesReplyProto> answer) {
        long first() {
            return request.getEntries(0).getIndex();
        }

        long last() {
            return first() + request.getEntriesCount() - 1;
        }
    }

    EntryReceiver(RaftServer server, RaftGroupId group) {
        this.server = server;
        this.group = group;
    }

    RaftServer server() {
        return server;
    }

    /// Gives entries, or a heartbeat, to Ratis. Entries are given in the order in which they come: what overtakes
    /// others is refused by Ratis as a gap, and the leader sends everything once more.
    ///
    /// @return the answer; what Ratis throws comes by it too
    /// @throws IOException if a heartbeat is refused
    CompletableFuture<AppendEntriesReplyProto> append(AppendEntriesRequestProto request) throws IOException {
        lock.lock();
        try {
            if (request.getEntriesCount() == 0) {
                return server.appendEntriesAsync(committing(request, committable));
            }
            Waiting last = new Waiting(request, new CompletableFuture<>());
            waiting.add(last);
            giveOn();
            return last.answer();
        } finally {
            lock.unlock();
        }
    }

    /// Gives what need not wait. What is under way may not be in the log yet, so only what comes directly behind it
    /// can be compared with the log; and nothing comes behind what is to be given once more.
    private void giveOn() {
        lock.lock();
        try {
            if (!giving) { // else an answer came at once, and the loop that got it goes on with the next
                giving = true;
                try {
                    giveWaiting();
                } finally {
                    giving = false;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void giveWaiting() {
        for (Waiting next = waiting.peek(); next != null && mayBeGiven(next); next = waiting.peek()) {
            waiting.remove();
            handedOn = underWay == 0 ? next.last() : Math.max(handedOn, next.last());
            underWay++;
            CompletableFuture<AppendEntriesReplyProto> answer = next.answer();
            var _ = given(next.request()).whenComplete((reply, failure) -> answered(answer, reply, failure));
        }
    }

    private boolean mayBeGiven(Waiting next) {
        return underWay == 0 || (next.first() == handedOn + 1 && committable == NONE);
    }

    private CompletableFuture<AppendEntriesReplyProto> given(AppendEntriesRequestProto request) {
        try {
            return give(request);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void answered(
            CompletableFuture<AppendEntriesReplyProto> answer, AppendEntriesReplyProto reply, Throwable failure) {
        lock.lock();
        try {
            underWay--;
        } finally {
            lock.unlock();
        }
        giveOn();
        if (failure == null) {
            answer.complete(reply);
        } else {
            answer.completeExceptionally(failure);
        }
    }

    /// Under the lock.
    private CompletableFuture<AppendEntriesReplyProto> give(AppendEntriesRequestProto request) throws IOException {
        List<LogEntryProto> entries = request.getEntriesList();
        RaftLog log = server.getDivision(group).getRaftLog();
        TermIndex last = log.getLastEntryTermIndex();
        if (last == null || last.getIndex() < entries.getFirst().getIndex()) {
            return server.appendEntriesAsync(request);
        }
        int held = 0;
        while (held < entries.size() && holds(log, entries.get(held))) {
            held++;
        }
        if (held == entries.size()) {
            return acknowledge(request, log);
        }
        AppendEntriesRequestProto rest = without(request, held);
        boolean inTheWay = log.getTermIndex(entries.get(held).getIndex()) != null;
        return inTheWay ? giveTwice(rest) : server.appendEntriesAsync(rest);
    }

    private static boolean holds(RaftLog log, LogEntryProto entry) {
        return TermIndex.valueOf(entry).equals(log.getTermIndex(entry.getIndex()));
    }

    private static AppendEntriesRequestProto without(AppendEntriesRequestProto request, int held) {
        if (held == 0) {
            return request;
        }
        List<LogEntryProto> entries = request.getEntriesList();
        return request.toBuilder()
                .setPreviousLog(TermIndex.valueOf(entries.get(held - 1)).toProto())
                .clearEntries()
                .addAllEntries(entries.subList(held, entries.size()))
                .build();
    }

    /// Nothing of it is new but that the leader lives, and what is committed. It is acknowledged as far as it is on
    /// disk.
    private CompletableFuture<AppendEntriesReplyProto> acknowledge(AppendEntriesRequestProto request, RaftLog log)
            throws IOException {
        long last = request.getEntries(request.getEntriesCount() - 1).getIndex();
        return server.appendEntriesAsync(without(request, request.getEntriesCount()))
                .thenApply(reply -> reply.getResult() != AppendResult.SUCCESS
                        ? reply.toBuilder().setIsHearbeat(false).build()
                        : reply.toBuilder()
                                .setIsHearbeat(false)
                                .setMatchIndex(Math.min(last, log.getFlushIndex()))
                                .setNextIndex(last + 1)
                                .build());
    }

    private CompletableFuture<AppendEntriesReplyProto> giveTwice(AppendEntriesRequestProto request) throws IOException {
        committable = request.getEntries(0).getIndex() - 1;
        CompletableFuture<AppendEntriesReplyProto> first;
        try {
            first = server.appendEntriesAsync(committing(request, committable));
        } catch (IOException | RuntimeException e) {
            committable = NONE;
            throw e;
        }
        return first.whenComplete((_, failure) -> {
                    if (failure != null) {
                        commitAgain();
                    }
                })
                .thenCompose(reply -> giveAgain(request, reply));
    }

    private CompletableFuture<AppendEntriesReplyProto> giveAgain(
            AppendEntriesRequestProto request, AppendEntriesReplyProto reply) {
        lock.lock();
        try {
            return reply.getResult() == AppendResult.SUCCESS
                    ? server.appendEntriesAsync(request)
                    : CompletableFuture.completedFuture(reply);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        } finally {
            commitAgain();
            lock.unlock();
        }
    }

    private void commitAgain() {
        lock.lock();
        try {
            committable = NONE;
            giveOn();
        } finally {
            lock.unlock();
        }
    }

    private static AppendEntriesRequestProto committing(AppendEntriesRequestProto request, long most) {
        return request.getLeaderCommit() <= most
                ? request
                : request.toBuilder().setLeaderCommit(most).build();
    }
}
