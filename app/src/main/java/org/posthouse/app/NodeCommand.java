package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.posthouse.cluster.Command.AddNode;
import org.posthouse.cluster.Command.EvictNode;
import org.posthouse.cluster.Command.SetNodeDuty;
import org.posthouse.cluster.NodeDuty;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse node list|add|evict`: who belongs to the cluster; `pause|resume|drain`: what an operator lets a node do;
/// `kill|freeze|thaw|start|stop`: what happens to machines, on a sample cluster.
@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        description = "List, add, evict, pause, resume and drain nodes. Kill, freeze, thaw, start and stop those of a"
                + " sample cluster; front ends can be named there too.")
final class NodeCommand extends OperatorCommand {
    private static final Duration DRAINED_MAX = Duration.ofMinutes(5);
    private static final Duration JOINED_MAX = Duration.ofMinutes(2);
    private static final Duration EVICTED_MAX = Duration.ofMinutes(30);

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the nodes.")
    int list(@Mixin DirOption dir) throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            return say(StatusCommand.nodes(control.status()));
        }
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Add a node to a running sample cluster, start it, and wait until it takes part. Virtual"
                    + " servers that have too few replicas get one there.")
    int add(@Mixin DirOption dir) throws IOException {
        ClusterFolder folder = dir.open();
        SampleCluster sample = folder.sample();
        if (sample.nodes() >= SampleCluster.NODES_MAX) {
            throw wrong("a sample cluster has had " + SampleCluster.NODES_MAX + " nodes at most");
        }
        String name = sample.nextNode();
        try (ClusterControl control = ClusterControl.open(folder)) {
            // Said again after a failure it does nothing new: the name is the same until the folder has the node.
            var unused = control.submit(
                    new AddNode(name, sample.nodeAddress(name), sample.raftPort(), sample.linkPort(), ""));
            folder = folder.withNextNode();
            ProcessHandle process = SampleProcesses.start(folder, name);
            control.await(JOINED_MAX, "the start of " + name, status -> state(status, name)
                    .equals("up"));
            return say(name + " (process " + process.pid() + ") has joined.");
        }
    }

    private static String state(JsonNode status, String name) {
        for (JsonNode node : status.path("nodes")) {
            if (node.path("name").asText().equals(name)) {
                return node.path("state").asText();
            }
        }
        return "";
    }

    @Command(
            name = "evict",
            mixinStandardHelpOptions = true,
            description = "Have a node, up or down, give away everything, wait until it has left the cluster, and stop"
                    + " it. Its folder is left.")
    int evict(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ClusterFolder folder = dir.open();
        if (!folder.sample().nodeNames().contains(name)) {
            throw wrong("there is no node '" + name + "' here, but "
                    + String.join(", ", folder.sample().nodeNames()));
        }
        try (ClusterControl control = ClusterControl.open(folder)) {
            // It may have left when this was asked for before, and be listed here still.
            if (!state(control.status(), name).isEmpty()) {
                say(control.submit(new EvictNode(name)).message() + ".");
                control.await(EVICTED_MAX, "the eviction of " + name, status -> state(status, name)
                        .isEmpty());
            }
        }
        Optional<ProcessHandle> process = Processes.find(folder.process(name));
        if (process.isPresent()) {
            Processes.stop(List.of(process.get()));
        }
        var unused = folder.without(name);
        return say(name + " has left the cluster. What it held is in " + folder.process(name) + " and can be deleted.");
    }

    @Command(name = "kill", mixinStandardHelpOptions = true, description = "Kill it by SIGKILL, as a machine dies.")
    int kill(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.open(), name);
        process.destroyForcibly();
        Processes.ended(process, Duration.ofSeconds(5));
        return say(name + " (process " + process.pid() + ") was killed.");
    }

    @Command(
            name = "freeze",
            mixinStandardHelpOptions = true,
            description = "Freeze it by SIGSTOP, as a machine hangs.")
    int freeze(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.open(), name);
        Processes.signal(process, "STOP");
        return say(name + " (process " + process.pid() + ") is frozen.");
    }

    @Command(name = "thaw", mixinStandardHelpOptions = true, description = "Let a frozen one go on, by SIGCONT.")
    int thaw(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.open(), name);
        Processes.signal(process, "CONT");
        return say(name + " (process " + process.pid() + ") goes on.");
    }

    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            description = "Start it. A node whose folder is gone gets a new certificate and is refilled by the others.")
    int start(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ClusterFolder folder = known(dir.open(), name);
        if (Processes.find(folder.process(name)).isPresent()) {
            return say(name + " is running already.");
        }
        ProcessHandle process = SampleProcesses.start(folder, name);
        return say(name + " (process " + process.pid() + ") was started.");
    }

    @Command(name = "stop", mixinStandardHelpOptions = true, description = "Stop it in order, by SIGTERM.")
    int stop(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.open(), name);
        Processes.stop(List.of(process));
        return say(name + " (process " + process.pid() + ") was stopped.");
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = "Let a node keep what it owns and take no more.")
    int pause(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        return submit(dir, new SetNodeDuty(name, NodeDuty.PAUSED));
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Let a node take things over again.")
    int resume(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        return submit(dir, new SetNodeDuty(name, NodeDuty.ACTIVE));
    }

    @Command(
            name = "drain",
            mixinStandardHelpOptions = true,
            description = "Have a node give away what it owns, as far as others have room, and take no more.")
    int drain(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--wait", description = "Wait until it owns nothing.") boolean wait)
            throws IOException {
        SetNodeDuty command = new SetNodeDuty(name, NodeDuty.DRAINING);
        return wait
                ? submit(dir, command, DRAINED_MAX, "draining " + name, status -> ownsNothing(status, name))
                : submit(dir, command);
    }

    private static boolean ownsNothing(JsonNode status, String node) {
        for (JsonNode server : status.path("virtualServers")) {
            if (server.path("owner").asText().equals(node)) {
                return false;
            }
        }
        return true;
    }

    @Command(name = "run", hidden = true, mixinStandardHelpOptions = true, description = "Be a node.")
    int run(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws Exception {
        NodeProcess.run(known(dir.open(), name), name);
        return 0;
    }

    private ProcessHandle living(ClusterFolder folder, String name) throws IOException {
        return Processes.find(known(folder, name).process(name))
                .orElseThrow(() -> new IOException(name + " is not running"));
    }

    private ClusterFolder known(ClusterFolder folder, String name) {
        if (!folder.processes().contains(name)) {
            throw wrong("there is no '" + name + "' here, but " + String.join(", ", folder.processes()));
        }
        return folder;
    }
}
