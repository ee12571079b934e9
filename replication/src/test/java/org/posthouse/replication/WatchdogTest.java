package org.posthouse.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.posthouse.replication.TestCluster.Node;

/// A leader whose disk or replica hangs gives way, or has its process ended.
class WatchdogTest {
    private static final Limits IMPATIENT = TestCluster.LIMITS.withGray(
            new Limits.Gray(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofMillis(500)));

    @TempDir
    Path folder;

    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();

    private TestCluster impatient() {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = IMPATIENT;
        cluster.gray = new Settings.GrayOwner() {
            @Override
            public void gray(GroupName group, String reason) {
                calls.add("gray " + group + ": " + reason);
            }

            @Override
            public void halt(GroupName group, String reason) {
                calls.add("halt " + group + ": " + reason);
            }
        };
        return cluster;
    }

    @Test
    void aLeaderWhoseReplicaHangsGivesWay() throws Exception {
        try (TestCluster cluster = impatient().formed(3)) {
            Node leader = cluster.leader();
            // The others apply the same entry; only this one must hang.
            cluster.others(leader).forEach(other -> other.ledger.unblock.countDown());
            var hanging = leader.member.propose("block".getBytes(StandardCharsets.UTF_8));
            assertThat(calls.poll(20, TimeUnit.SECONDS)).contains("gray vs1").contains("holds up the replica");
            TestCluster.await(
                    "another leader", () -> cluster.others(leader).stream().anyMatch(Node::leads));
            assertThat(hanging).isCompletedExceptionally();
            leader.ledger.unblock.countDown();
        }
    }

    @Test
    void aLeaderWhoseDiskHangsGivesWay() throws Exception {
        CountDownLatch repaired = new CountDownLatch(1);
        try (TestCluster cluster = impatient().formed(3)) {
            Node leader = cluster.leader();
            leader.propose("before");
            ((HostedGroup) leader.member).flushProbe = () -> {
                try {
                    repaired.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            };
            var hanging = leader.member.propose(new byte[] {'x'});
            assertThat(calls.poll(20, TimeUnit.SECONDS)).contains("gray vs1").contains("not forced to disk");
            TestCluster.await(
                    "another leader", () -> cluster.others(leader).stream().anyMatch(Node::leads));
            assertThat(hanging).isCompletedExceptionally();
            repaired.countDown();
        } finally {
            repaired.countDown();
        }
    }

    @Test
    void aLeaderThatLeadsOnIsEnded() throws Exception {
        try (TestCluster cluster = impatient().formed(1)) {
            Node leader = cluster.leader();
            // The only voter gives way, is elected again at once, and hangs still.
            var hanging = leader.member.propose("block".getBytes(StandardCharsets.UTF_8));
            assertThat(calls.poll(20, TimeUnit.SECONDS)).startsWith("gray vs1");
            assertThat(calls.poll(20, TimeUnit.SECONDS)).startsWith("halt vs1");
            assertThat(hanging).isCompletedExceptionally();
            leader.ledger.unblock.countDown();
        }
    }

    /// As long as the process was paused, or had no processor.
    @Test
    void aTimeInWhichNobodyWatchedIsNoHang() {
        Limits limits = TestCluster.LIMITS;
        long second = Duration.ofSeconds(1).toNanos();
        Progress progress = new Progress();
        progress.appended(11);
        progress.appending.incrementAndGet();
        progress.enter(Progress.Stage.APPLYING);
        long start = System.nanoTime();
        assertThat(progress.hangs(start, 10, limits)).isEmpty();
        assertThat(progress.hangs(start + 5 * second, 10, limits)).isPresent();

        progress.watchedLate(start + 5 * second);
        assertThat(progress.hangs(start + 5 * second, 10, limits)).as("paused").isEmpty();
        assertThat(progress.hangs(start + 6 * second, 10, limits)).as("for 1 s").isEmpty();
        assertThat(progress.hangs(start + 7 * second, 10, limits))
                .as("hangs since, for 2 s")
                .isPresent();
    }

    @Test
    void progressIsToldFromIdleness() {
        Limits limits = TestCluster.LIMITS;
        long second = Duration.ofSeconds(1).toNanos();
        long start = System.nanoTime();
        Progress progress = new Progress();
        assertThat(progress.hangs(start, 10, limits)).as("idle").isEmpty();
        assertThat(progress.hangs(start + 10 * second, 10, limits))
                .as("idle for long")
                .isEmpty();

        progress.appended(11);
        assertThat(progress.hangs(start + 10 * second, 10, limits))
                .as("just appended")
                .isEmpty();
        assertThat(progress.hangs(start + 11 * second, 10, limits))
                .as("for 1 s")
                .isEmpty();
        assertThat(progress.hangs(start + 12 * second, 10, limits))
                .as("for 2 s")
                .isPresent();
        assertThat(progress.hangs(start + 20 * second, 11, limits))
                .as("flushed")
                .isEmpty();

        progress.appending.incrementAndGet();
        assertThat(progress.hangs(start + 20 * second, 11, limits))
                .as("append begun")
                .isEmpty();
        assertThat(progress.hangs(start + 22 * second, 11, limits))
                .as("append stuck")
                .isPresent();
        progress.appending.decrementAndGet();
        assertThat(progress.hangs(start + 23 * second, 11, limits))
                .as("append done")
                .isEmpty();

        progress.enter(Progress.Stage.SNAPSHOT);
        long entered = System.nanoTime();
        assertThat(progress.hangs(entered + 9 * second, 11, limits))
                .as("snapshot")
                .isEmpty();
        assertThat(progress.hangs(entered + 11 * second, 11, limits))
                .as("long snapshot")
                .isPresent();
        progress.enter(Progress.Stage.APPLYING);
        entered = System.nanoTime();
        assertThat(progress.hangs(entered + 3 * second, 11, limits))
                .as("long apply")
                .isPresent();
        progress.enter(Progress.Stage.WAITING);
        assertThat(progress.hangs(entered + 30 * second, 11, limits))
                .as("waiting")
                .isEmpty();
        assertThat(List.of(Progress.Stage.values())).hasSize(3);
    }
}
