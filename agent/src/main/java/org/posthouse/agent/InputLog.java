package org.posthouse.agent;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Coordinator;
import org.posthouse.cluster.Decision;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A coordinator's kept inputs and what it decided, as JSON lines, so that any decision can be made again: first the
/// image, then each command with its time and decision. A tick that decided nothing is kept once in 10 s. Bounded by
/// age and size; the oldest file goes first. Used by the coordinator's thread alone.
final class InputLog implements AutoCloseable {
    static final Duration AGE_MAX = Duration.ofDays(7);
    static final long BYTES_MAX = 256L << 20;
    static final long FILE_BYTES_MAX = 8L << 20;
    static final long QUIET_TICK_MILLIS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(InputLog.class);

    private final Path folder;
    private OutputStream out;
    private long written;
    private long version = -1;
    private long quietTickAt;

    /// One line.
    ///
    /// @param image where the lines behind begin
    record Line(Optional<ClusterImage> image, long at, Optional<Command> command, Optional<Decision> decision) {}

    InputLog(Path folder) {
        this.folder = folder;
    }

    /// Keeps one input.
    ///
    /// @param image that was decided upon
    /// @param applied whether the events were accepted upon it
    void keep(ClusterImage image, Command command, long now, Decision decision, boolean applied) {
        boolean quiet = command instanceof Command.Tick && decision.events().isEmpty();
        if (quiet && now - quietTickAt < QUIET_TICK_MILLIS && now >= quietTickAt) {
            return;
        }
        quietTickAt = quiet ? now : quietTickAt;
        try {
            if (out == null || written > FILE_BYTES_MAX) {
                begin(now);
            }
            if (version != image.version()) {
                line(new Line(Optional.of(image), now, Optional.empty(), Optional.empty()));
            }
            line(new Line(Optional.empty(), now, Optional.of(command), Optional.of(decision)));
            version = applied && !decision.events().isEmpty() ? image.version() + 1 : image.version();
            out.flush();
        } catch (IOException e) {
            // Coordinating matters more than being able to explain it later.
            LOG.warn("The coordinator's inputs cannot be kept in {}: {}", folder, e.toString());
            close();
        }
    }

    private void begin(long now) throws IOException {
        close();
        Files.createDirectories(folder);
        out = Files.newOutputStream(
                folder.resolve("inputs-" + now + ".jsonl"), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        written = 0;
        version = -1;
        tidy(now);
    }

    private void tidy(long now) throws IOException {
        List<Path> newestFirst = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.sorted((one, other) -> other.getFileName().compareTo(one.getFileName()))
                    .forEach(newestFirst::add);
        }
        long bytes = 0;
        for (Path file : newestFirst) {
            bytes += Files.size(file);
            long age = now - Files.getLastModifiedTime(file).toMillis();
            if (bytes > BYTES_MAX || age > AGE_MAX.toMillis()) {
                Files.delete(file);
            }
        }
    }

    private void line(Line line) throws IOException {
        byte[] bytes = Json.bytes(line);
        out.write(bytes);
        out.write('\n');
        written += bytes.length + 1;
    }

    @Override
    public void close() {
        if (out != null) {
            try {
                out.close();
            } catch (IOException e) {
                LOG.warn("A file of kept inputs was not closed in order: {}", e.toString());
            }
            out = null;
        }
    }

    /// Decides everything kept in a file again.
    ///
    /// @return a line for each decision that comes out otherwise now; empty if all are the same
    static List<String> replay(Path file) throws IOException {
        List<String> differing = new ArrayList<>();
        ClusterImage image = ClusterImage.EMPTY;
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                Line line = Json.read(text.getBytes(StandardCharsets.UTF_8), Line.class);
                if (line.image().isPresent()) {
                    image = line.image().get();
                    continue;
                }
                Decision kept = line.decision().orElseThrow();
                Decision again = Coordinator.decide(image, line.command().orElseThrow(), line.at());
                if (!again.equals(kept)) {
                    differing.add("at " + line.at() + " upon version " + image.version() + ": kept " + kept + ", now "
                            + again);
                }
                if (!kept.events().isEmpty()) {
                    image = image.apply(new Change(image.version(), line.at(), kept.events()))
                            .image();
                }
            }
        }
        return differing;
    }
}
