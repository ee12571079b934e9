package org.posthouse.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Three machines under Pacemaker and corosync, each a set of namespaces (network, mounts, host name), that share a
/// folder; and one virtual server, whose address and process Pacemaker runs on one of them by the resource agent
/// `ocf/posthouse`. A fence device outside of the machines ends one when Pacemaker asks for it. Needs root, and these
/// packages of Debian: pacemaker, corosync, pacemaker-cli-utils, resource-agents.
public final class PacemakerCluster extends RunningCluster {
    /// The machines.
    public static final List<String> NODES = List.of("n1", "n2", "n3");

    private static final List<String> NEEDED = List.of(
            "/usr/sbin/corosync",
            "/usr/sbin/pacemakerd",
            "/usr/sbin/crm_resource",
            "/usr/lib/ocf/resource.d/heartbeat/IPaddr2");
    private static final Duration READY_LIMIT = Duration.ofMinutes(2);
    private static final Duration ENDED_LIMIT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration DEVICE_POLL = Duration.ofMillis(50);
    private static final Duration WATCH_POLL = Duration.ofMillis(20);
    private static final String SERVER = "vs1";
    private static final String SMALL = "-Xmx256m -XX:TieredStopAtLevel=1 -Dposthouse.log.level=INFO";
    private static final int USERS = 4;
    private static final int FIRST_HOST = 10;
    private static final int SMTP = 25;
    private static final int IMAP = 143;

    private final String tag = "pm" + ProcessHandle.current().pid();
    /// RFC 2544 section C.2.2: for measurements, never routed.
    private final String network = "198.19." + ProcessHandle.current().pid() % 250 + ".";

    private final Map<String, Process> anchors = new TreeMap<>();
    private final SortedSet<Long> seen = new TreeSet<>(); // under itself
    private volatile int atOnce;
    private volatile boolean ended;
    private final AtomicInteger fenced = new AtomicInteger();

    private PacemakerCluster(Path root, Path folder) {
        super(root, folder, Map.of("POSTHOUSE_JAVA_OPTS", SMALL));
    }

    /// Why none can be started here; empty if one can.
    public static Optional<String> missing() {
        Optional<String> machines = MachineCluster.missing();
        if (machines.isPresent()) {
            return machines;
        }
        List<String> lacking = NEEDED.stream()
                .filter(file -> !Files.isExecutable(Path.of(file)))
                .toList();
        return lacking.isEmpty()
                ? Optional.empty()
                : Optional.of("Pacemaker is not installed: " + String.join(", ", lacking) + " (apt-get install"
                        + " --no-install-recommends pacemaker corosync pacemaker-cli-utils resource-agents)");
    }

    /// Makes the folder and its virtual server; nothing runs yet.
    ///
    /// @param folder is made, or must be empty
    public static PacemakerCluster make(Path folder) throws IOException {
        Path root = launcher().orElseThrow(() -> new IOException(missing().orElseThrow()));
        Files.createDirectories(folder);
        PacemakerCluster cluster = new PacemakerCluster(root, folder.toRealPath());
        cluster.endsWithThisProcess();
        try {
            var _ = cluster.run(
                    COMMAND_LIMIT,
                    List.of(
                            "server",
                            "create",
                            SERVER,
                            "--dir",
                            cluster.operatorFolder().toString(),
                            "--domain",
                            "example.org"));
            cluster.connect();
            return cluster;
        } catch (IOException e) {
            cluster.keep();
            cluster.close();
            throw e;
        }
    }

    /// Starts the machines; returns when the virtual server has its users and takes mail.
    public void start() throws IOException {
        Thread.ofPlatform().daemon().name("fence-device").start(this::fenceDevice);
        Thread.ofPlatform().daemon().name("server-watch").start(this::watch);
        for (String node : NODES) {
            startNode(node);
        }
        awaitMembers(NODES.size());
        var _ = awaitOwner("", READY_LIMIT);
        for (int user = 1; user <= USERS; user++) {
            var _ = command("user", "add", "user" + user + "@example.org", "--password", PASSWORD);
        }
    }

