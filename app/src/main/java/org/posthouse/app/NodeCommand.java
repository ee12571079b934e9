package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.posthouse.cluster.Command.SetNodeDuty;
import org.posthouse.cluster.NodeDuty;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse node kill|freeze|thaw|start|stop NAME`: what happens to machines, on a sample cluster; and
/// `pause|resume|drain`: what an operator lets a node do.
@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        description = "Pause, resume and drain nodes. Kill, freeze, thaw, start and stop those of a sample cluster;"
                + " front ends can be named there too.")
final class NodeCommand extends OperatorCommand {
    private static final Duration DRAINED_MAX = Duration.ofMinutes(5);

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
