package org.posthouse.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.posthouse.bench.Table;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What a cluster costs that does nothing.
@Command(
        name = "idle",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Memory and CPU time of all processes of a cluster that does nothing.")
final class Idle extends Campaign {
    private static final double RESIDENT_GOAL_MEGABYTES = 1_500;
    private static final double CPU_GOAL_PERCENT = 20;
    private static final int STEAL_FIELD = 8;
    private static final double MILLIS_PER_TICK = 10;

    @Option(names = "--virtual-servers", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
    private int virtualServers;

    @Option(names = "--seconds", defaultValue = "60", description = "Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--settle",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "How long after its start, so that what the start left behind is compiled. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int settle;

    @Override
    String title() {
        return "an idle cluster of " + virtualServers + " virtual servers for " + seconds + " s, " + settle
                + " s after its start";
    }

    @Override
    SampleCluster.Layout layout() {
        SampleCluster.Layout usual = super.layout();
        return new SampleCluster.Layout(
                usual.nodes(), virtualServers, usual.frontEnds(), usual.users(), usual.environment());
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(10).plusSeconds(settle).plusSeconds(seconds);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        var _ = awaitSafe(cluster);
        letPass(Duration.ofSeconds(settle));
        List<Long> pids = cluster.processes();
        Map<Long, Long> before = new TreeMap<>();
        pids.forEach(pid -> before.put(pid, Processes.cpuMillis(pid)));
        long stolen = stolenTicks();
        long begun = System.nanoTime();
        letPass(Duration.ofSeconds(seconds));
        double millis = (System.nanoTime() - begun) / 1e6;
        Table table = new Table("process", "pid", "resident MB", "proportional MB", "CPU % of one core", "threads");
        double resident = 0;
        double proportional = 0;
        double cpu = 0;
        long allThreads = 0;
        for (long pid : pids) {
            double mine = Processes.residentBytes(pid) / 1e6;
            double share = Processes.proportionalBytes(pid) / 1e6;
            double percent = (Processes.cpuMillis(pid) - before.get(pid)) / millis * 100;
            long threads = Processes.threads(pid);
            table.row(name(pid), pid, tenths(mine), tenths(share), tenths(percent), threads);
            allThreads += threads;
            resident += mine;
            proportional += share;
            cpu += percent;
        }
        table.row("all", pids.size(), tenths(resident), tenths(proportional), tenths(cpu), allThreads);
        report().table("Idle for " + seconds + " s", table);
        report().say(
                        "the host took %.1f%% of one core meanwhile, which makes everything look dearer",
                        (stolenTicks() - stolen) * MILLIS_PER_TICK / millis * 100);
        report().expect(cluster.processes().equals(pids), "the same processes run at the end");
        if (virtualServers != super.layout().virtualServers()) {
            return; // The goals are those of the usual layout.
        }
        report().goal(
                        resident < RESIDENT_GOAL_MEGABYTES,
                        "resident in all %.0f MB (goal: under %.0f)",
                        resident,
                        RESIDENT_GOAL_MEGABYTES);
        report().goal(
                        cpu < CPU_GOAL_PERCENT,
                        "CPU in all %.1f%% of one core (goal: under %.0f%%)",
                        cpu,
                        CPU_GOAL_PERCENT);
    }

    /// Time in which a processor of this virtual machine had something to do and was not given to it, since its start;
    /// see proc(5).
    private static long stolenTicks() throws IOException {
        String[] fields = Files.readString(Path.of("/proc/stat"))
                .lines()
                .findFirst()
                .orElse("")
                .trim()
                .split(" +");
        return fields.length > STEAL_FIELD ? Long.parseLong(fields[STEAL_FIELD]) : 0;
    }

    private static String tenths(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /// The last words of the command line: the program's own arguments.
    private static String name(long pid) throws IOException {
        Path line = Path.of("/proc", Long.toString(pid), "cmdline");
        if (!Files.isReadable(line)) {
            return "gone";
        }
        String[] words = Files.readString(line, StandardCharsets.ISO_8859_1).split("\0");
        String last = String.join(" ", List.of(words).subList(Math.max(0, words.length - 4), words.length));
        return last.length() <= 60 ? last : "..." + last.substring(last.length() - 57);
    }
}
