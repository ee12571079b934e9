package org.posthouse.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
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
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A sample cluster of real processes in a folder and on ports of its own, started and driven through `./posthouse`
/// as an operator would. [#close] ends every process whose command line names the folder, also when the cluster or
/// this JVM fails.
public final class SampleCluster implements AutoCloseable {
    /// The password of every user of a sample cluster.
    public static final String PASSWORD = "secret";

    private static final int NODES_MORE_MAX = 4;
    private static final Duration UP_LIMIT = Duration.ofMinutes(2);
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);
    private static final Duration MEMBERS_LIMIT = Duration.ofMinutes(5);
    private static final Duration KILLED_GONE_LIMIT = Duration.ofSeconds(10);
    /// Each question is a process of its own, on the machine that the cluster needs: fewer as time goes on.
    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(500);

    private static final Duration BETWEEN_QUESTIONS_MAX = Duration.ofSeconds(3);
    private static final Pattern USER_LINE = Pattern.compile("(\\S+@\\S+)\\s.*?\\b(vs\\d+)\\b");

    /// What a sample cluster consists of.
    ///
    /// @param environment variables for its processes, such as `POSTHOUSE_FLUSH_BYTES`
    public record Layout(int nodes, int virtualServers, int frontEnds, int users, Map<String, String> environment) {

        /// Four nodes, three virtual servers, two front ends, ten users.
        public static Layout standard() {
            return new Layout(4, 3, 2, 10, Map.of());
        }

        /// One unreplicated node that clients reach without a front end.
        public static Layout single() {
            return new Layout(1, 1, 0, 10, Map.of());
        }

        /// The same with an environment variable.
        public Layout with(String variable, String value) {
            Map<String, String> more = new TreeMap<>(environment);
            more.put(variable, value);
            return new Layout(nodes, virtualServers, frontEnds, users, Map.copyOf(more));
        }
    }

    private final Path root;
    private final Path folder;
    private final Layout layout;
    private final int basePort;
    private final Thread hook = new Thread(this::endProcesses, "end-sample-cluster");
    private boolean keep;

    private SampleCluster(Path root, Path folder, Layout layout, int basePort) {
        this.root = root;
        this.folder = folder;
        this.layout = layout;
        this.basePort = basePort;
    }

    /// Why no cluster can be started here; empty if one can.
    public static Optional<String> missing() {
        return launcher().isPresent()
                ? Optional.empty()
                : Optional.of("no ./posthouse found: neither system property posthouse.root nor the working directory"
                        + " or a folder above it leads to one");
    }

    private static Optional<Path> launcher() {
        String told = System.getProperty("posthouse.root", System.getenv("POSTHOUSE_ROOT"));
        Path start = Path.of(told == null ? "" : told).toAbsolutePath();
        for (Path at = start; at != null; at = told == null ? at.getParent() : null) {
            if (Files.isExecutable(at.resolve("posthouse"))) {
                return Optional.of(at);
            }
        }
        return Optional.empty();
    }

    /// Starts a cluster in this folder, which is made or must be empty; returns when mail can be sent and read.
    public static SampleCluster start(Path folder, Layout layout) throws IOException {
        Path root = launcher().orElseThrow(() -> new IOException(missing().orElseThrow()));
        Files.createDirectories(folder);
        SampleCluster cluster = new SampleCluster(root, folder.toRealPath(), layout, freeBasePort(layout));
        Runtime.getRuntime().addShutdownHook(cluster.hook);
        try {
            cluster.up();
            return cluster;
        } catch (IOException e) {
            cluster.keep();
            cluster.close();
            throw e;
        }
    }

    private static int freeBasePort(Layout layout) throws IOException {
        List<String> addresses = new ArrayList<>(List.of("127.0.0.1"));
        // Nodes may join.
        IntStream.rangeClosed(1, layout.nodes() + NODES_MORE_MAX)
                .forEach(node -> addresses.add("127.0.0." + (10 + node)));
        // Replication and links, then what clients use.
        List<Integer> offsets = new ArrayList<>(List.of(800, 801));
        int servers = Math.max(layout.frontEnds(), layout.virtualServers());
        for (int k = 0; k < servers; k++) {
            for (int offset : new int[] {25, 110, 143, 587, 993}) {
                offsets.add(k * 1000 + offset);
            }
        }
        return FreePorts.base(addresses, offsets);
    }

    /// `./posthouse up`: starts what does not run; returns when mail can be sent and read.
    public void up() throws IOException {
        var _ = run(
                UP_LIMIT,
                List.of(
                        "up",
                        "--dir",
                        folder.toString(),
                        "--nodes",
                        Integer.toString(layout.nodes()),
                        "--virtual-servers",
                        Integer.toString(layout.virtualServers()),
                        "--front-ends",
                        Integer.toString(layout.frontEnds()),
                        "--users",
                        Integer.toString(layout.users()),
                        "--base-port",
                        Integer.toString(basePort),
                        "--detach"));
    }

    /// Runs a command of `./posthouse` on this cluster; what it printed.
    ///
    /// @throws IOException if it failed or took over a minute
    public String command(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--dir", folder.toString()));
        return run(COMMAND_LIMIT, all);
    }

    private String run(Duration limit, List<String> arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(root.resolve("posthouse").toString()));
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
            builder.environment().putAll(layout.environment());
            // Who runs this has built already: by the launcher, or by a Maven that is still running.
            builder.environment().put("POSTHOUSE_NO_BUILD", "1");
            Process process = builder.start();
            if (!Processes.ended(process.toHandle(), limit)) {
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
    public ClusterStatus status() throws IOException {
        return ClusterStatus.parse(command("status", "--json"));
    }

    /// Asks for the status until it is as wanted.
    ///
    /// @param what for the error: what was waited for
    /// @throws IOException if it is not in time; names the last status
    public ClusterStatus await(String what, Duration limit, Predicate<ClusterStatus> wanted) throws IOException {
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

    private static void pause(Duration duration) throws IOException {
        try {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// `./posthouse node start NAME`. One that was just killed may need a moment to be gone.
    public void startNode(String name) throws IOException {
        long end = System.nanoTime() + KILLED_GONE_LIMIT.toNanos();
        while (command("node", "start", name).contains("is running already")) {
            if (System.nanoTime() > end) {
                throw new IOException(name + " still runs and cannot be started");
            }
            pause(BETWEEN_QUESTIONS);
        }
    }

    /// `./posthouse node add`; what it printed.
    public String addNode() throws IOException {
        return run(MEMBERS_LIMIT, List.of("node", "add", "--dir", folder.toString()));
    }

    /// `./posthouse node evict NAME`; what it printed.
    public String evictNode(String name) throws IOException {
        return run(MEMBERS_LIMIT, List.of("node", "evict", name, "--dir", folder.toString()));
    }

    /// `./posthouse node stop NAME`.
    public void stopNode(String name) throws IOException {
        var _ = command("node", "stop", name);
    }

    /// Where SMTP is spoken for the k-th front end, from 1; without front ends, for the k-th virtual server.
    public InetSocketAddress smtp(int k) throws IOException {
        return address(k, 25);
    }

    /// Where submission (RFC 6409) is spoken for the k-th front end, from 1; else as for [#smtp].
    public InetSocketAddress submission(int k) throws IOException {
        return address(k, 587);
    }

    /// Where IMAP is spoken for the k-th front end, from 1; without front ends, for the k-th virtual server.
    public InetSocketAddress imap(int k) throws IOException {
        return address(k, 143);
    }

    private InetSocketAddress address(int k, int service) throws IOException {
        int port = basePort + (k - 1) * 1000 + service;
        if (layout.frontEnds() > 0) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        }
        String owner = status().virtualServer("vs" + k)
                .orElseThrow(() -> new IOException("status lists no vs" + k))
                .owner();
        return new InetSocketAddress("127.0.0." + (10 + Integer.parseInt(owner.substring(1))), port);
    }

    /// The addresses of all users, each with the virtual server that holds its mailbox, as `user list` says.
    public Map<String, String> users() throws IOException {
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

    /// What the cluster consists of.
    public Layout layout() {
        return layout;
    }

    /// Its folder.
    public Path folder() {
        return folder;
    }

    /// Process ids of everything that runs for this cluster.
    public List<Long> processes() throws IOException {
        return Processes.naming(folder.toString());
    }

    /// Leaves the folder in place at the end, for finding out why something failed.
    public void keep() {
        keep = true;
    }

    /// Ends every process and deletes the folder.
    @Override
    public void close() throws IOException {
        endProcesses();
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

    private void endProcesses() {
        try {
            for (int attempt = 0; attempt < 20; attempt++) {
                List<Long> left = processes();
                if (left.isEmpty()) {
                    return;
                }
                left.forEach(Processes::kill);
                pause(Duration.ofMillis(100));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot end the processes of " + folder, e);
        }
    }

    private static void delete(Path folder) throws IOException {
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
