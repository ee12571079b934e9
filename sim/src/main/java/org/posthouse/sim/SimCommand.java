package org.posthouse.sim;

import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./posthouse sim`.
@Command(
        name = "sim",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Simulates clusters on fake time, network and disks, each from a seed, with the cluster service's"
                + " real decisions, and checks the invariants after every event. Exit codes: 0 all held, 1 one did"
                + " not.")
final class SimCommand implements Callable<Integer> {
    private static final int LAST_LINES = 60;
    private static final int WHOLE_STORY = 1_000_000;
    private static final int FAILURES_TOLD_MAX = 5;

    @Option(names = "--seeds", defaultValue = "2000", description = "How many seeds. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(names = "--from", defaultValue = "0", description = "The first of them. Default: ${DEFAULT-VALUE}.")
    private long from;

    @Option(names = "--seed", description = "Plays this one alone, and tells its story.")
    private Long seed;

    @Option(names = "--nodes", defaultValue = "0", description = "Nodes. Default: chosen by the seed.")
    private int nodes;

    @Option(names = "--virtual-servers", defaultValue = "0", description = "Default: chosen by the seed.")
    private int virtualServers;

    @Option(names = "--witness", description = "With a witness besides. Default: chosen by the seed.")
    private boolean witness;

    @Option(
            names = "--seconds",
            defaultValue = "20",
            description = "For how long, by its own clock, each cluster is disturbed. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--mistake",
            description = "Makes this mistake on purpose, to see which invariant notices: ${COMPLETION-CANDIDATES}.")
    private List<Mistake> mistakes = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Set<Mistake> made = mistakes.isEmpty() ? EnumSet.noneOf(Mistake.class) : EnumSet.copyOf(mistakes);
        return seed == null ? many(made) : one(made);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private int one(Set<Mistake> made) {
        Story story = new Story(WHOLE_STORY);
        Run.Result result = play(seed, made, story);
        story.lines().forEach(out()::println);
        tell(result.tally());
        out().println(result.failure().map(Throwable::toString).orElse("seed " + seed + ": everything held"));
        result.failure().filter(failure -> !(failure instanceof Violation)).ifPresent(this::tellThrown);
        return result.failure().isPresent() ? 1 : 0;
    }

    private Run.Result play(long one, Set<Mistake> made, Story story) {
        return Run.play(one, Campaign.size(one, nodes, virtualServers, witness), seconds * 1000L, made, story);
    }

    private int many(Set<Mistake> made) {
        long begun = System.nanoTime();
        List<Run.Result> results = Campaign.play(from, seeds, nodes, virtualServers, witness, seconds * 1000L, made);
        double took = (System.nanoTime() - begun) / 1e9;
        Tally all = new Tally();
        long simulated = 0;
        for (Run.Result result : results) {
            all.add(result.tally());
            simulated += result.millis();
        }
        List<Run.Result> failed =
                results.stream().filter(result -> result.failure().isPresent()).toList();
        failed.stream().limit(FAILURES_TOLD_MAX).forEach(result -> tellFailure(result, made));
        tell(all);
        out().printf(
                        "%d seeds from %d in %.1f s (%.1f seeds/s, %d cores), %.1f hours simulated: %d failed%n",
                        seeds,
                        from,
                        took,
                        seeds / took,
                        Runtime.getRuntime().availableProcessors(),
                        simulated / 3.6e6,
                        failed.size());
        if (!failed.isEmpty()) {
            out().println("failed: "
                    + failed.stream()
                            .map(result -> result.seed() + " "
                                    + result.broken().map(Invariant::name).orElse("thrown"))
                            .toList());
        }
        return failed.isEmpty() ? 0 : 1;
    }

    /// Plays it again, to tell how it came to that.
    private void tellFailure(Run.Result failed, Set<Mistake> made) {
        Story story = new Story(LAST_LINES);
        Run.Result again = play(failed.seed(), made, story);
        out().println("---- seed " + failed.seed() + ", " + failed.size());
        story.lines().forEach(out()::println);
        out().println(again.failure().map(Throwable::toString).orElse("held when played again: not deterministic"));
        again.failure().filter(failure -> !(failure instanceof Violation)).ifPresent(this::tellThrown);
        out().println("again: " + replay(failed.seed(), made));
    }

    private void tellThrown(RuntimeException failure) {
        for (StackTraceElement frame : failure.getStackTrace()) {
            out().println("    at " + frame);
        }
    }

    private String replay(long failed, Set<Mistake> made) {
        StringBuilder command = new StringBuilder("./posthouse sim --seed " + failed + " --seconds " + seconds);
        if (nodes > 0) {
            command.append(" --nodes ").append(nodes);
        }
        if (virtualServers > 0) {
            command.append(" --virtual-servers ").append(virtualServers);
        }
        if (witness) {
            command.append(" --witness");
        }
        made.forEach(mistake -> command.append(" --mistake ").append(mistake));
        return command.toString();
    }

    private void tell(Tally tally) {
        tally.counts().forEach((what, times) -> out().printf("%,14d  %s%n", times, what));
    }
}
