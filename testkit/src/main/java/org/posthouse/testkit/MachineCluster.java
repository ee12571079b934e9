package org.posthouse.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// A cluster as on machines of its own, each a network namespace on one bridge: made by `cluster create`, grown by
/// `node admit` and `node join`, each machine with its folder. Two front ends run beside them, on the loopback. Links
/// can be cut; where asked for, each machine has a disk of its own that can be made to hang. Needs root, and Linux's
/// `ip`.
public final class MachineCluster extends RunningCluster {
    private static final Duration READY_LIMIT = Duration.ofMinutes(2);
    private static final Duration TOKEN_LIMIT = Duration.ofSeconds(30);
    private static final Duration ENDED_LIMIT = Duration.ofSeconds(10);
    private static final Pattern TOKEN = Pattern.compile("posthouse1\\.\\S+");
    private static final int FRONT_ENDS = 2;
    private static final int USERS_EACH = 2;
    private static final int FIRST_HOST = 10;
    private static final int SPARE_HOST = 200;
    /// As small as a sample cluster's: they share one machine after all.
    private static final String SMALL =
            "-Xmx256m -XX:TieredStopAtLevel=1 -XX:G1HeapRegionSize=1m -XX:ParallelGCThreads=2 -XX:ConcGCThreads=1";

    private final int nodes;
    private final int virtualServers;
    private final String tag = "ph" + ProcessHandle.current().pid();
    /// RFC 2544 section C.2.2: for measurements, never routed.
    private final String network = "198.18." + ProcessHandle.current().pid() % 250 + ".";

    private final boolean ownDisks;
    private final Map<String, LoopDisk> disks = new TreeMap<>();
    private final Map<String, ProcessHandle> running = new TreeMap<>();
    private final List<Integer> doors = new ArrayList<>();

    private MachineCluster(Path root, Path folder, int nodes, int virtualServers, boolean ownDisks) {
        super(root, folder, Map.of("POSTHOUSE_JAVA_OPTS", SMALL));
        this.ownDisks = ownDisks;
        this.nodes = nodes;
        this.virtualServers = virtualServers;
    }

    /// Why none can be started here; empty if one can.
    public static Optional<String> missing() {
        Optional<String> launcher = RunningCluster.missing();
        if (launcher.isPresent()) {
            return launcher;
        }
        try {
            String probe = "ph" + ProcessHandle.current().pid() + "-probe";
            var _ = ip("netns", "add", probe);
            var _ = ip("netns", "delete", probe);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("network namespaces cannot be made here (that takes root, and the package iproute2): "
                    + e.getMessage());
        }
    }

    /// Why none with disks of their own can be started here; empty if one can.
    ///
    /// @param in folder for what is tried
    public static Optional<String> missingDisks(Path in) throws IOException {
        Optional<String> missing = missing();
        return missing.isPresent() ? missing : LoopDisk.missing(in);
    }

    /// Makes and starts one; returns when every virtual server survives the loss of its owner. The k-th virtual server
    /// is owned by the k-th node.
    ///
    /// @param folder is made, or must be empty
    /// @param ownDisks whether [#hangDisk] is to be possible
    public static MachineCluster start(Path folder, int nodes, int virtualServers, boolean ownDisks)
            throws IOException {
        Path root = launcher().orElseThrow(() -> new IOException(missing().orElseThrow()));
        Files.createDirectories(folder);
        MachineCluster cluster = new MachineCluster(root, folder.toRealPath(), nodes, virtualServers, ownDisks);
        cluster.endsWithThisProcess();
        try {
            cluster.make();
            return cluster;
        } catch (IOException | RuntimeException e) {
            cluster.keep();
            cluster.close();
            throw e;
        }
    }

