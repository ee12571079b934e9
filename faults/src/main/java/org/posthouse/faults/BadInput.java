package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.posthouse.bench.Table;
import org.posthouse.faults.Abuse.Misbehaved;
import org.posthouse.faults.Abuse.Probe;
import org.posthouse.faults.Abuse.Victim;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What clients do by mistake or malice, to a front end and to a node without one.
@Command(
        name = "bad-input",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Bad input on SMTP and IMAP of a front end, then of a node: clear errors, the processes live, and"
                + " their memory does not grow.")
final class BadInput extends Campaign {
    private static final long GROWTH_BYTES_MAX = 300L << 20;

    /// Clients cost virtual threads; these are the carriers, and those of libraries.
    private static final int THREADS_MAX = 300;

    @Option(
            names = "--repeats",
            defaultValue = "3",
            description = "How often all is tried; memory is compared between the first time and the last. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int repeats;

    @Override
    String title() {
        return "bad input";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(20L * repeats);
    }

    @Override
    void run() throws IOException {
        for (int frontEnds : new int[] {1, 0}) {
            SampleCluster cluster = start(new SampleCluster.Layout(1, 1, frontEnds, 10, Map.of()));
            abuse(cluster, frontEnds > 0 ? "front end" : "node");
            cluster.close();
        }
    }

    private void abuse(SampleCluster cluster, String door) throws IOException {
        List<Probe> probes = new ArrayList<>(SmtpAbuse.probes());
        probes.addAll(ImapStalling.probes()); // before those that end with the user locked out
        probes.addAll(ImapAbuse.probes());
        List<Long> pids = cluster.processes();
        Table memory = new Table(
                "resident MB",
                "pid "
                        + String.join(
                                "  pid ", pids.stream().map(String::valueOf).toList()));
        memory.row("before", megabytes(pids));
        Map<Long, Long> first = new TreeMap<>();
        Map<Long, Long> threads = new TreeMap<>();
        for (int round = 1; round <= repeats; round++) {
            Victim victim = new Victim(
                    cluster.smtp(1), cluster.submission(1), cluster.imap(1), "user" + round + "@example.org", random());
            for (Probe probe : probes) {
                attempt(probe, victim, door, round);
            }
            memory.row("after round " + round, megabytes(pids));
            for (long pid : pids) {
                first.putIfAbsent(pid, Processes.residentBytes(pid));
                threads.merge(pid, Processes.threads(pid), Math::max);
            }
        }
        report().table("Memory behind the " + door, memory);
        for (long pid : pids) {
            report().expect(Processes.alive(pid), "process %d lives", pid);
            long growth = Processes.residentBytes(pid) - first.get(pid);
            report().expect(
                            growth < GROWTH_BYTES_MAX,
                            "process %d grew by %d MB from the first round to the last",
                            pid,
                            growth >> 20);
            report().expect(threads.get(pid) < THREADS_MAX, "process %d has %d threads at most", pid, threads.get(pid));
        }
        report().expect(cluster.status().online(), "every virtual server is online");
    }

    private void attempt(Probe probe, Victim victim, String door, int round) {
        try {
            String outcome = probe.attempt().on(victim);
            if (round == 1) {
                report().expect(true, "%s, %s: %s", door, probe.name(), outcome);
            }
        } catch (Misbehaved | IOException e) {
            report().failed(door + ", " + probe.name() + ": " + e.getMessage());
        }
    }

    private static String megabytes(List<Long> pids) {
        return String.join(
                "  ",
                pids.stream()
                        .map(pid -> Long.toString(Processes.residentBytes(pid) >> 20))
                        .toList());
    }
}
