package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.posthouse.bench.Table;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.MachineCluster;
import org.posthouse.testkit.Processes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How long a virtual server is away when its owner is lost, in each of the ways in which a machine is lost.
@Command(
        name = "failover",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Loses the owner of a virtual server again and again under load: by kill -9, by SIGSTOP, by"
                + " cutting its network link, by kill -9 and the loss of its disk, by a disk that hangs, or by its"
                + " links to other nodes only. Prints how long it took until the next acknowledged write. Each"
                + " node is a machine in a network namespace; that takes root.")
final class Failover extends Campaign {
    private static final Duration NEXT_WRITE_LIMIT = Duration.ofSeconds(60);
    private static final Duration STAY_LOST = Duration.ofSeconds(2);
    private static final Duration STAY_GRAY = Duration.ofSeconds(8);
    private static final double MEDIAN_GOAL_MILLIS = 700;
    private static final double WORST_GOAL_MILLIS = 1_500;

    /// Ways to lose a machine.
    enum Way {
        /// Its process dies.
        KILL,
        /// Its process stops, and goes on later.
        FREEZE,
        /// Its network is cut, and comes back later.
        CUT,
        /// Its process dies and its disk is lost; it joins again under its name.
        WIPE,
        /// Its disk hangs: whatever writes waits in the kernel. Noticed by the node itself after 2 s.
        DISK,
        /// It reaches no other node, but front ends reach it.
        NODES,
        /// It does not reach its heir. Nothing is lost: a majority is left, so nobody else is to own anything.
        HEIR
    }

    /// Those to which the goal applies: a machine that is lost altogether.
    private static final Set<Way> LOST_ALTOGETHER = EnumSet.of(Way.KILL, Way.FREEZE, Way.CUT, Way.WIPE);

    @Option(names = "--rounds", defaultValue = "10", description = "Of each way. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--ways", split = ",", description = "Of ${COMPLETION-CANDIDATES}. Default: KILL,FREEZE,CUT.")
    private List<Way> ways = List.of(Way.KILL, Way.FREEZE, Way.CUT);

    @Option(names = "--nodes", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(names = "--virtual-servers", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private int virtualServers;

    @Mixin
    private LoadOptions load;

    private final Map<Way, Figures> gaps = new EnumMap<>(Way.class);
    private final Figures all = new Figures();
    private int uncalledFor;

    @Override
    String title() {
        return "an owner is lost by " + ways + ", " + rounds + " rounds";
    }

    @Override
    Optional<String> missing() {
        try {
            return ways.contains(Way.DISK) ? MachineCluster.missingDisks(parent()) : MachineCluster.missing();
        } catch (IOException e) {
            return Optional.of(e.getMessage());
        }
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(10).plus(Duration.ofMinutes(4).multipliedBy((long) rounds * ways.size()));
    }

    @Override
    void run() throws IOException {
        long before = System.nanoTime();
        MachineCluster cluster = MachineCluster.start(
                Files.createTempDirectory(parent(), "posthouse-machines"),
                nodes,
                virtualServers,
                ways.contains(Way.DISK));
        endsWithThis(cluster);
        report().say(
                        "%d machines in network namespaces, %d virtual servers, after %.1f s, in %s",
                        nodes, virtualServers, (System.nanoTime() - before) / 1e9, cluster.folder());
        Ledger ledger = new Ledger();
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            ClusterStatus settled = awaitSafe(cluster);
            for (int round = 1; round <= rounds; round++) {
                for (Way way : ways) {
                    settled = once(cluster, running, round, way, settled);
                }
            }
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD) == 0, "no message was refused with 5xx");
        expectDigestsAgree(cluster);
        Table table = Figures.table("lost by");
        gaps.forEach((way, figures) -> table.row(figures.row(way.toString())));
        boolean counted = gaps.keySet().stream().anyMatch(LOST_ALTOGETHER::contains);
        if (counted) {
            table.row(all.row("a machine"));
        }
        report().table("Loss to next acknowledged write", table);
        if (counted) {
            report().goal(all.median() < MEDIAN_GOAL_MILLIS, "median under %.0f ms: %s", MEDIAN_GOAL_MILLIS, all);
            report().goal(all.at(100) < WORST_GOAL_MILLIS, "worst under %.0f ms: %s", WORST_GOAL_MILLIS, all);
        }
        report().goal(uncalledFor == 0, "no owner changed uncalled for: %d", uncalledFor);
    }

    private ClusterStatus once(MachineCluster cluster, Load running, int round, Way way, ClusterStatus settled)
            throws IOException {
        letPass(upTo(Duration.ofSeconds(1)));
        ClusterStatus before = cluster.status();
        for (ClusterStatus.VirtualServer server : before.virtualServers()) {
            if (settled.virtualServer(server.name())
                    .filter(then -> !then.epoch().equals(server.epoch()))
                    .isPresent()) {
                uncalledFor++;
                report().say(
                                "%s changed uncalled for, to epoch %s on %s",
                                server.name(), server.epoch(), server.owner());
            }
        }
        String server = "vs" + (1 + random().nextInt(virtualServers));
        ClusterStatus.VirtualServer there = before.virtualServer(server).orElseThrow();
        String node = there.owner();
        List<String> cutOff = way == Way.HEIR
                ? List.of(there.heir())
                : before.nodes().stream()
                        .map(ClusterStatus.Node::name)
                        .filter(other -> !other.equals(node))
                        .toList();
        boolean coordinates = node.equals(before.cluster().coordinator());
        long hit = System.nanoTime();
        lose(cluster, node, way, cutOff);
        Optional<Load.Acknowledgement> next = running.next(server, hit, NEXT_WRITE_LIMIT);
        if (next.isEmpty()) {
            report().failed(server + " acknowledged no write within " + NEXT_WRITE_LIMIT.toSeconds() + " s after "
                    + node + " was lost by " + way + " in round " + round);
        } else {
            double millis = (next.get().answeredNanos() - hit) / 1e6;
            gaps.computeIfAbsent(way, _ -> new Figures()).add(millis);
            if (LOST_ALTOGETHER.contains(way)) {
                all.add(millis);
            }
            report().say(
                            "round %d, %s of %s%s, owner of %s: next write after %.0f ms",
                            round, way, node, coordinates ? ", which coordinates" : "", server, millis);
        }
        letPass(LOST_ALTOGETHER.contains(way) ? STAY_LOST : STAY_GRAY);
        if (way == Way.HEIR) {
            ClusterStatus.VirtualServer now =
                    cluster.status().virtualServer(server).orElseThrow();
            report().expect(now.epoch().equals(there.epoch()), "%s stays on %s", server, now.owner());
        }
        switch (way) {
            case KILL -> cluster.startNode(node);
            case FREEZE -> Processes.signal(cluster.pid(node), "CONT");
            case CUT -> cluster.mend(node);
            case WIPE -> cluster.rebuild(node);
            case DISK -> {
                cluster.repairDisk(node);
                if (cluster.ended(node, Duration.ofSeconds(5))) {
                    report().say("%s had ended itself", node);
                    cluster.startNode(node);
                }
            }
            case NODES, HEIR -> cluster.reunite(node, cutOff);
        }
        return awaitSafe(cluster);
    }

    private static void lose(MachineCluster cluster, String node, Way way, List<String> cutOff) throws IOException {
        switch (way) {
            case KILL, WIPE -> cluster.kill(node);
            case FREEZE -> Processes.signal(cluster.pid(node), "STOP");
            case CUT -> cluster.cut(node);
            case DISK -> cluster.hangDisk(node);
            case NODES, HEIR -> cluster.separate(node, cutOff);
        }
    }
}
