package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.posthouse.agent.NodeAgent;
import org.posthouse.agent.OutsideWarrant;
import org.posthouse.cluster.ResourceState;
import org.posthouse.cluster.SharedStorage;
import org.posthouse.cluster.SharedStorage.Fencing;
import org.posthouse.cluster.SharedStorage.Support;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.replication.SharedFolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse server create|check|run|probe`: a virtual server that a third-party cluster service (Pacemaker) starts
/// on whichever machine it decides, in a folder that all those machines mount.
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        description = "A virtual server that a third-party cluster service, such as Pacemaker, starts where it decides,"
                + " in a folder that all its machines mount. Other commands are given with the same --dir, on the"
                + " machine on which it runs.")
final class ServerCommand extends OperatorCommand {
    private static final Logger LOG = LoggerFactory.getLogger(ServerCommand.class);
    private static final Duration BEAT_MAX = Duration.ofSeconds(5);
    private static final long BEAT_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Duration PROBE_MAX = Duration.ofSeconds(15);

    /// The folder, and what is declared to guard it.
    static final class FolderOptions {
        @Option(
                names = "--dir",
                paramLabel = "DIR",
                required = true,
                description = "The folder on the storage that all machines can mount.")
        private Path dir;

        @Option(
                names = "--fencing",
                paramLabel = "HOW",
                defaultValue = "none",
                description = "What ends the writes of a machine before another takes over: 'node' (STONITH), 'storage'"
                        + " (reservations, blocklist) or 'none' (default).")
        private String fencing;

        OutsideServer server() {
            return new OutsideServer(dir.toAbsolutePath().normalize());
        }
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Make a virtual server in an empty folder. Nothing is started.")
    int create(
            @Parameters(paramLabel = "NAME", description = "Of the virtual server, e.g. vs1.") String name,
            @Mixin DirOption dir,
            @Option(
                            names = "--domain",
                            paramLabel = "DOMAIN",
                            required = true,
                            split = ",",
                            description = "Domains for which mail is received; the first one's postmaster is meant by"
                                    + " 'postmaster' alone.")
                    List<String> domains,
            @Option(
                            names = "--host-name",
                            paramLabel = "NAME",
                            description = "Under which clients know it (NAME.DOMAIN).")
                    Optional<String> hostName,
            @Option(names = "--smtp-port", paramLabel = "PORT", defaultValue = "25", description = "0: none (25).")
                    int smtp,
            @Option(names = "--submission-port", paramLabel = "PORT", defaultValue = "587", description = "(587)")
                    int submission,
            @Option(names = "--imap-port", paramLabel = "PORT", defaultValue = "143", description = "(143)") int imap,
            @Option(names = "--imaps-port", paramLabel = "PORT", defaultValue = "993", description = "(993)") int imaps,
            @Option(
                            names = "--replication-port",
                            paramLabel = "PORT",
                            defaultValue = "2800",
                            description = "On the loopback; another for each virtual server that may share a machine"
                                    + " (${DEFAULT-VALUE}).")
                    int replicationPort,
            @Option(
                            names = "--link-port",
                            paramLabel = "PORT",
                            defaultValue = "2801",
                            description = "The same, for commands (${DEFAULT-VALUE}).")
                    int linkPort)
            throws IOException {
        if (!name.matches(ClusterCommand.NAME)) {
            throw wrong("a virtual server is named with small letters, digits and hyphens, not '" + name + "'");
        }
        ClusterCommand.requireEmpty(dir.path());
        String known = hostName.orElse(name + "." + domains.getFirst());
        var ports = new SampleCluster.ClientPorts(smtp, submission, imap, imaps);
        OutsideServer server = new OutsideServer(dir.path());
        try {
            server.create(
                    new OutsideServer.Settings(UUID.randomUUID(), name, replicationPort, linkPort),
                    MailServices.planned(
                            name, domains.getFirst(), Optional.of(ports), new TreeMap<>(), new TreeMap<>()),
                    domains,
                    known);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
        return say(name + " is in " + server.dir() + ". Let the cluster service start it (resource agent"
                + " ocf:posthouse:posthouse, docs/pacemaker.md), or try it by hand:\n"
                + "  posthouse server run --dir " + server.dir() + " --fencing HOW");
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Say whether the folder holds a virtual server and may be used, and what may be promised.",
            exitCodeListHeading = "Exit status:%n",
            exitCodeList = {"0:it may be used, with the support level printed", "1:it may not"})
    int check(@Mixin FolderOptions folder) throws IOException {
        OutsideServer server = folder.server();
        String name = server.settings().name();
        return say(name + ": " + allowed(folder) + ".");
    }

    /// What may be promised of the folder.
    ///
    /// @throws IOException if it must not be used
    private String allowed(FolderOptions folder) throws IOException {
        Fencing fencing = Stream.of(Fencing.values())
                .filter(each -> each.text().equals(folder.fencing))
                .findFirst()
                .orElseThrow(() -> wrong("--fencing is none, storage or node, not '" + folder.fencing + "'"));
        OutsideServer server = folder.server();
        SharedStorage storage = new SharedStorage(server.dir().toString(), fencing);
        String fileSystem = server.fileSystem();
        if (storage.support(fileSystem) == Support.REFUSED) {
            throw new IOException("it is refused: " + storage.explain(fileSystem));
        }
        return storage.explain(fileSystem);
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = "Take the folder over and serve, until the process is told to end, or until another start has"
                    + " taken the folder over.")
    int run(
            @Mixin FolderOptions folder,
            @Option(
                            names = "--listen",
                            paramLabel = "ADDRESS",
                            defaultValue = "0.0.0.0",
                            description = "Where clients connect, e.g. the address that moves with it (all).")
                    String listen,
            @Option(
                            names = "--holder",
                            paramLabel = "NAME",
                            description = "Who takes the folder over, for its history (this machine's name).")
                    Optional<String> holder,
            @Option(
                            names = "--state",
                            paramLabel = "FILE",
                            description = "Say there every second how this process stands, for who watches it.")
                    Optional<Path> state)
            throws Exception {
        String support = allowed(folder);
        OutsideServer server = folder.server();
        String name = server.settings().name();
        LOG.info("{}: {}", name, support);
        String who = holder.orElse(hostName()) + ", process "
                + ProcessHandle.current().pid();
        AtomicLong epoch = new AtomicLong();
        CompletableFuture<NodeAgent> running = new CompletableFuture<>();
        state.ifPresent(file -> new StateFile(file, epoch::get, () -> seen(running, name)).start());
        SharedFolder taken =
                server.takeOver(who, why -> NodeProcess.halt(server.dir() + " is not held any more: " + why));
        epoch.set(taken.number());
        NodeSetup setup = server.node(taken);
        RecoveryJournal.requireNone(setup);
        OutsideWarrant warrant =
                new OutsideWarrant(server.dir().toString(), support, () -> ours(taken), NodeProcess::halt);
        warrant.start();
        NodeProcess.run(setup, new NodeProcess.Outside(warrant, listen), agent -> {
            running.complete(agent);
            return taken::close;
        });
        return CommandLine.ExitCode.OK;
    }

    /// As the kernel has it: a name that nobody can look up would do.
    private static String hostName() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    }

    /// A process that was paused beats again as soon as it runs: that is waited for.
    private static boolean ours(SharedFolder taken) throws IOException {
        long end = System.nanoTime() + BEAT_MAX.toNanos();
        while (!taken.valid()) {
            if (taken.lost().isPresent()) {
                return false;
            }
            if (System.nanoTime() - end > 0) {
                throw new IOException("no beat on the shared folder for " + BEAT_MAX.toSeconds() + " s");
            }
            LockSupport.parkNanos(BEAT_POLL_NANOS);
        }
        return true;
    }

    /// How the virtual server stands in this process; empty until the node has read its image.
    private static Optional<StateFile.Seen> seen(CompletableFuture<NodeAgent> running, String name) {
        NodeAgent agent = running.getNow(null);
        if (agent == null) {
            return Optional.empty();
        }
        return Optional.ofNullable(agent.image().virtualServers().get(name)).map(server -> {
            Optional<SortedMap<String, ResourceState>> owned = agent.owned(name);
            SortedMap<String, ResourceState> wanted = new TreeMap<>();
            server.resources().values().stream()
                    .filter(VirtualServer.Resource::wanted)
                    .forEach(resource -> wanted.put(
                            resource.name(),
                            owned.map(states -> states.get(resource.name())).orElse(ResourceState.OFFLINE)));
            return new StateFile.Seen(server.wanted(), owned.isPresent(), wanted);
        });
    }

    @Command(
            name = "probe",
            mixinStandardHelpOptions = true,
            description = "Ask the virtual server that runs on this machine whether it serves: its state, a read that"
                    + " its log confirms, and the greeting of each of its ports.",
            exitCodeListHeading = "Exit status:%n",
            exitCodeList = {"0:it serves", "1:it does not; the reason is printed"})
    int probe(
            @Mixin DirOption dir,
            @Option(names = "--connect", paramLabel = "ADDRESS", defaultValue = "127.0.0.1") String connect)
            throws IOException {
        OutsideServer server = new OutsideServer(dir.path());
        String name = server.settings().name();
        try (ClusterControl control = ClusterControl.open(new Machine(server.dir()))) {
            JsonNode now = ClusterControl.virtualServer(control.status(), name);
            String state = now.path("state").asText();
            if (!state.equals("online")) {
                throw new IOException(
                        name + " is " + state + ": " + now.path("reason").asText());
            }
            var ports = GroupPlan.ports(control.image().virtualServers().get(name));
            new MailProbe(connect, PROBE_MAX).greets(ports);
        }
        return say(name + " serves.");
    }
}
