package org.posthouse.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// A sample cluster of real processes in a folder and on ports of its own, started and driven through `./posthouse`
/// as an operator would. [#close] ends every process whose command line names the folder, also when the cluster or
/// this JVM fails.
public final class SampleCluster extends RunningCluster {
    private static final int NODES_MORE_MAX = 4;
    private static final String WITNESS_ADDRESS = "127.0.0.61";
    private static final Duration UP_LIMIT = Duration.ofMinutes(2);
    private static final Duration MEMBERS_LIMIT = Duration.ofMinutes(5);
    private static final Duration KILLED_GONE_LIMIT = Duration.ofSeconds(10);

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

    private final Layout layout;
    private final int basePort;

    private SampleCluster(Path root, Path folder, Layout layout, int basePort) {
        super(root, folder, layout.environment());
        this.layout = layout;
        this.basePort = basePort;
    }

    /// Starts a cluster in this folder, which is made or must be empty; returns when mail can be sent and read.
    public static SampleCluster start(Path folder, Layout layout) throws IOException {
        Path root = launcher().orElseThrow(() -> new IOException(missing().orElseThrow()));
        Files.createDirectories(folder);
        SampleCluster cluster = new SampleCluster(root, folder.toRealPath(), layout, freeBasePort(layout));
        cluster.endsWithThisProcess();
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
        addresses.add(WITNESS_ADDRESS);
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

    /// `./posthouse node add --witness`; what it printed.
    public String addWitness() throws IOException {
        return run(MEMBERS_LIMIT, List.of("node", "add", "--witness", "--dir", folder.toString()));
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

    @Override
    Path operatorFolder() {
        return folder;
    }

    @Override
    public List<InetSocketAddress> smtpDoors() throws IOException {
        List<InetSocketAddress> doors = new ArrayList<>();
        for (int k = 1; k <= Math.max(1, layout.frontEnds()); k++) {
            doors.add(smtp(k));
        }
        return doors;
    }

    @Override
    public InetSocketAddress imapDoor(String user) throws IOException {
        if (layout.frontEnds() > 0) {
            return imap(1 + Math.floorMod(user.hashCode(), layout.frontEnds()));
        }
        return imap(Integer.parseInt(users().get(user).substring(2)));
    }

    /// What the cluster consists of.
    public Layout layout() {
        return layout;
    }

    /// Process ids of everything that runs for this cluster.
    public List<Long> processes() throws IOException {
        return Processes.naming(folder.toString());
    }

    @Override
    void end() {
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
}
