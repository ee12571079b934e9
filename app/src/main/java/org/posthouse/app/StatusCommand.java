package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.posthouse.cluster.SharedStorage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `posthouse status`: what the cluster says of itself, and which of its processes live.
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Show quorum, nodes, virtual servers with their resources and replicas, and front ends.",
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {"0:a node answered", "1:no node answers", "3:with --check, something is not as it should be"})
final class StatusCommand implements Callable<Integer> {
    private static final int DEGRADED = 3;

    @Mixin
    private DirOption dir;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--check", description = "Exit with status 3 unless everything is as it should be.")
    private boolean check;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            JsonNode status = control.status();
            out.print(json ? status.toPrettyString() + "\n" : text(status));
            out.flush();
            return check && !well(status) ? DEGRADED : 0;
        }
    }

    /// Whether every node is up, every virtual server online and able to lose its owner (with one node it never is).
    static boolean well(JsonNode status) {
        boolean single = status.path("nodes").size() == 1;
        for (JsonNode node : status.path("nodes")) {
            if (!node.path("state").asText().equals("up")) {
                return false;
            }
        }
        for (JsonNode server : status.path("virtualServers")) {
            boolean survives = server.path("survivesOwnerLoss").asBoolean() || single;
            if (!server.path("state").asText().equals("online") || !survives) {
                return false;
            }
        }
        for (JsonNode frontEnd : status.path("frontEnds")) {
            if (!frontEnd.path("state").asText().equals("up")) {
                return false;
            }
        }
        return true;
    }

    /// The status for people.
    static String text(JsonNode status) throws IOException {
        JsonNode cluster = status.path("cluster");
        JsonNode quorum = cluster.path("quorum");
        StringBuilder text = new StringBuilder();
        text.append("Cluster ").append(cluster.path("name").asText());
        text.append(quorum.path("held").asBoolean() ? ": quorum held" : ": NO QUORUM");
        text.append(" (").append(quorum.path("alive").asInt()).append(" of ");
        text.append(quorum.path("voters").asInt()).append(" voters alive, ");
        text.append(quorum.path("needed").asInt()).append(" needed), coordinator ");
        text.append(cluster.path("coordinator").asText("none")).append('\n');
        String note = cluster.path("note").asText("");
        text.append(note.isEmpty() ? "" : note + "\n").append('\n');
        text.append(nodes(status)).append('\n').append(virtualServers(status)).append('\n');
        if (!status.path("frontEnds").isEmpty()) {
            text.append(frontEnds(status));
        }
        return text.toString();
    }

    static TextTable nodes(JsonNode status) {
        TextTable table = new TextTable("NODE", "STATE", "PID", "ADDRESS", "VOTES", "OWNS");
        for (JsonNode node : status.path("nodes")) {
            List<String> owns = new ArrayList<>();
            for (JsonNode server : status.path("virtualServers")) {
                if (server.path("owner").asText().equals(node.path("name").asText())) {
                    owns.add(server.path("name").asText());
                }
            }
            table.row(
                    node.path("name").asText(),
                    node.path("state").asText()
                            + (node.path("duty").asText().equals("active")
                                    ? ""
                                    : ", " + node.path("duty").asText()),
                    node.path("pid").asText("-"),
                    node.path("address").asText(),
                    node.path("votes").asBoolean() ? "yes" : "no",
                    owns.isEmpty()
                            ? node.path("witness").asBoolean() ? "- (witness)" : "- (passive)"
                            : String.join(", ", owns));
        }
        return table;
    }

    private static TextTable virtualServers(JsonNode status) {
        TextTable table = new TextTable(
                "VIRTUAL SERVER", "STATE", "OWNER", "HEIR", "EPOCH", "SURVIVES OWNER", "RESOURCES", "REPLICAS");
        for (JsonNode server : status.path("virtualServers")) {
            List<String> resources = new ArrayList<>();
            for (JsonNode resource : server.path("resources")) {
                String state = resource.path("state").asText();
                resources.add(resource.path("name").asText() + (state.equals("online") ? "" : " " + state));
            }
            List<String> replicas = new ArrayList<>();
            for (JsonNode replica : server.path("replicas")) {
                long lag = replica.path("lag").asLong();
                String role = replica.path("role").asText();
                String note = role.equals("leader") ? " leads" : lag > 0 ? " " + lag + " behind" : "";
                long kept = replica.path("keptEntries").asLong(-1);
                String log = kept < 0 ? "" : " (witness, " + kept + " entries)";
                replicas.add(replica.path("node").asText() + log + note);
            }
            table.row(
                    server.path("name").asText(),
                    server.path("state").asText(),
                    server.path("owner").asText("none"),
                    server.path("heir").asText("none"),
                    server.path("epoch").asText("-"),
                    server.path("survivesOwnerLoss").asBoolean() ? "yes" : "no",
                    String.join(", ", resources),
                    server.has("shared") ? shared(server.path("shared")) : String.join(", ", replicas));
            String reason = server.path("reason").asText("");
            if (!reason.isEmpty()) {
                table.note(reason);
            }
            for (JsonNode replica : server.path("replicas")) {
                String note = replica.path("note").asText("");
                if (!note.isEmpty()) {
                    table.note(replica.path("node").asText() + " " + note);
                }
            }
        }
        return table;
    }

    private static String shared(JsonNode shared) {
        boolean limited = shared.path("fencing").asText().equalsIgnoreCase(SharedStorage.Fencing.NONE.text());
        return "none, shared " + shared.path("folder").asText() + (limited ? " (no fencing: limited support)" : "");
    }

    private static TextTable frontEnds(JsonNode status) {
        TextTable table = new TextTable("FRONT END", "STATE", "PID", "SMTP", "SUBMISSION", "IMAP", "IMAPS");
        for (JsonNode frontEnd : status.path("frontEnds")) {
            String address = frontEnd.path("address").asText() + ":";
            JsonNode ports = frontEnd.path("ports");
            table.row(
                    frontEnd.path("name").asText(),
                    frontEnd.path("state").asText(),
                    frontEnd.path("pid").asText("-"),
                    address + ports.path("smtp").asInt(),
                    address + ports.path("submission").asInt(),
                    address + ports.path("imap").asInt(),
                    address + ports.path("imaps").asInt());
        }
        return table;
    }
}
