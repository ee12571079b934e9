package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.posthouse.bench.Table;
import org.posthouse.testkit.PacemakerCluster;
import org.posthouse.testkit.Processes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A virtual server that Pacemaker owns, on shared storage: whatever happens to it, no acknowledged message is lost,
/// and no two processes serve at once.
@Command(
        name = "pacemaker",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Three machines in namespaces under Pacemaker and corosync, with fencing, run one virtual server by"
                        + " the resource agent in ocf/, under load. Its process is killed and frozen, it is moved, and"
                        + " its machine is lost. Prints how long it took until the next acknowledged write. Takes root"
                        + " and the packages of Pacemaker.")
final class Pacemaker extends Campaign {
    private static final Duration NEXT_WRITE_LIMIT = Duration.ofSeconds(90);
    private static final Duration BETWEEN = Duration.ofSeconds(2);
    /// Nobody resumes a connection that its server left without a word.
    private static final Load.Patience PATIENCE = new Load.Patience(Duration.ofSeconds(2), Duration.ofSeconds(20));
    private static final Path TESTER = Path.of("/usr/sbin/ocf-tester");
    private static final Path LINT = Path.of("/usr/bin/xmllint");
    private static final int OCF_SUCCESS = 0;
    private static final int OCF_ERR_CONFIGURED = 6;
    private static final int OCF_NOT_RUNNING = 7;

    /// What is done to it.
    enum Way {
        /// Its process dies.
        KILL,
        /// Its process stops, for good: the agent's monitor has to notice.
        FREEZE,
        /// An operator moves it.
        MOVE,
        /// Its machine dies, and comes back later.
        NODE
    }

    @Option(names = "--rounds", defaultValue = "1", description = "Of each way. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--ways", split = ",", description = "Of ${COMPLETION-CANDIDATES}. Default: all.")
    private List<Way> ways = List.of(Way.values());

    @Mixin
    private LoadOptions load;

    private final Map<Way, Figures> gaps = new EnumMap<>(Way.class);

    @Override
    String title() {
        return "Pacemaker owns a virtual server; " + ways + ", " + rounds + " rounds";
    }

    @Override
    Optional<String> missing() {
        return PacemakerCluster.missing();
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(8).plus(Duration.ofMinutes(2).multipliedBy((long) rounds * ways.size()));
    }

    @Override
    void run() throws IOException {
        PacemakerCluster cluster = PacemakerCluster.make(Files.createTempDirectory(parent(), "posthouse-pacemaker"));
        endsWithThis(cluster);
        agentAnswers(cluster);
        long before = System.nanoTime();
        cluster.start();
        report().say(
                        "three Pacemaker nodes run the virtual server after %.1f s, in %s",
                        (System.nanoTime() - before) / 1e9, cluster.folder());
        int starts = cluster.starts();
        Ledger ledger = new Ledger();
        try (Load running = Load.start(cluster, ledger, load.pace(), PATIENCE, seed())) {
            letPass(BETWEEN);
            for (int round = 1; round <= rounds; round++) {
                for (Way way : ways) {
                    once(cluster, running, round, way);
                }
            }
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD) == 0, "no message was refused with 5xx");
        report().expect(
                        cluster.atOnce() == 1,
                        "of %d processes no two served at once (most seen: %d); the fence device ended %d machines",
                        cluster.starts() - starts + 1,
                        cluster.atOnce(),
                        cluster.fenced());
        Table table = Figures.table("lost by");
        gaps.forEach((way, figures) -> table.row(figures.row(way.toString())));
        report().table("Loss to next acknowledged write, under Pacemaker (corosync token 1 s)", table);
    }

    /// The resource agent by itself.
    private void agentAnswers(PacemakerCluster cluster) throws IOException {
        String folder = "folder=" + cluster.folder().resolve("shared");
        String binary = "binary=" + cluster.binary();
        report().expect(
                        cluster.agent("monitor", List.of(folder, binary)) == OCF_NOT_RUNNING,
                        "the agent says that what was never started does not run");
        report().expect(
                        cluster.agent("validate-all", List.of(folder, binary, "fencing=node")) == OCF_SUCCESS,
                        "the agent accepts a folder with fencing");
        report().expect(
                        cluster.agent("validate-all", List.of(folder, binary)) == OCF_ERR_CONFIGURED,
                        "the agent refuses a local file system without fencing");
        report().expect(
                        cluster.agent("start", List.of(binary, "fencing=node")) == OCF_ERR_CONFIGURED,
                        "the agent does not start without a folder");
        if (!Files.isExecutable(TESTER) || !Files.isExecutable(LINT)) {
            report().say("ocf-tester was not run: it takes the packages resource-agents and libxml2-utils");
            return;
        }
        String said = cluster.testAgent();
        report().expect(said.contains("passed all tests"), "ocf-tester: %s", lastLine(said));
    }

    private static String lastLine(String text) {
        return text.strip().lines().reduce((_, last) -> last).orElse("");
    }

    private void once(PacemakerCluster cluster, Load running, int round, Way way) throws IOException {
        letPass(BETWEEN.plus(upTo(Duration.ofSeconds(1))));
        String owner = cluster.awaitOwner("", NEXT_WRITE_LIMIT);
        String other = PacemakerCluster.NODES.stream()
                .filter(node -> !node.equals(owner))
                .findFirst()
                .orElseThrow();
        List<Long> served = cluster.servers();
        report().expect(served.size() == 1, "one process serves: %s on %s", served, owner);
        long hit = System.nanoTime();
        strike(cluster, way, owner, other, served.getFirst());
        // What was sent until then may still have been answered.
        Optional<Load.Acknowledgement> next = running.next("vs1", System.nanoTime(), NEXT_WRITE_LIMIT);
        if (next.isEmpty()) {
            report().failed("no write was acknowledged within " + NEXT_WRITE_LIMIT.toSeconds() + " s after " + way
                    + " on " + owner + " in round " + round + ": " + cluster.overview());
            return;
        }
        double millis = running.longestGapNanos(hit) / 1e6;
        gaps.computeIfAbsent(way, _ -> new Figures()).add(millis);
        String now = cluster.awaitOwner(way == Way.NODE ? owner : "", NEXT_WRITE_LIMIT);
        report().say("round %d, %s on %s: no write for %.0f ms; it runs on %s", round, way, owner, millis, now);
        if (way == Way.NODE) {
            cluster.startNode(owner);
            cluster.awaitMembers(PacemakerCluster.NODES.size());
            report().expect(
                            cluster.awaitOwner("", NEXT_WRITE_LIMIT).equals(now),
                            "%s is back, and the virtual server stays on %s",
                            owner,
                            now);
        }
        cluster.settle(now);
    }

    /// Returns when its process serves no more.
    private static void strike(PacemakerCluster cluster, Way way, String owner, String other, long process)
            throws IOException {
        switch (way) {
            case KILL -> {
                Processes.kill(process);
                cluster.awaitEnd(process, NEXT_WRITE_LIMIT);
            }
            case FREEZE -> Processes.signal(process, "STOP");
            case MOVE -> {
                cluster.move(owner, other);
                cluster.awaitEnd(process, NEXT_WRITE_LIMIT);
            }
            case NODE -> cluster.killNode(owner);
        }
    }
}