    private void make() throws IOException {
        var _ = ip("link", "add", tag, "type", "bridge");
        var _ = ip("addr", "add", network + "1/24", "dev", tag);
        var _ = ip("link", "set", tag, "up");
        List<String> names =
                IntStream.rangeClosed(1, nodes).mapToObj(k -> "n" + k).toList();
        for (String name : names) {
            connect(name);
            if (ownDisks) {
                Files.createDirectory(machine(name));
                disks.put(name, LoopDisk.mounted(folder.resolve(name + ".image"), machine(name)));
            }
        }
        List<String> servers =
                IntStream.rangeClosed(1, virtualServers).mapToObj(k -> "vs" + k).toList();
        var _ = run(
                COMMAND_LIMIT,
                List.of(
                        "cluster",
                        "create",
                        "machines",
                        "--dir",
                        operatorFolder().toString(),
                        "--address",
                        address("n1"),
                        "--domain",
                        "example.org",
                        "--virtual-server",
                        String.join(",", servers)));
        startNode("n1");
        var _ = await("the first node is up", READY_LIMIT, ClusterStatus::online);
        for (String name : names.subList(1, names.size())) {
            join(name);
            startNode(name);
            var _ = await(name + " takes part", READY_LIMIT, status -> status.nodes().stream()
                    .anyMatch(node -> node.name().equals(name) && node.up()));
        }
        for (int k = 1; k <= virtualServers; k++) {
            for (int user = 0; user < USERS_EACH; user++) {
                var _ = command(
                        "user",
                        "add",
                        "user" + (k + user * virtualServers) + "@example.org",
                        "--password",
                        PASSWORD,
                        "--virtual-server",
                        "vs" + k);
            }
        }
        place();
        for (int k = 1; k <= FRONT_ENDS; k++) {
            frontEnd("f" + k);
        }
        var _ = await("every virtual server survives the loss of its owner", READY_LIMIT, ClusterStatus::safe);
    }

    /// Each virtual server to its node, and one on each from then on.
    private void place() throws IOException {
        for (int k = 2; k <= virtualServers; k++) {
            var _ = command("move", "vs" + k, "n" + k);
        }
        for (int k = 1; k <= virtualServers; k++) {
            var _ = command("group", "prop", "vs" + k, "room=one-per-node");
        }
    }

    private void connect(String node) throws IOException {
        String namespace = namespace(node);
        var _ = ip("netns", "add", namespace);
        var _ = ip("link", "add", port(node), "type", "veth", "peer", "name", "eth0", "netns", namespace);
        var _ = ip("link", "set", port(node), "master", tag, "up");
        var _ = ip("-n", namespace, "addr", "add", address(node) + "/24", "dev", "eth0");
        var _ = ip("-n", namespace, "link", "set", "eth0", "up");
        var _ = ip("-n", namespace, "link", "set", "lo", "up");
    }

    private void join(String node) throws IOException {
        String token = admit("node", node);
        var _ = run(
                COMMAND_LIMIT,
                List.of("node", "join", token, "--dir", machine(node).toString(), "--address", address(node)));
    }

    private void frontEnd(String name) throws IOException {
        String token = admit("front-end", name);
        int base = FreePorts.base(List.of("127.0.0.1"), List.of(25, 143));
        doors.add(base);
        var _ = run(
                COMMAND_LIMIT,
                List.of(
                        "front-end",
                        "join",
                        token,
                        "--dir",
                        machine(name).toString(),
                        "--host-name",
                        "localhost",
                        "--address",
                        "127.0.0.1",
                        "--smtp-port",
                        Integer.toString(base + 25),
                        "--imap-port",
                        Integer.toString(base + 143),
                        "--submission-port",
                        "0",
                        "--imaps-port",
                        "0"));
        start(
                name,
                List.of(),
                List.of("front-end", "run", "--dir", machine(name).toString()));
    }

