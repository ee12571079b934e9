package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.posthouse.testkit.ClusterStatus.VirtualServer;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Two nodes and a witness lose one after the other, the witness also with its disk.
@Command(
        name = "witness",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Two nodes get a witness and lose, under load: the owner, the witness, the witness with its"
                + " folder, the other owner. In the end a node that was away for long finds only the witness there,"
                + " which alone has the last messages.")
final class TwoAndWitness extends Campaign {
    private static final String WITNESS = "w1";

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "two nodes and a witness";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(15);
    }

    @Override
    SampleCluster.Layout layout() {
        return new SampleCluster.Layout(2, 1, 1, 4, Map.of());
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        report().say("%s", cluster.addWitness().strip());
        var _ = awaitSafe(cluster);
        Ledger ledger = new Ledger();
        try (Load running = Load.start(ledger, cluster.smtpDoors(), cluster.users(), load.pace(), seed())) {
            letPass(Duration.ofSeconds(3));
            String first = owner(cluster);
            expectWrites(running, lose(cluster, first), "without " + first);
            returns(cluster, first);

            expectWrites(running, lose(cluster, WITNESS), "without " + WITNESS);
            returns(cluster, WITNESS);
            expectWrites(running, lose(cluster, WITNESS), "without " + WITNESS);
            letPass(Duration.ofSeconds(1));
            Wipe.delete(cluster.folder().resolve(WITNESS));
            returns(cluster, WITNESS);

            String second = owner(cluster);
            report().expect(!second.equals(first), "%s owns vs1 now, nothing went back", second);
            expectWrites(running, lose(cluster, second), "without " + second);
            letPass(Duration.ofSeconds(2));
            // What was written since is on this one and the witness.
            long lost = lose(cluster, first);
            cluster.startNode(second);
            expectWrites(running, lost, "with " + second + " filled by the witness");
            report().expect(owner(cluster).equals(second), "%s owns vs1", owner(cluster));
            returns(cluster, first);
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD) == 0, "no message was refused with 5xx");
        expectDigestsAgree(cluster);
    }

    private static String owner(SampleCluster cluster) throws IOException {
        return cluster.status().virtualServer("vs1").map(VirtualServer::owner).orElse("");
    }

    private long lose(SampleCluster cluster, String node) throws IOException {
        long pid = cluster.status().node(node).pid();
        long now = System.nanoTime();
        report().expect(Processes.kill(pid), "%s (pid %d) killed", node, pid);
        return now;
    }

    private void returns(SampleCluster cluster, String node) throws IOException {
        cluster.startNode(node);
        long begun = System.nanoTime();
        var _ = awaitSafe(cluster);
        report().say("%s is back, the next loss is survived %.1f s later", node, (System.nanoTime() - begun) / 1e9);
    }

    private void expectWrites(Load running, long since, String how) throws IOException {
        var next = running.next("vs1", since, SAFE_LIMIT);
        report().expect(
                        next.isPresent(),
                        "%s vs1 takes mail after %s ms",
                        how,
                        next.map(write -> (write.answeredNanos() - since) / 1_000_000)
                                .orElse(-1L));
    }
}
