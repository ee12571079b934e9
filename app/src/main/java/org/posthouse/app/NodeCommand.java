package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.posthouse.cluster.Command.AddNode;
import org.posthouse.cluster.Command.EvictNode;
import org.posthouse.cluster.Command.SetNodeDuty;
import org.posthouse.cluster.Command.WriteOffNode;
import org.posthouse.cluster.NodeDuty;
import org.posthouse.wire.Join;
import org.posthouse.wire.JoinToken;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse node list|admit|join|add|evict`: who belongs to the cluster; `pause|resume|drain`: what an operator lets
/// a node do; `write-off`: that one will not be back soon; `run`: be one; `kill|freeze|thaw|start|stop`: what happens
/// to machines, on a sample cluster.
@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        description = "List, admit, join, evict, write off, pause, resume, drain and run nodes. Add, kill, freeze,"
                + " thaw, start and stop those of a sample cluster; front ends can be named there too.")
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
    int add(
            @Mixin DirOption dir,
            @Option(
                            names = "--witness",
                            description = "Add a witness: it votes and keeps a log, and hosts nothing, so that two"
                                    + " nodes survive the loss of one.")
                    boolean witness)
            throws IOException {
        ClusterFolder folder = dir.sample();
        SampleCluster sample = folder.sample();
        if (Math.max(sample.nodes(), sample.witnesses()) >= SampleCluster.NODES_MAX) {
            throw wrong("a sample cluster has had " + SampleCluster.NODES_MAX + " nodes at most");
        }
        String name = witness ? sample.nextWitness() : sample.nextNode();
        try (ClusterControl control = ClusterControl.open(folder)) {
            // Said again after a failure it does nothing new: the name is the same until the folder has the node.
            var unused = control.submit(
                    new AddNode(name, sample.nodeAddress(name), sample.raftPort(), sample.linkPort(), "", witness));
            folder = witness ? folder.withNextWitness() : folder.withNextNode();
            ProcessHandle process = SampleProcesses.start(folder, name);
            control.await(JOINED_MAX, "the start of " + name, status -> state(status, name)
                    .equals("up"));
            return say((witness ? "Witness " : "") + name + " (process " + process.pid() + ") has joined.");
        }
    }

    @Command(
            name = "admit",
            mixinStandardHelpOptions = true,
            description = "Let another machine join as a node, or one that lost its disk join again: print a token for"
                    + " 'node join' there, and wait until it was used.")
    int admit(
            @Mixin DirOption dir,
            @Mixin Admitting admitting,
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--witness",
                            description = "As a witness: it votes and keeps a log, and hosts nothing, so that two nodes"
                                    + " and a small machine survive the loss of one. A cluster has one at most.")
                    boolean witness)
            throws IOException {
        admitting.node(dir.machine(), name, witness, this::say);
        return CommandLine.ExitCode.OK;
    }

    @Command(
            name = "join",
            mixinStandardHelpOptions = true,
            description = "Make this machine a node of the cluster that gave the token. Nothing is started.")
    int join(
            @Mixin DirOption dir,
            @Mixin NodeAddress address,
            @Parameters(paramLabel = "TOKEN", description = "As 'node admit' printed it.") String token)
            throws IOException {
        Machine machine = new Machine(dir.path());
        JoinToken parsed = token(token, "node:");
        // Certificates alone are left by one that did not get its answer.
        if (machine.nodeFile().isPresent() || Files.exists(machine.nodeFolder().resolve("raft"))) {
            throw new IOException(machine.nodeFolder() + " holds a node already: run that one, or move the folder and"
                    + " node.json away");
        }
        var claims = new Admitting.NodeClaims(address.host(), address.replicationPort(), address.linkPort());
        Admitting.Welcome welcome = Admitting.read(
                Join.with(
                        parsed,
                        List.of(address.host()),
                        Admitting.bytes(claims),
                        machine.nodeFolder().resolve("tls")),
                Admitting.Welcome.class);
        String name = parsed.peer().substring("node:".length());
        var peers = new TreeMap<>(welcome.nodes());
        peers.remove(name);
        machine.write(new Machine.NodeFile(
                welcome.cluster(), name, address.host(), address.replicationPort(), address.linkPort(), peers));
        return say("This machine is " + name + " of " + welcome.clusterName() + ". Run it:\n  posthouse node run --dir "
                + machine.dir());
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
        Installation folder = dir.open();
        if (!folder.nodes().containsKey(name)) {
            throw wrong("there is no node '" + name + "' here, but "
                    + String.join(", ", folder.nodes().keySet()));
        }
        try (ClusterControl control = ClusterControl.open(folder)) {
            // It may have left when this was asked for before, and be listed here still.
            if (!state(control.status(), name).isEmpty()) {
                say(control.submit(new EvictNode(name)).message() + ".");
                control.await(EVICTED_MAX, "the eviction of " + name, status -> state(status, name)
                        .isEmpty());
            }
        }
        switch (folder) {
            case Machine machine -> {
                machine.forget(name);
                return say(name + " has left the cluster. Stop it there; what it held can be deleted.");
            }
            case ClusterFolder sample -> {
                Processes.stop(sample.running(name).stream().toList());
                var unused = sample.without(name);
                return say(name + " has left the cluster. What it held is in " + sample.process(name)
                        + " and can be deleted.");
            }
        }
    }

    @Command(name = "kill", mixinStandardHelpOptions = true, description = "Kill it by SIGKILL, as a machine dies.")
    int kill(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.sample(), name);
        process.destroyForcibly();
        Processes.ended(process, Duration.ofSeconds(5));
        return say(name + " (process " + process.pid() + ") was killed.");
    }

    @Command(
            name = "freeze",
            mixinStandardHelpOptions = true,
            description = "Freeze it by SIGSTOP, as a machine hangs.")
    int freeze(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.sample(), name);
        Processes.signal(process, "STOP");
        return say(name + " (process " + process.pid() + ") is frozen.");
    }

    @Command(name = "thaw", mixinStandardHelpOptions = true, description = "Let a frozen one go on, by SIGCONT.")
    int thaw(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.sample(), name);
        Processes.signal(process, "CONT");
        return say(name + " (process " + process.pid() + ") goes on.");
    }

    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            description = "Start it. A node whose folder is gone gets a new certificate and is refilled by the others.")
    int start(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ClusterFolder folder = known(dir.sample(), name);
        if (Processes.find(folder.process(name)).isPresent()) {
            return say(name + " is running already.");
        }
        ProcessHandle process = SampleProcesses.start(folder, name);
        return say(name + " (process " + process.pid() + ") was started.");
    }

    @Command(name = "stop", mixinStandardHelpOptions = true, description = "Stop it in order, by SIGTERM.")
    int stop(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws IOException {
        ProcessHandle process = living(dir.sample(), name);
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

    @Command(
            name = "write-off",
            mixinStandardHelpOptions = true,
            description = "Have the replicas of a node that is down made anew on other nodes at once, instead of after"
                    + " replace-lost-after ('posthouse group prop'). It may come back; 'evict' takes it out for good.")
    int writeOff(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--wait", description = "Wait until no replica of it counts any more.") boolean wait)
            throws IOException {
        WriteOffNode command = new WriteOffNode(name);
        return wait
                ? submit(dir, command, EVICTED_MAX, "the replicas of " + name, status -> holdsNothing(status, name))
                : submit(dir, command);
    }

    private static boolean holdsNothing(JsonNode status, String node) {
        for (JsonNode server : status.path("virtualServers")) {
            boolean changing = !server.path("change").asText().isEmpty();
            if (changing || server.path("replicas").findValuesAsText("node").contains(node)) {
                return false;
            }
        }
        return true;
    }

    private static boolean ownsNothing(JsonNode status, String node) {
        for (JsonNode server : status.path("virtualServers")) {
            if (server.path("owner").asText().equals(node)) {
                return false;
            }
        }
        return true;
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = "Be the node of this machine, until the process is told to end.")
    int run(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "Which, of a sample cluster.")
                    Optional<String> name)
            throws Exception {
        NodeSetup setup =
                switch (dir.open()) {
                    case Machine machine -> machine.node();
                    case ClusterFolder sample -> {
                        String node = name.orElseThrow(() -> wrong("say which node of the sample cluster"));
                        yield known(sample, node).node(node);
                    }
                };
        RecoveryJournal.requireNone(setup);
        NodeProcess.run(setup);
        return CommandLine.ExitCode.OK;
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
