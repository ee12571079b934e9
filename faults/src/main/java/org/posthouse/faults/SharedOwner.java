package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.posthouse.bench.Table;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.RunningCluster;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The owner of a virtual server in shared mode killed, frozen, and asked to give it away.
@Command(
        name = "shared",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A virtual server whose mail lies in one folder, mounted by all nodes, loses its owner under load"
                + " by kill -9, by SIGSTOP (the old owner wakes while another has it), and by a move. Prints the"
                + " longest time without an acknowledged write.")
final class SharedOwner extends Campaign {
    private static final String SERVER = "vs2";
    private static final int USERS = 4;
    private static final Duration NEXT_WRITE_LIMIT = Duration.ofMinutes(1);

    /// How an owner is lost.
    enum Way {
        /// kill -9; the kernel gives its lock back at once.
        KILL,
        /// SIGSTOP: it keeps its lock, and wakes when another has taken over.
        FREEZE,
        /// An operator moves it.
        MOVE
    }

    @Option(names = "--rounds", defaultValue = "5", description = "Of each way. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--ways",
            split = ",",
            defaultValue = "KILL,FREEZE,MOVE",
            description = "Of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private List<Way> ways = List.of();

    @Mixin
    private LoadOptions load;

    private final Map<Way, Figures> gaps = new EnumMap<>(Way.class);

    @Override
    String title() {
        return "the owner of a shared folder is lost by " + ways + ", " + rounds + " rounds";
    }

    @Override
    SampleCluster.Layout layout() {
        return new SampleCluster.Layout(3, 1, 2, 2, Map.of());
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(5).plus(Duration.ofMinutes(2).multipliedBy((long) rounds * ways.size()));
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        create(cluster);
        Ledger ledger = new Ledger();
        var _ = awaitSafe(cluster);
        Map<String, String> users = new TreeMap<>(cluster.users());
        users.values().removeIf(server -> !server.equals(SERVER));
        try (Load running = Load.start(ledger, cluster.smtpDoors(), users, load.pace(), seed())) {
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
        Table table = Figures.table("lost by");
        gaps.forEach((way, figures) -> table.row(figures.row(way.toString())));
        report().table("Longest time without an acknowledged write", table);
    }

    private static void create(SampleCluster cluster) throws IOException {
        Path folder = Files.createDirectory(cluster.folder().resolve("shared"));
        List<String> create = new ArrayList<>(List.of("group", "create", SERVER, "--shared", folder.toString()));
        create.addAll(List.of("--fencing", "node", "--room", "stack 2", "--smtp-port", "0", "--imap-port", "0"));
        var _ = cluster.command(create.toArray(String[]::new));
        var _ = cluster.command("group", "prop", "vs1", "room=stack 2");
        for (int user = 1; user <= USERS; user++) {
            String address = "shared" + user + "@example.org";
            var _ = cluster.command(
                    "user", "add", address, "--virtual-server", SERVER, "--password", RunningCluster.PASSWORD);
        }
    }

    private void once(SampleCluster cluster, Load running, int round, Way way) throws IOException {
        ClusterStatus.VirtualServer before =
                awaitSafe(cluster).virtualServer(SERVER).orElseThrow();
        long pid = cluster.status().node(before.owner()).pid();
        letPass(upTo(Duration.ofSeconds(1)));
        long hit = System.nanoTime();
        switch (way) {
            case KILL -> report().expect(Processes.kill(pid), "round %d: %s killed", round, before.owner());
            case FREEZE -> Processes.signal(pid, "STOP");
            case MOVE ->
                report().say(
                                "%s",
                                cluster.command("move", SERVER, before.heir()).strip());
        }
        ClusterStatus after =
                cluster.await(SERVER + " is online elsewhere", SAFE_LIMIT, now -> now.virtualServer(SERVER)
                        .filter(server -> server.online() && !server.owner().equals(before.owner()))
                        .isPresent());
        Optional<Load.Acknowledgement> next = running.next(SERVER, System.nanoTime(), NEXT_WRITE_LIMIT);
        if (next.isEmpty()) {
            report().failed(SERVER + " acknowledged no write within " + NEXT_WRITE_LIMIT.toSeconds() + " s after "
                    + before.owner() + " was lost by " + way + " in round " + round);
        } else {
            double millis = running.longestGapNanos(hit) / 1e6;
            gaps.computeIfAbsent(way, _ -> new Figures()).add(millis);
            report().say(
                            "round %d, %s of %s: goes on at %s, longest time without a write %.0f ms",
                            round,
                            way,
                            before.owner(),
                            after.virtualServer(SERVER).orElseThrow().owner(),
                            millis);
        }
        switch (way) {
            case KILL -> cluster.startNode(before.owner());
            case FREEZE -> Processes.signal(pid, "CONT");
            case MOVE -> {}
        }
    }
}