    /// What `ocf-tester` says of the resource agent; no machine may run yet.
    ///
    /// @throws IOException with its output if the agent does not pass
    public String testAgent() throws IOException {
        return tool(
                Duration.ofMinutes(3),
                List.of(
                        "/usr/sbin/ocf-tester",
                        "-n",
                        tag,
                        "-o",
                        "folder=" + operatorFolder(),
                        "-o",
                        "fencing=node",
                        "-o",
                        "listen=" + network + "1",
                        "-o",
                        "binary=" + root.resolve("posthouse"),
                        "-o",
                        "java_home=" + System.getProperty("java.home"),
                        "-o",
                        "log=" + folder.resolve("ocf-tester-server.log"),
                        root.resolve("ocf/posthouse").toString()));
    }

    /// What an action of the resource agent answers outside of any cluster.
    ///
    /// @param parameters `name=value`
    public int agent(String action, List<String> parameters) throws IOException {
        List<String> line = new ArrayList<>(
                List.of("env", "OCF_ROOT=/usr/lib/ocf", "OCF_RESOURCE_INSTANCE=" + tag, "__OCF_ACTION=" + action));
        parameters.forEach(parameter -> line.add("OCF_RESKEY_" + parameter));
        line.addAll(List.of(root.resolve("ocf/posthouse").toString(), action));
        Process process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!Processes.ended(process, COMMAND_LIMIT)) {
            process.destroyForcibly();
            throw new IOException("the agent's " + action + " did not end");
        }
        return process.exitValue();
    }

    /// The command that the agent is given.
    public Path binary() {
        return root.resolve("posthouse");
    }

    // ---- machines

    private void connect() throws IOException {
        ip("link", "add", tag, "type", "bridge");
        ip("addr", "add", network + "1/24", "dev", tag);
        ip("link", "set", tag, "up");
        for (String node : NODES) {
            Path own = folder.resolve(node);
            Files.createDirectories(own.resolve("etc"));
            write(own.resolve("etc/corosync.conf"), resource("corosync.conf").replace("@NODES@", nodeList()));
            write(
                    own.resolve("cib.xml"),
                    resource("cib.xml")
                            .replace("@ADDRESS@", address())
                            .replace("@FOLDER@", operatorFolder().toString())
                            .replace("@BINARY@", binary().toString())
                            .replace("@JAVA_HOME@", System.getProperty("java.home"))
                            .replace("@JAVA_OPTIONS@", SMALL)
                            .replace("@LOG@", folder.resolve("server.log").toString()));
        }
        Files.createDirectories(device());
        write(folder.resolve("node.sh"), resource("node.sh"));
        Path agent = device().resolve("fence_posthouse_test");
        write(agent, resource("fence_posthouse_test").replace("@DEVICE@", device().toString()));
        Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwxr-xr-x"));
        // Pacemaker's daemons run as a user of their own, and read the agents' metadata.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String nodeList() {
        StringBuilder list = new StringBuilder();
        for (String node : NODES) {
            list.append("    node {\n        name: ")
                    .append(node)
                    .append("\n        nodeid: ")
                    .append(number(node))
                    .append("\n        ring0_addr: ")
                    .append(address(node))
                    .append("\n    }\n");
        }
        return list.toString();
    }

    /// Starts a machine that does not run.
    public void startNode(String node) throws IOException {
        String namespace = namespace(node);
        ip("netns", "add", namespace);
        ip("link", "add", port(node), "type", "veth", "peer", "name", "eth0", "netns", namespace);
        ip("link", "set", port(node), "master", tag, "up");
        ip("-n", namespace, "addr", "add", address(node) + "/24", "dev", "eth0");
        ip("-n", namespace, "link", "set", "eth0", "up");
        ip("-n", namespace, "link", "set", "lo", "up");
        Path own = folder.resolve(node);
        Process anchor = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        namespace,
                        "unshare",
                        "--mount",
                        "--uts",
                        "sh",
                        folder.resolve("node.sh").toString(),
                        node,
                        own.toString(),
                        device().toString(),
                        root.resolve("ocf").toString())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(own.resolve("node.log").toFile()))
                .start();
        anchors.put(node, anchor);
    }

    /// Ends a machine at once: its network first, so that none of its processes says good-bye, then all processes.
    public void killNode(String node) throws IOException {
        quietly("link", "delete", port(node));
        long deadline = System.nanoTime() + ENDED_LIMIT.toNanos();
        List<Long> left = processes(node);
        while (!left.isEmpty()) {
            left.forEach(Processes::kill);
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(node + " does not end: " + left);
            }
            pause(Duration.ofMillis(20));
            left = processes(node);
        }
        // With it goes its kernel: addresses, and what was under way.
        quietly("netns", "delete", namespace(node));
    }

    private List<Long> processes(String node) throws IOException {
        if (Files.notExists(Path.of("/run/netns", namespace(node)))) {
            return List.of();
        }
        return tool(ENDED_LIMIT, List.of("ip", "netns", "pids", namespace(node)))
                .lines()
                .map(line -> Long.parseLong(line.strip()))
                .filter(Processes::alive)
                .toList();
    }

    /// Ends machines whenever a fence agent asks for it.
    private void fenceDevice() {
        while (!ended) {
            try (DirectoryStream<Path> requests = Files.newDirectoryStream(device(), "*.asked")) {
                for (Path request : requests) {
                    String name = request.getFileName().toString();
                    killNode(name.substring(0, name.indexOf('.')));
                    fenced.incrementAndGet();
                    Files.move(request, request.resolveSibling(name.replace(".asked", ".done")));
                }
                pause(DEVICE_POLL);
            } catch (IOException e) {
                if (!ended) {
                    System.err.println("fence device: " + e.getMessage());
                }
            }
        }
    }

    /// How often the fence device has ended a machine.
    public int fenced() {
        return fenced.get();
    }

    // ---- the virtual server

    /// Processes of the virtual server that live, on whatever machine.
    public List<Long> servers() throws IOException {
        // By its class: the launcher before it forks.
        return Processes.naming("Main server run --dir " + operatorFolder());
    }

    /// Waits until one of them has ended.
    public void awaitEnd(long server, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (Processes.alive(server)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("process " + server + " of the virtual server does not end: " + overview());
            }
            pause(WATCH_POLL);
        }
    }

    /// Counts how many processes of the virtual server there are at once, as often as it can.
    private void watch() {
        while (!ended) {
            try {
                List<Long> now = servers();
                atOnce = Math.max(atOnce, now.size());
                synchronized (seen) {
                    seen.addAll(now);
                }
                pause(WATCH_POLL);
            } catch (IOException e) {
                System.err.println("server watch: " + e.getMessage());
            }
        }
    }

    /// The most processes of the virtual server that were seen at once.
    public int atOnce() {
        return atOnce;
    }

    /// How many processes of the virtual server there were, one after the other.
    public int starts() {
        synchronized (seen) {
            return seen.size();
        }
    }

    /// The machine on which Pacemaker runs the virtual server; empty while it runs on none.
    public Optional<String> owner() {
        for (String node : living()) {
            try {
                String said = inside(node, "crm_resource", "--locate", "--resource", "vs1-mail");
                return NODES.stream()
                        .filter(each -> said.contains("running on: " + each))
                        .findFirst();
            } catch (IOException _) {
                // Pacemaker does not answer there (yet); another one may.
            }
        }
        return Optional.empty();
    }

    /// Waits until Pacemaker runs the virtual server, on another machine than this.
    public String awaitOwner(String notOn, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Optional<String> now = owner().filter(node -> !node.equals(notOn));
            if (now.isPresent()) {
                return now.get();
            }
            pause(POLL);
        }
        throw new IOException(
                "Pacemaker does not run the virtual server within " + limit.toSeconds() + " s: " + overview());
    }

    /// Waits until so many machines are members.
    public void awaitMembers(int count) throws IOException {
        long deadline = System.nanoTime() + READY_LIMIT.toNanos();
        while (System.nanoTime() - deadline < 0) {
            if (overview().contains("Online: [ " + String.join(" ", NODES.subList(0, count)) + " ]")) {
                return;
            }
            pause(POLL);
        }
        throw new IOException("not " + count + " members within " + READY_LIMIT.toSeconds() + " s: " + overview());
    }

    /// Has Pacemaker move the virtual server to a machine.
    public void move(String from, String to) throws IOException {
        var _ = inside(from, "crm_resource", "--move", "--resource", SERVER, "--node", to);
    }

    /// Takes back what [#move] demands, once Pacemaker has nothing more to do; nothing moves for that.
    public void settle(String node) throws IOException {
        var _ = inside(node, "crm_resource", "--wait");
        var _ = inside(node, "crm_resource", "--clear", "--resource", SERVER);
    }

    /// What `crm_mon` shows.
    public String overview() {
        for (String node : living()) {
            try {
                return inside(node, "crm_mon", "-1");
            } catch (IOException _) {
                // Another one may answer.
            }
        }
        return "Pacemaker answers nowhere";
    }

    private List<String> living() {
        return NODES.stream()
                .filter(node -> anchors.containsKey(node) && anchors.get(node).isAlive())
                .toList();
    }

    private String inside(String node, String... command) throws IOException {
        List<String> line = new ArrayList<>(enter(node));
        line.addAll(List.of(command));
        return tool(COMMAND_LIMIT, line);
    }

    private List<String> enter(String node) {
        return List.of("nsenter", "-t", Long.toString(anchors.get(node).pid()), "-m", "-n", "-u");
    }

    // ---- where things are

    /// Commands are given where the virtual server runs.
    @Override
    List<String> before() throws IOException {
        return anchors.isEmpty() ? List.of() : enter(awaitOwner("", READY_LIMIT));
    }

    @Override
    Path operatorFolder() {
        return folder.resolve("shared");
    }

    private Path device() {
        return folder.resolve("fence");
    }

    private static int number(String node) {
        return Integer.parseInt(node.substring(1));
    }

    private String address(String node) {
        return network + (FIRST_HOST + number(node));
    }

    /// The address of the virtual server.
    private String address() {
        return network + "100";
    }

    private String namespace(String node) {
        return tag + "-" + node;
    }

    private String port(String node) {
        return tag + node;
    }

    @Override
    public List<InetSocketAddress> smtpDoors() {
        return List.of(new InetSocketAddress(address(), SMTP));
    }

    @Override
    public InetSocketAddress imapDoor(String user) {
        return new InetSocketAddress(address(), IMAP);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = PacemakerCluster.class.getResourceAsStream("/pacemaker/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
    }

    private static void ip(String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(arguments));
        var _ = tool(ENDED_LIMIT, line);
    }

    /// Runs a program; what it printed.
    private static String tool(Duration limit, List<String> line) throws IOException {
        Path output = Files.createTempFile("posthouse-tool", ".out");
        try {
            Process process = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", line) + " did not end: " + Files.readString(output));
            }
            String printed = Files.readString(output);
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", line) + ": " + printed.strip());
            }
            return printed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    // ---- the end

    @Override
    void end() {
        ended = true;
        for (String node : NODES) {
            try {
                killNode(node);
            } catch (IOException e) {
                System.err.println("pacemaker: " + e.getMessage());
            }
        }
        quietly("link", "delete", tag);
    }

    /// What was not made cannot be taken away.
    private static void quietly(String... arguments) {
        try {
            ip(arguments);
        } catch (IOException e) {
            if (!e.getMessage().contains("Cannot find device")
                    && !e.getMessage().contains("No such file")) {
                System.err.println("pacemaker: " + e.getMessage());
            }
        }
    }
}
