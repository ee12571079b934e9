package org.posthouse.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A cluster of real processes in a folder of its own, driven through `./posthouse` as an operator would.
public abstract class RunningCluster implements AutoCloseable {
    /// The password of every user.
    public static final String PASSWORD = "secret";

    static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);

    /// Each question is a process of its own, on the machine that the cluster needs: fewer as time goes on.
    static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(500);

    private static final Duration BETWEEN_QUESTIONS_MAX = Duration.ofSeconds(3);
    private static final Pattern USER_LINE = Pattern.compile("(\\S+@\\S+)\\s.*?\\b(vs\\d+)\\b");

    final Path root;
    final Path folder;
    private final Map<String, String> environment;
    private Thread hook = new Thread();
    private boolean keep;

    /// @param root where `./posthouse` is
    /// @param environment variables for its processes
    RunningCluster(Path root, Path folder, Map<String, String> environment) {
        this.root = root;
        this.folder = folder;
        this.environment = Map.copyOf(environment);
    }

    /// Why no cluster can be started here; empty if one can.
    public static Optional<String> missing() {
        return launcher().isPresent()
                ? Optional.empty()
                : Optional.of("no ./posthouse found: neither system property posthouse.root nor the working directory"
                        + " or a folder above it leads to one");
    }

    static Optional<Path> launcher() {
        String told = System.getProperty("posthouse.root", System.getenv("POSTHOUSE_ROOT"));
        Path start = Path.of(told == null ? "" : told).toAbsolutePath();
        for (Path at = start; at != null; at = told == null ? at.getParent() : null) {
            if (Files.isExecutable(at.resolve("posthouse"))) {
                return Optional.of(at);
            }
        }
        return Optional.empty();
    }

    /// The folder that commands name with `--dir`.
    abstract Path operatorFolder();

    /// What commands are to be run by, in front of `./posthouse`.
    List<String> before() throws IOException {
        return List.of();
    }

    /// Where mail can be handed in, by SMTP.
    public abstract List<InetSocketAddress> smtpDoors() throws IOException;

    /// Where a user's mail can be read, by IMAP.
    public abstract InetSocketAddress imapDoor(String user) throws IOException;

    /// Ends every process of it and takes away what it made outside its folder.
    abstract void end();

    /// Lets it end with this process, closed or not.
    final void endsWithThisProcess() {
        hook = new Thread(this::end, "end-cluster");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Leaves the folder in place at the end, for finding out why something failed.
    public final void keep() {
        keep = true;
    }

    /// Ends every process, and deletes the folder unless it is to be kept.
    @Override
    public final void close() throws IOException {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The JVM is going down already: the hook has run, or runs now.
            keep = true;
        }
        if (!keep) {
            delete(folder);
        }
    }

    /// Runs a command of `./posthouse` on this cluster; what it printed.
    ///
    /// @throws IOException if it failed or took over a minute
    public final String command(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--dir", operatorFolder().toString()));
        return run(COMMAND_LIMIT, all);
    }

    final String run(Duration limit, List<String> arguments) throws IOException {
        List<String> line = new ArrayList<>(before());
        line.add(root.resolve("posthouse").toString());
        line.addAll(arguments);
        Path errors = Files.createTempFile(folder.getParent(), "posthouse-", ".err");
        Path output = Files.createTempFile(folder.getParent(), "posthouse-", ".out");
        try {
            ProcessBuilder builder = new ProcessBuilder(line)
                    .directory(root.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile());
            builder.environment().putAll(environment);
            // Who runs this has built already: by the launcher, or by a Maven that is still running.
            builder.environment().put("POSTHOUSE_NO_BUILD", "1");
            Process process = builder.start();
            if (!Processes.ended(process, limit)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", line) + " did not end within " + limit.toSeconds() + " s:\n"
                        + Files.readString(output) + Files.readString(errors));
            }
            String printed = Files.readString(output, StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", line) + " ended with code " + process.exitValue() + ":\n"
                        + printed + Files.readString(errors));
            }
            return printed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in " + String.join(" ", line), e);
        } finally {
            Files.deleteIfExists(errors);
            Files.deleteIfExists(output);
        }
    }

    /// `./posthouse status --json`.
    public final ClusterStatus status() throws IOException {
        return ClusterStatus.parse(command("status", "--json"));
    }

    /// Asks for the status until it is as wanted.
    ///
    /// @param what for the error: what was waited for
    /// @throws IOException if it is not in time; names the last status
    public final ClusterStatus await(String what, Duration limit, Predicate<ClusterStatus> wanted) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        String last = "no status at all";
        Duration between = BETWEEN_QUESTIONS;
        while (true) {
            try {
                ClusterStatus status = status();
                if (wanted.test(status)) {
                    return status;
                }
                last = status.toString();
            } catch (IOException e) {
                last = String.valueOf(e.getMessage());
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "waited " + limit.toSeconds() + " s in vain until " + what + "; last status: " + last);
            }
            pause(between);
            between = between.multipliedBy(5).dividedBy(4);
            between = between.compareTo(BETWEEN_QUESTIONS_MAX) < 0 ? between : BETWEEN_QUESTIONS_MAX;
        }
    }

    static void pause(Duration duration) throws IOException {
        try {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// The addresses of all users, each with the virtual server that holds its mailbox, as `user list` says.
    public final Map<String, String> users() throws IOException {
        Map<String, String> users = new TreeMap<>();
        Matcher line = USER_LINE.matcher(command("user", "list"));
        while (line.find()) {
            users.put(line.group(1), line.group(2));
        }
        if (users.isEmpty()) {
            throw new IOException("`user list` named no user with its virtual server");
        }
        return users;
    }

    /// Its folder.
    public final Path folder() {
        return folder;
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException _) {
            // A file that a process deleted as its last act is as good as deleted here.
            return;
        }
    }
}
