package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.posthouse.replication.ReplicatedLog;

/// One confirmation under way, one waiting, shared by all who ask.
final class ConfirmationsTest {
    private final List<CompletableFuture<Void>> asked = new ArrayList<>();
    private final Confirmations confirmations = new Confirmations(new ReplicatedLog() {
        @Override
        public CompletableFuture<byte[]> propose(byte[] entry) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<Void> confirmLeadership() {
            CompletableFuture<Void> confirmation = new CompletableFuture<>();
            asked.add(confirmation);
            return confirmation;
        }
    });

    @Test
    void whoAsksWhileOneIsUnderWayWaitsForTheNext() {
        CompletableFuture<Void> first = confirmations.confirm();
        CompletableFuture<Void> second = confirmations.confirm();
        CompletableFuture<Void> third = confirmations.confirm();
        assertThat(asked).hasSize(1);
        asked.getFirst().complete(null);
        assertThat(first).isCompleted();
        assertThat(second).isNotDone();
        assertThat(asked).hasSize(2);
        CompletableFuture<Void> fourth = confirmations.confirm();
        asked.get(1).completeExceptionally(new IllegalStateException("lost"));
        assertThat(second).isCompletedExceptionally();
        assertThat(third).isCompletedExceptionally();
        assertThat(asked).hasSize(3);
        asked.get(2).complete(null);
        assertThat(fourth).isCompleted();
        assertThat(confirmations.confirm()).isNotDone();
        assertThat(asked).hasSize(4);
    }
}