    /// Has a newcomer admitted, and returns its token; the command ends when the token was used.
    private String admit(String kind, String name) throws IOException {
        Path output = folder.resolve("admit-" + name);
        // A token printed before is good no more.
        Files.deleteIfExists(log(output));
        start(
                "admit-" + name,
                List.of(),
                List.of(kind, "admit", name, "--dir", operatorFolder().toString(), "--at", network + "1"));
        long deadline = System.nanoTime() + TOKEN_LIMIT.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Matcher token = TOKEN.matcher(Files.exists(log(output)) ? Files.readString(log(output)) : "");
            if (token.find()) {
                return token.group();
            }
            pause(Duration.ofMillis(100));
        }
        throw new IOException("no token for " + name + ": " + Files.readString(log(output)));
    }

    private static Path log(Path of) {
        return of.resolveSibling(of.getFileName() + ".log");
    }

    /// Starts a command that goes on running; its output goes to `NAME.log` in the cluster's folder.
    private void start(String name, List<String> before, List<String> arguments) throws IOException {
        List<String> line = new ArrayList<>(before);
        line.add(root.resolve("posthouse").toString());
        line.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(root.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        log(folder.resolve(name)).toFile()));
        builder.environment().put("POSTHOUSE_NO_BUILD", "1");
        builder.environment().put("POSTHOUSE_JAVA_OPTS", SMALL);
        builder.environment().put("ROCKSDB_SHAREDLIB_DIR", folder.toString());
        running.put(name, builder.start().toHandle());
    }

    // ---- what is done to machines

    /// Starts a node that does not run.
    public void startNode(String node) throws IOException {
        // Each of these programs becomes the next one, so the process is the node's own.
        start(
                node,
                List.of("ip", "netns", "exec", namespace(node)),
                List.of("node", "run", "--dir", machine(node).toString()));
    }

    /// Gives a dead node a new disk: it joins again under its name, and is started.
    public void rebuild(String node) throws IOException {
        delete(machine(node).resolve("node"));
        Files.delete(machine(node).resolve("node.json"));
        join(node);
        startNode(node);
    }

    /// Process id of a node.
    public long pid(String node) {
        return running.get(node).pid();
    }

    /// SIGKILL, as a machine dies.
    public void kill(String node) throws IOException {
        ProcessHandle process = running.get(node);
        var _ = process.destroyForcibly();
        if (!Processes.ended(process, ENDED_LIMIT)) {
            throw new IOException(node + " does not end");
        }
    }

    /// Takes a machine off the network; what it sends vanishes.
    public void cut(String node) throws IOException {
        var _ = ip("link", "set", port(node), "down");
    }

    /// Puts it back.
    public void mend(String node) throws IOException {
        var _ = ip("link", "set", port(node), "up");
    }

    /// Takes it off the network of these other machines; front ends still reach it.
    public void separate(String node, List<String> others) throws IOException {
        for (String other : others) {
            var _ = ip("-n", namespace(node), "route", "add", "blackhole", address(other) + "/32");
        }
    }

    /// Undoes [#separate].
    public void reunite(String node, List<String> others) throws IOException {
        for (String other : others) {
            var _ = ip("-n", namespace(node), "route", "delete", "blackhole", address(other) + "/32");
        }
    }

    /// From now on every write to its disk hangs.
    public void hangDisk(String node) throws IOException {
        disks.get(node).hang();
    }

    /// Its disk goes on. Its process, which cannot end before that, may have ended itself.
    public void repairDisk(String node) throws IOException {
        disks.get(node).goOn();
    }

    /// Waits until a node has ended by itself; false if it goes on.
    public boolean ended(String node, Duration limit) {
        return Processes.ended(running.get(node), limit);
    }

    // ---- where things are

    @Override
    Path operatorFolder() {
        return machine("n1");
    }

    private Path machine(String name) {
        return folder.resolve(name);
    }

    private String address(String node) {
        return network + (FIRST_HOST + Integer.parseInt(node.substring(1)));
    }

    private String namespace(String node) {
        return tag + "-" + node;
    }

    private String port(String node) {
        return tag + node;
    }

    /// An address on the machines' network that none of them has, and that is reached from here.
    public String spareAddress() {
        return network + SPARE_HOST;
    }

    /// Addresses that a machine has now, as `ip` shows them.
    public String addressesOf(String node) throws IOException {
        return ip("-n", namespace(node), "-o", "-4", "addr", "show", "dev", "eth0");
    }

    @Override
    public List<InetSocketAddress> smtpDoors() {
        return doors.stream()
                .map(base -> new InetSocketAddress(InetAddress.getLoopbackAddress(), base + 25))
                .toList();
    }

    @Override
    public InetSocketAddress imapDoor(String user) {
        int base = doors.get(Math.floorMod(user.hashCode(), doors.size()));
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), base + 143);
    }

    private static String ip(String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(arguments));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!Processes.ended(process, ENDED_LIMIT) || process.exitValue() != 0) {
            throw new IOException(String.join(" ", line) + ": " + output.strip());
        }
        return output;
    }

    // ---- the end

    @Override
    void end() {
        running.values().forEach(ProcessHandle::destroyForcibly);
        disks.values().forEach(MachineCluster::goOn);
        running.values().forEach(process -> Processes.ended(process, ENDED_LIMIT));
        disks.values().forEach(MachineCluster::unmount);
        for (int k = 1; k <= nodes; k++) {
            quietly("netns", "delete", namespace("n" + k));
        }
        quietly("link", "delete", tag);
    }

    /// Else its process could not end.
    private static void goOn(LoopDisk disk) {
        try {
            disk.goOn();
        } catch (IOException e) {
            System.err.println("machines: " + e.getMessage());
        }
    }

    private static void unmount(LoopDisk disk) {
        try {
            disk.close();
        } catch (IOException e) {
            System.err.println("machines: " + e.getMessage());
        }
    }

    /// What was not made cannot be taken away.
    private static void quietly(String... arguments) {
        try {
            var _ = ip(arguments);
        } catch (IOException e) {
            System.err.println("machines: " + e.getMessage());
        }
    }
}
