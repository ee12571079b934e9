package org.posthouse.mailstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.mailstore.StoreException.Kind;

/// Who may read and write, and when the latch opens and closes.
final class GateTest {
    @TempDir
    Path folder;

    private final Gate gate = new Gate("n1.1");
    private final List<String> told = new ArrayList<>();
    private StorageGroup group;
    private RecordingLog log;
    private StoreService store;

    @BeforeEach
    void open() {
        group = new StorageGroup(folder, StoreFixture.MEMORY, StoreSettings.defaults(), gate);
        log = new RecordingLog(group);
        store = new StoreService(group, log, () -> 1_000_000);
        gate.listen(new Gate.Listener() {
            @Override
            public void opened(Epoch epoch) {
                told.add("opened " + epoch);
            }

            @Override
            public void closed(Epoch epoch, String reason) {
                told.add("closed " + epoch);
            }
        });
    }

    @AfterEach
    void close() {
        group.close();
    }

    private static void notOpen(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind())
                .isEqualTo(Kind.NOT_OPEN));
    }

    private void propose(Entry entry) {
        Object _ = Answer.decode(log.propose(Entry.encode(entry)).join());
    }

    @Test
    void closedUntilItsOwnOpenIsAppliedInTheTermThatItLeads() {
        notOpen(store::enter);
        store.proposeOpen(1).join(); // not known to lead yet: a replayed Open looks like this
        notOpen(store::enter);
        gate.leaderReady(2); // another term than the entry's, which is 1
        store.proposeOpen(1).join();
        notOpen(store::enter);
        gate.leaderReady(1);
        notOpen(store::enter);
        store.proposeOpen(1).join();
        Epoch epoch = store.enter();
        assertThat(epoch).isEqualTo(new Epoch(1, log.last()));
        store.confirm(epoch);
        gate.notLeader();
        notOpen(store::enter);
        notOpen(() -> store.confirm(epoch));
        assertThat(told).containsExactly("opened " + epoch, "closed " + epoch);
    }

    @Test
    void anothersOpenEndsTheEpochAndItsEntries() {
        gate.leaderReady(1);
        store.proposeOpen(1).join();
        Epoch mine = store.enter();
        propose(new Entry.Open(5, "n2.1", 1));
        notOpen(store::enter);
        assertThat(group.openedBy().orElseThrow().node()).isEqualTo("n2.1");
        assertThat(group.openedBy().orElseThrow().epoch()).isGreaterThan(mine);
        byte[] late = Entry.encodeAct(5, mine, CommandId.NONE, new Action.Create(StoreFixture.USER, "late", ""));
        notOpen(() -> Answer.decode(log.propose(late).join()));
        notOpen(() -> propose(new Entry.Stage(5, mine, 1, 0, new byte[1])));
        notOpen(() -> propose(new Entry.Expire(5, mine, 1, 1, 1, 1)));
        assertThat(new Reads(group).mailboxes(StoreFixture.USER)).isEmpty();
    }

    @Test
    void aHigherGenerationCountsForMoreThanAnyIndexAndIsNeverTakenBack() {
        gate.leaderReady(1);
        store.proposeOpen(1).join();
        Epoch first = store.enter();
        assertThat(first.generation()).isEqualTo(1);
        store.proposeOpen(2, 40).join();
        Epoch later = store.enter();
        assertThat(later.generation()).isEqualTo(40);
        assertThat(later).isGreaterThan(new Epoch(1, Long.MAX_VALUE));
        store.proposeOpen(3).join();
        assertThat(store.enter().generation()).isEqualTo(40);
        byte[] bytes = Entry.encode(new Entry.Open(5, "n1.2", 7, 40));
        assertThat(Entry.decode(ByteBuffer.wrap(bytes))).isEqualTo(new Entry.Open(5, "n1.2", 7, 40));
    }

    @Test
    void closeBarsOldPermissionsAndOnlyThose() {
        gate.leaderReady(1);
        store.proposeOpen(5).join();
        store.proposeClose(4).join(); // ordered before the permission under which it is open
        Epoch _ = store.enter();
        store.proposeClose(6).join();
        notOpen(store::enter);
        assertThat(group.openedBy().orElseThrow().open()).isFalse();
        assertThatThrownBy(() -> store.proposeOpen(6).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(StoreException.class);
        notOpen(store::enter);
        store.proposeOpen(7).join();
        Epoch _ = store.enter();
    }

    /// The replica that goes on may have been behind: the new epoch must be above any that it never heard of, and an
    /// order to close that came from an image which is lost must not keep it closed.
    @Test
    void aRecoveredStoreBeginsANewGenerationClosedAndOpensAnew() {
        gate.leaderReady(1);
        store.proposeOpen(5).join();
        Epoch before = store.enter();
        store.proposeClose(900).join();
        Object generation =
                Answer.decode(log.propose(LogEntries.recovered(2_000_000)).join());
        assertThat(generation).isEqualTo(2L);
        notOpen(store::enter);
        notOpen(() -> propose(new Entry.Stage(5, before, 1, 0, new byte[1])));
        store.proposeOpen(6).join();
        Epoch after = store.enter();
        assertThat(after.generation()).isEqualTo(2);
        assertThat(after).isGreaterThan(new Epoch(1, Long.MAX_VALUE));
        long _ = store.execute(CommandId.NONE, new Action.Create(StoreFixture.USER, "new", ""), StoreFixture.SOON)
                .mailboxId();
    }

    @Test
    void anOpenStoreIsClosedByARecovery() {
        gate.leaderReady(1);
        store.proposeOpen(1).join();
        Epoch _ = store.enter();
        Object _ = Answer.decode(log.propose(LogEntries.recovered(7)).join());
        notOpen(store::enter);
        assertThat(group.openedBy().orElseThrow().open()).isFalse();
        assertThat(LogEntries.timeMillis(java.nio.ByteBuffer.wrap(LogEntries.recovered(7))))
                .isEqualTo(7);
    }

    @Test
    void aRestartedReplicaDoesNotOpenByItsOldEntry() throws Exception {
        gate.leaderReady(1);
        store.proposeOpen(1).join();
        group.close();
        assertThat(told).hasSize(2);
        Gate again = new Gate("n1.1");
        StorageGroup other =
                new StorageGroup(folder.resolve("other"), StoreFixture.MEMORY, StoreSettings.defaults(), again);
        other.open();
        log.replay(other, -1, log.last());
        assertThat(other.openedBy().orElseThrow().open()).isTrue();
        assertThat(again.epoch()).isEmpty();
        other.close();
    }

    @Test
    void confirmFailsWhereLeadershipCannotBeConfirmed() {
        gate.leaderReady(1);
        store.proposeOpen(1).join();
        Epoch epoch = store.enter();
        log.leading(false);
        notOpen(() -> store.confirm(epoch));
        notOpen(() -> store.execute(CommandId.NONE, new Action.Welcome("x@y"), StoreFixture.SOON));
    }

    @Test
    void timeNeverGoesBack() {
        gate.leaderReady(1);
        store.proposeOpen(1).join();
        long first = store.execute(CommandId.NONE, new Action.Create("u@x", "a", ""), StoreFixture.SOON)
                .uidValidity();
        StoreService behind = new StoreService(group, log, () -> 10);
        long second = behind.execute(CommandId.NONE, new Action.Create("u@x", "b", ""), StoreFixture.SOON)
                .uidValidity();
        assertThat(first).isGreaterThanOrEqualTo(1000);
        assertThat(second).isGreaterThan(first);
    }
}
