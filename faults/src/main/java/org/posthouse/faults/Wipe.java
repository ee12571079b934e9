package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A node loses its data folder and comes back under its name.
@Command(
        name = "wipe",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A node's data folder is deleted while the node is stopped; it comes back under its name and is"
                + " refilled while mail flows.")
final class Wipe extends Campaign {
    @Option(names = "--node", description = "Which node. Default: chosen by the seed.")
    private String chosen;

    @Option(
            names = "--seconds",
            defaultValue = "20",
            description = "How long mail flows before. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "a node's data folder deleted";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(20).plusSeconds(seconds);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Ledger ledger = new Ledger();
        ClusterStatus before = awaitSafe(cluster);
        List<String> names =
                before.nodes().stream().map(ClusterStatus.Node::name).toList();
        String node = chosen == null ? names.get(random().nextInt(names.size())) : chosen;
        List<ClusterStatus.VirtualServer> held = before.virtualServers().stream()
                .filter(server -> server.replicas().stream()
                        .anyMatch(replica -> replica.node().equals(node)))
                .toList();
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            letPass(Duration.ofSeconds(seconds));
            long stopped = System.nanoTime();
            cluster.stopNode(node);
            delete(cluster.folder().resolve(node));
            report().say(
                            "%s stopped and wiped; it held replicas of %s",
                            node,
                            held.stream().map(ClusterStatus.VirtualServer::name).toList());
            for (ClusterStatus.VirtualServer server : before.virtualServers()) {
                report().expect(
                                running.next(server.name(), stopped, SAFE_LIMIT).isPresent(),
                                "%s goes on without %s",
                                server.name(),
                                node);
            }
            long started = System.nanoTime();
            cluster.startNode(node);
            ClusterStatus after = awaitSafe(cluster);
            report().say("safe again %.1f s after its start", (System.nanoTime() - started) / 1e9);
            expectReplicasRisen(before, after, node);
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD) == 0, "no message was refused with 5xx");
        expectDigestsAgree(cluster);
    }

    /// A wiped replica must not vote under its old name: it would count an empty log as a vote (DESIGN.md section 4).
    private void expectReplicasRisen(ClusterStatus before, ClusterStatus after, String node) {
        for (ClusterStatus.VirtualServer server : after.virtualServers()) {
            int old = incarnation(before.virtualServer(server.name()).orElseThrow(), node);
            int now = incarnation(server, node);
            if (old >= 0 && now >= 0) {
                report().expect(now > old, "%s on %s is incarnation %d, after %d", server.name(), node, now, old);
            }
        }
    }

    private static int incarnation(ClusterStatus.VirtualServer server, String node) {
        return server.replicas().stream()
                .filter(replica -> replica.node().equals(node))
                .mapToInt(ClusterStatus.Replica::incarnation)
                .max()
                .orElse(-1);
    }

    /// Deletes a node's folder.
    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
