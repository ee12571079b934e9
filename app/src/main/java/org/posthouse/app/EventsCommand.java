package org.posthouse.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.posthouse.cluster.HistoryEntry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `posthouse events`: what happened in the cluster, newest last. What was decided at one moment stands together: the
/// first line says what happened, the indented ones what followed from it.
@Command(
        name = "events",
        mixinStandardHelpOptions = true,
        description = "Show what happened in the cluster and what followed from it, newest last. The cluster keeps the"
                + " last 500 lines.")
final class EventsCommand implements Callable<Integer> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    @Mixin
    private DirOption dir;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "50",
            description = "Show so many lines. Default: ${DEFAULT-VALUE}.")
    private int last;

    @Option(names = "--about", paramLabel = "NAME", description = "Only moments that concern this node or group.")
    private Optional<String> about = Optional.empty();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (last < 1) {
            throw new ParameterException(spec.commandLine(), "--last " + last + " shows nothing");
        }
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            PrintWriter out = spec.commandLine().getOut();
            String text = text(control.image().history(), about, last);
            out.print(text.isEmpty() && about.isPresent() ? "Nothing is kept about " + about.get() + ".\n" : text);
            out.flush();
        }
        return 0;
    }

    /// The last lines of a history, those of one moment together.
    ///
    /// @param about if present, only moments in which a line has this word
    static String text(List<HistoryEntry> history, Optional<String> about, int last) {
        Set<Long> moments = history.stream()
                .filter(entry -> about.isEmpty() || names(entry.text(), about.get()))
                .map(HistoryEntry::version)
                .collect(Collectors.toSet());
        List<HistoryEntry> shown = history.stream()
                .filter(entry -> moments.contains(entry.version()))
                .toList();
        StringBuilder text = new StringBuilder();
        long version = -1;
        for (HistoryEntry entry : shown.subList(Math.max(0, shown.size() - last), shown.size())) {
            boolean follows = entry.version() == version;
            text.append(follows ? " ".repeat(27) : TIME.format(Instant.ofEpochMilli(entry.at())) + "  ")
                    .append(entry.text())
                    .append('\n');
            version = entry.version();
        }
        return text.toString();
    }

    private static boolean names(String text, String name) {
        return List.of(text.split("[^\\w.-]+")).contains(name);
    }
}
