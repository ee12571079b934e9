package org.posthouse.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.posthouse.agent.BootClock;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.FirstPlan;
import org.posthouse.cluster.FirstPlan.PlannedNode;
import org.posthouse.replication.SharedFolder;
import org.posthouse.wire.Authority;
import org.posthouse.wire.Join;

/// A virtual server that a third-party cluster service starts, on whichever machine it decides: a cluster of one node
/// with one virtual server, all of it in a folder that every one of those machines can mount:
///
/// - `server.json`: what [Settings] says,
/// - `mail/`: the node's folder, one for each start ([SharedFolder]),
/// - `tls/`: the certificate that clients are shown; put one in its place that they trust,
/// - `ca/` and `operator/`: as on a [Machine]; commands are given where the virtual server runs. The authority's key
///   stays here: the node's own certificate is made anew at each start.
///
/// @param dir absolute
record OutsideServer(Path dir) {
    private static final String FILE = "server.json";
    private static final String HOST = "127.0.0.1";
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /// `server.json`.
    ///
    /// @param name of the virtual server, and of the node: on every machine the same member is found
    record Settings(UUID cluster, String name, int replicationPort, int linkPort) {}

    /// Makes one; nothing is started.
    ///
    /// @param hostName under which clients know it
    /// @throws IOException if the folder is not empty or cannot be used
    /// @throws IllegalArgumentException if the names make no plan
    void create(Settings settings, FirstPlan.PlannedServer server, List<String> domains, String hostName)
            throws IOException {
        FirstPlan plan = new FirstPlan(
                settings.cluster().toString(),
                settings.name(),
                List.of(new PlannedNode(settings.name(), HOST, settings.replicationPort(), settings.linkPort(), "")),
                List.of(server),
                domains);
        Files.createDirectories(dir);
        Authority authority = Authority.create(authority(), settings.name());
        authority.issueServer(List.of(hostName), tls(Join.SERVER_KEY_FILE), tls(Join.SERVER_CHAIN_FILE));
        Machine machine = new Machine(dir);
        authority.issuePeer("operator:admin", List.of(HOST), dir.resolve("operator/tls"));
        machine.know(settings.name(), HOST, settings.linkPort());
        Files.createDirectories(mail());
        try (SharedFolder first = take(settings, "posthouse server create", true, _ -> {})) {
            JSON.writeValue(
                    first.epoch().resolve(NodeSetup.FORMING).toFile(),
                    new Machine.Forming(plan, System.currentTimeMillis()));
        }
        // Last: a folder without it holds none.
        Path draft = dir.resolve(FILE + ".draft");
        JSON.writeValue(draft.toFile(), settings);
        Files.move(draft, dir.resolve(FILE));
    }

    /// Whether there is one in the folder.
    boolean exists() {
        return Files.exists(dir.resolve(FILE));
    }

    /// What it was made with.
    ///
    /// @throws IOException if there is none here
    Settings settings() throws IOException {
        Path file = dir.resolve(FILE);
        if (!exists()) {
            throw new IOException("there is no virtual server for a cluster service to start in " + dir + " (" + FILE
                    + " is not there): is the folder mounted? 'posthouse server create' makes one");
        }
        return JSON.readValue(file.toFile(), Settings.class);
    }

    /// The kind of file system that it is on, as the kernel has it.
    String fileSystem() throws IOException {
        return Files.getFileStore(dir).type();
    }

    /// Takes the node's folder over: whoever had it before writes to nothing that is read from now on.
    ///
    /// @param holder who takes it, for messages
    /// @param lost told once, by another thread, when another start has taken it over, and why
    SharedFolder takeOver(String holder, Consumer<String> lost) throws IOException {
        return take(settings(), holder, false, lost);
    }

    private SharedFolder take(Settings settings, String holder, boolean first, Consumer<String> lost)
            throws IOException {
        return SharedFolder.takeOver(new SharedFolder.Settings(
                mail(),
                "virtual server " + settings.name(),
                holder,
                first,
                new NodeContents(),
                new BootClock(),
                () -> true,
                lost,
                SharedFolder.Times.DEFAULT));
    }

    /// What the process is told that runs in a folder just taken over.
    NodeSetup node(SharedFolder taken) throws IOException {
        Settings settings = settings();
        NodeSetup setup = new NodeSetup(
                settings.cluster(),
                settings.name(),
                taken.epoch(),
                HOST,
                settings.replicationPort(),
                settings.linkPort(),
                new TreeMap<>(),
                planned(taken.epoch().resolve(NodeSetup.FORMING)),
                false);
        certify(setup);
        return setup;
    }

    private static Optional<ClusterImage> planned(Path forming) throws IOException {
        if (Files.notExists(forming)) {
            return Optional.empty();
        }
        Machine.Forming planned = JSON.readValue(forming.toFile(), Machine.Forming.class);
        return Optional.of(planned.plan().image(planned.createdMillis()));
    }

    /// The node's own certificate is made anew, so that it never ends; that for clients is the one in `tls/`.
    private void certify(NodeSetup setup) throws IOException {
        Path own = setup.tls();
        if (Files.exists(own)) {
            // Links to files of the epoch before: not to be written.
            try (var files = Files.list(own)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
        }
        Files.createDirectories(own);
        Authority.open(authority()).issuePeer("node:" + setup.name(), List.of(HOST), own);
        for (String file : List.of(Join.SERVER_KEY_FILE, Join.SERVER_CHAIN_FILE)) {
            Files.copy(tls(file), own.resolve(file));
        }
    }

    private Path mail() {
        return dir.resolve("mail");
    }

    private Path authority() {
        return dir.resolve("ca");
    }

    private Path tls(String file) {
        return dir.resolve("tls").resolve(file);
    }
}
