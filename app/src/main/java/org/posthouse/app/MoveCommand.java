package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.posthouse.cluster.Command.Move;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `posthouse move vs1 n4`: brings a virtual server to another node.
@Command(
        name = "move",
        mixinStandardHelpOptions = true,
        description = "Move a virtual server to another node, and wait until it serves there. A move that fails "
                + "leaves it where it is.")
final class MoveCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Mixin
    private DirOption dir;

    @Parameters(index = "0", paramLabel = "VIRTUAL-SERVER", description = "Which one, e.g. vs1.")
    private String virtualServer;

    @Parameters(index = "1", paramLabel = "NODE", description = "Where to, e.g. n4.")
    private String node;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            JsonNode before = server(control);
            if (before.path("owner").asText().equals(node)) {
                out.println(virtualServer + " is on " + node + " already.");
                return 0;
            }
            long started = System.nanoTime();
            control.submit(new Move(virtualServer, node));
            control.awaitMove(PATIENCE, virtualServer, node);
            out.printf(
                    "%s moved from %s to %s in %.1f s.%n",
                    virtualServer, before.path("owner").asText("nowhere"), node, (System.nanoTime() - started) / 1e9);
        }
        return 0;
    }

    private JsonNode server(ClusterControl control) throws IOException {
        return ClusterControl.virtualServer(control.status(), virtualServer);
    }
}
