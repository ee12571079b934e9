package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Console;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command.CreateGroup;
import org.posthouse.cluster.Command.DeleteGroup;
import org.posthouse.cluster.Command.MoveReplica;
import org.posthouse.cluster.Command.RenameGroup;
import org.posthouse.cluster.Command.SetGroupProperty;
import org.posthouse.cluster.Command.SetGroupWanted;
import org.posthouse.cluster.VirtualServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse group list|create|delete|rename|online|offline|prop`: virtual servers as groups of resources.
/// `posthouse move` moves them.
@Command(
        name = "group",
        mixinStandardHelpOptions = true,
        description =
                "List virtual servers, create, rename and delete them, bring them online, take them offline, and set"
                        + " their policy.")
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
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Make another virtual server in the running cluster: a storage group, IMAP and SMTP on it, as"
                    + " those made with the cluster have them. Its owner is the node with room that holds fewest"
                    + " replicas, or the one named; 'posthouse resource' changes what it consists of.")
    int create(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "GROUP", description = "Its name, e.g. vs4.") String name,
            @Option(names = "--owner", paramLabel = "NODE", description = "On which node it is to be.")
                    Optional<String> owner,
            @Mixin GroupPlan plan,
            @Option(names = "--wait", description = "Wait until it is online.") boolean wait)
            throws IOException {
        Installation installation = dir.open();
        try (ClusterControl control = ClusterControl.open(installation)) {
            ClusterImage image = control.image();
            var command = new CreateGroup(plan.planned(installation, image, name), plan.room(image), owner);
            String said = control.submit(command).message();
            if (wait) {
                control.await(WAIT_MAX, name + " online", status -> online(status, name));
            }
            return say(said + ".");
        }
    }

    private static boolean online(JsonNode status, String name) {
        for (JsonNode server : status.path("virtualServers")) {
            if (server.path("name").asText().equals(name)) {
                return server.path("state").asText().equals("online");
            }
        }
        return false; // The node that answered has not heard of it yet.
    }

    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = "Delete a virtual server that is offline and holds no users' mailboxes. Nodes put what they"
                    + " hold of it aside, below removed/ in their folders. Its name is free again when all have.")
    int delete(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "GROUP") String name,
            @Option(names = "--yes", description = "Do not ask for its name once more.") boolean yes)
            throws IOException {
        if (!yes) {
            confirm(name);
        }
        return submit(dir, new DeleteGroup(name));
    }

    private static void confirm(String name) throws IOException {
        Console console = terminal()
                .orElseThrow(() -> new IOException(name + " is not deleted: say --yes where nobody can be asked"));
        if (!name.equals(console.readLine("All mail of %s goes with it. Its name once more: ", name))) {
            throw new IOException(name + " is not deleted: that is another name");
        }
    }

    @Command(
            name = "rename",
            mixinStandardHelpOptions = true,
            description =
                    "Give a virtual server another name, at any time: users and their mail clients notice nothing."
                            + " Folders on nodes and what nodes log keep the name that it was created with.")
    int rename(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "GROUP") String name,
            @Parameters(index = "1", paramLabel = "NAME", description = "Its new name, e.g. vs9.") String to)
            throws IOException {
        return submit(dir, new RenameGroup(name, to));
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
            name = "move-replica",
            mixinStandardHelpOptions = true,
            description = "Have a replica made on another node in place of the one that neither the owner nor the heir"
                    + " holds. It counts once it holds everything; until then the old one does.")
    int moveReplica(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "GROUP") String name,
            @Parameters(index = "1", paramLabel = "FROM", description = "The node that holds it.") String from,
            @Parameters(index = "2", paramLabel = "TO", description = "The node that is to.") String to,
            @Option(names = "--wait", description = "Wait until that is done.") boolean wait)
            throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            String said = control.submit(new MoveReplica(name, from, to)).message();
            if (wait) {
                Rebalance.awaitReplica(control, name, to);
            }
            return say(said + ".");
        }
    }

    @Command(
            name = "prop",
            mixinStandardHelpOptions = true,
            description = "Show a virtual server's policy, or set one property of it: preferred-owners and"
                    + " possible-owners (names with commas between, or 'any'), room ('one-per-node' or 'stack N'),"
                    + " failback ('never', 'immediate' or hours as '22-4', UTC), failover-threshold (a number or"
                    + " 'default', nodes - 1), failover-period (hours), replace-lost-after (minutes that a node is down"
                    + " before its replica is made anew elsewhere, 'default', 15, or 'never').")
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
            VirtualServer server = server(control.image(), name);
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
        properties.put("replace-lost-after", replaceLostAfter(policy.replaceLostAfterMillis()));
        return properties;
    }

    private static String replaceLostAfter(long millis) {
        return millis == 0 ? "default" : millis < 0 ? "never" : Long.toString(millis / 60_000);
    }

    private static String owners(List<String> names) {
        return names.isEmpty() ? "any" : String.join(",", names);
    }

    /// The image's virtual server.
    ///
    /// @throws IOException if there is none of that name
    static VirtualServer server(ClusterImage image, String name) throws IOException {
        SortedMap<String, VirtualServer> servers = image.virtualServers();
        if (!servers.containsKey(name)) {
            throw new IOException("no virtual server '" + name + "'; there are " + servers.keySet());
        }
        return servers.get(name);
    }
}
