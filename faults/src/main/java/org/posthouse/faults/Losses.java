package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.ClusterStatus.VirtualServer;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Two nodes lost one after the other, with time in between to make replicas anew.
@Command(
        name = "losses",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Three active nodes and a passive one lose n3, make its replicas anew, and lose n1: what has room"
                + " goes on, vs1 waits and says why, and comes up on n3 when that returns; nothing else moves. With"
                + " --stack 2 the survivors take vs1 at once.")
final class Losses extends Campaign {
    @Option(
            names = "--stack",
            defaultValue = "1",
            description = "How many virtual servers a node may own. Default: ${DEFAULT-VALUE}.")
    private int stack;

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "two nodes lost one after the other";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(25);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Map<String, String> users = cluster.users();
        Ledger ledger = new Ledger();
        if (stack > 1) {
            for (String server :
                    new TreeMap<>(users).values().stream().distinct().toList()) {
                report().say(
                                "%s",
                                cluster.command("group", "prop", server, "room=stack " + stack)
                                        .strip());
            }
        }
        ClusterStatus before = awaitSafe(cluster);
        report().expect(owners(before, "n1", "n2", "n3"), "n1 to n3 own vs1 to vs3: %s", owners(before));
        // Senders to a virtual server that is nowhere would wait there with the messages of the others.
        Map<String, String> goOn = new TreeMap<>(users);
        if (stack == 1) {
            goOn.values().removeIf("vs1"::equals);
        }
        try (Load running = Load.start(ledger, cluster.smtpDoors(), goOn, load.pace(), seed())) {
            letPass(Duration.ofSeconds(3));
            long lost = lose(cluster, "n3");
            expectWrites(running, "vs3", lost);
            var _ = cluster.await(
                    "n3 is down", SAFE_LIMIT, now -> !now.node("n3").up());
            long begun = System.nanoTime();
            report().say(
                            "%s",
                            cluster.command("node", "write-off", "n3", "--wait").strip());
            report().say("the replicas of n3 were made anew %.1f s later", (System.nanoTime() - begun) / 1e9);
            var _ = cluster.await(
                    "the votes to be on nodes that live",
                    SAFE_LIMIT,
                    now -> now.cluster().quorum().alive() == 3);
            lost = lose(cluster, "n1");
            expectWrites(running, "vs2", lost);
            expectWrites(running, "vs3", lost);
            if (stack == 1) {
                expectToWait(cluster);
                cluster.startNode("n3");
                ClusterStatus back = cluster.await("vs1 is online on n3", SAFE_LIMIT, now -> now.virtualServer("vs1")
                        .filter(VirtualServer::online)
                        .filter(server -> server.owner().equals("n3"))
                        .isPresent());
                report().expect(owners(back, "n3", "n2", "n4"), "nothing else moved: %s", owners(back));
            } else {
                expectWrites(running, "vs1", lost);
                cluster.startNode("n3");
            }
            cluster.startNode("n1");
            ClusterStatus last = awaitSafe(cluster);
            report().say("with both back: %s", owners(last));
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        try (Load again = Load.start(cluster, ledger, load.pace(), seed() + 1)) {
            expectWrites(again, "vs1", System.nanoTime());
            again.stop();
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD) == 0, "no message was refused with 5xx");
        expectDigestsAgree(cluster);
    }

    private long lose(SampleCluster cluster, String node) throws IOException {
        long pid = cluster.status().node(node).pid();
        long now = System.nanoTime();
        report().expect(Processes.kill(pid), "%s (pid %d) killed", node, pid);
        return now;
    }

    private void expectWrites(Load running, String server, long since) throws IOException {
        var next = running.next(server, since, SAFE_LIMIT);
        report().expect(
                        next.isPresent(),
                        "%s takes mail again after %s ms",
                        server,
                        next.map(write -> (write.answeredNanos() - since) / 1_000_000)
                                .orElse(-1L));
    }

    private void expectToWait(SampleCluster cluster) throws IOException {
        ClusterStatus status = cluster.await("vs1 is failed", SAFE_LIMIT, now -> now.virtualServer("vs1")
                .filter(server -> server.state().equals("failed"))
                .isPresent());
        VirtualServer server = status.virtualServer("vs1").orElseThrow();
        report().expect(server.reason().contains("has room"), "vs1 is failed: %s", server.reason());
        letPass(Duration.ofSeconds(10));
        ClusterStatus later = cluster.status();
        report().expect(owners(later, "n1", "n2", "n4"), "the others stay: %s", owners(later));
    }

    private static boolean owners(ClusterStatus status, String... wanted) {
        for (int k = 0; k < wanted.length; k++) {
            String owner = wanted[k];
            if (status.virtualServer("vs" + (k + 1))
                    .filter(server -> server.owner().equals(owner))
                    .isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, String> owners(ClusterStatus status) {
        Map<String, String> owners = new TreeMap<>();
        status.virtualServers().forEach(server -> owners.put(server.name(), server.owner() + " " + server.state()));
        return owners;
    }
}
