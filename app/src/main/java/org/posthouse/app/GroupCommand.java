package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.Command.SetGroupProperty;
import org.posthouse.cluster.Command.SetGroupWanted;
import org.posthouse.cluster.VirtualServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse group list|online|offline|prop`: virtual servers as groups of resources. `posthouse move` moves them.
@Command(
        name = "group",
        mixinStandardHelpOptions = true,
        description = "List virtual servers, bring them online, take them offline, and set their policy.")
final class GroupCommand extends OperatorCommand {
    private static final Duration WAIT_MAX = Duration.ofMinutes(3);

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the virtual servers.")
    int list(@Mixin DirOption dir) throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            TextTable table = new TextTable("GROUP", "STATE", "OWNER", "HEIR", "REASON");
            for (JsonNode server : control.status().path("virtualServers")) {
                table.row(
                        server.path("name").asText(),
                        server.path("state").asText(),
                        server.path("owner").asText(),
                        server.path("heir").asText().isEmpty()
                                ? "none"
                                : server.path("heir").asText(),
                        server.path("reason").asText());
            }
            return say(table);
        }
    }

    @Command(
            name = "online",
            mixinStandardHelpOptions = true,
            description = "Bring a virtual server's resources online. Its failovers so far do not count any more.")
    int online(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "GROUP") String name,
            @Option(names = "--wait", description = "Wait until it is online.") boolean wait)
            throws IOException {
        return want(dir, name, true, wait);
    }

    @Command(
            name = "offline",
            mixinStandardHelpOptions = true,
            description = "Take a virtual server's resources offline. Its mail stays replicated, and front ends answer"
                    + " its users with temporary errors.")
    int offline(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "GROUP") String name,
            @Option(names = "--wait", description = "Wait until it is offline.") boolean wait)
            throws IOException {
        return want(dir, name, false, wait);
    }

    private int want(DirOption dir, String name, boolean online, boolean wait) throws IOException {
        SetGroupWanted command = new SetGroupWanted(name, online);
        if (!wait) {
            return submit(dir, command);
        }
        String state = online ? "online" : "offline";
        return submit(dir, command, WAIT_MAX, name + " " + state, status -> ClusterControl.virtualServer(status, name)
                .path("state")
                .asText()
                .equals(state));
    }

    @Command(
            name = "prop",
            mixinStandardHelpOptions = true,
            description = "Show a virtual server's policy, or set one property of it: preferred-owners and"
                    + " possible-owners (names with commas between, or 'any'), room ('one-per-node' or 'stack N'),"
                    + " failback ('never', 'immediate' or hours as '22-4', UTC), failover-threshold (a number or"
                    + " 'default', nodes - 1), failover-period (hours).")
    int prop(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "GROUP") String name,
            @Parameters(index = "1", arity = "0..1", paramLabel = "PROPERTY=VALUE") Optional<String> setting)
            throws IOException {
        if (setting.isPresent()) {
            Setting parts = setting(setting.get());
            return submit(dir, new SetGroupProperty(name, parts.property(), parts.value()));
        }
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            VirtualServer server = server(control, name);
            TextTable table = new TextTable("PROPERTY", "VALUE");
            properties(server.policy()).forEach(table::row);
            return say(table);
        }
    }

    private static SortedMap<String, String> properties(VirtualServer.Policy policy) {
        SortedMap<String, String> properties = new TreeMap<>();
        properties.put("preferred-owners", owners(policy.preferredOwners()));
        properties.put("possible-owners", owners(policy.possibleOwners()));
        properties.put("room", policy.room().text());
        properties.put("failback", policy.failback().text());
        properties.put("failover-threshold", policy.failovers() < 0 ? "default" : Integer.toString(policy.failovers()));
        properties.put("failover-period", Long.toString(policy.failoverPeriodMillis() / 3_600_000));
        return properties;
    }

    private static String owners(List<String> names) {
        return names.isEmpty() ? "any" : String.join(",", names);
    }

    /// The image's virtual server.
    ///
    /// @throws IOException if there is none of that name
    static VirtualServer server(ClusterControl control, String name) throws IOException {
        SortedMap<String, VirtualServer> servers = control.image().virtualServers();
        if (!servers.containsKey(name)) {
            throw new IOException("no virtual server '" + name + "'; there are " + servers.keySet());
        }
        return servers.get(name);
    }
}
