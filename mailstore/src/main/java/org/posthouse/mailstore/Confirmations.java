package org.posthouse.mailstore;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.replication.ReplicatedLog;

/// Shares confirmations of leadership: one is under way, and one waits to be started when that ends. Whoever asks
/// while one is under way joins the waiting one, since the other began before the question.
final class Confirmations {
    private final ReplicatedLog log;
    private final ReentrantLock lock = new ReentrantLock();
    private CompletableFuture<Void> underWay; // under lock
    private CompletableFuture<Void> waiting; // under lock

    Confirmations(ReplicatedLog log) {
        this.log = log;
    }

    /// Completes when this process led at some instant after the call.
    CompletableFuture<Void> confirm() {
        CompletableFuture<Void> mine;
        lock.lock();
        try {
            if (underWay != null) {
                if (waiting == null) {
                    waiting = new CompletableFuture<>();
                }
                return waiting;
            }
            mine = new CompletableFuture<>();
            underWay = mine;
        } finally {
            lock.unlock();
        }
        start(mine);
        return mine;
    }

    private void start(CompletableFuture<Void> confirmation) {
        CompletableFuture<Void> asked;
        try {
            asked = log.confirmLeadership();
        } catch (RuntimeException e) {
            asked = CompletableFuture.failedFuture(e);
        }
        var _ = asked.whenComplete((_, failure) -> {
            CompletableFuture<Void> next;
            lock.lock();
            try {
                next = waiting;
                waiting = null;
                underWay = next;
            } finally {
                lock.unlock();
            }
            if (failure == null) {
                confirmation.complete(null);
            } else {
                confirmation.completeExceptionally(failure);
            }
            if (next != null) {
                start(next);
            }
        });
    }
}
