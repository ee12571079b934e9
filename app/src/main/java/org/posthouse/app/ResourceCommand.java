package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.posthouse.cluster.Command.AddDependency;
import org.posthouse.cluster.Command.FailResource;
import org.posthouse.cluster.Command.RemoveDependency;
import org.posthouse.cluster.Command.SetResourceProperty;
import org.posthouse.cluster.Command.SetResourceWanted;
import org.posthouse.cluster.VirtualServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse resource list|online|offline|fail|prop|add-dep|remove-dep`: what a virtual server consists of. A
/// resource is named with its virtual server, as in `vs1/imap`.
@Command(
        name = "resource",
        mixinStandardHelpOptions = true,
        description = "List the resources of virtual servers, bring single ones online, take them offline, set how"
                + " they are watched and what their failures lead to. Named as in vs1/imap.")
final class ResourceCommand extends OperatorCommand {
    private static final Duration WAIT_MAX = Duration.ofMinutes(3);

    /// A resource and its virtual server.
    private record Name(String server, String resource) {}

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the resources.")
    int list(@Mixin DirOption dir) throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            TextTable table = new TextTable("RESOURCE", "TYPE", "STATE", "WANTED", "DEPENDS ON", "OWNER");
            JsonNode status = control.status();
            for (VirtualServer server : control.image().virtualServers().values()) {
                JsonNode now = ClusterControl.virtualServer(status, server.name());
                for (JsonNode resource : now.path("resources")) {
                    String name = resource.path("name").asText();
                    VirtualServer.Resource recorded = server.resources().get(name);
                    table.row(
                            server.name() + "/" + name,
                            resource.path("type").asText(),
                            resource.path("state").asText(),
                            server.wanted() && resource.path("wanted").asBoolean() ? "online" : "offline",
                            recorded == null || recorded.dependsOn().isEmpty()
                                    ? "-"
                                    : String.join(", ", recorded.dependsOn()),
                            now.path("owner").asText());
                }
            }
            return say(table);
        }
    }

    @Command(
            name = "online",
            mixinStandardHelpOptions = true,
            description = "Bring one online, when what it depends on is.")
    int online(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "RESOURCE") String name,
            @Option(names = "--wait", description = "Wait until it is online.") boolean wait)
            throws IOException {
        return want(dir, name, true, wait);
    }

    @Command(
            name = "offline",
            mixinStandardHelpOptions = true,
            description = "Take one offline, and what depends on it. Its virtual server stays where it is.")
    int offline(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "RESOURCE") String name,
            @Option(names = "--wait", description = "Wait until it is offline.") boolean wait)
            throws IOException {
        return want(dir, name, false, wait);
    }

    private int want(DirOption dir, String given, boolean online, boolean wait) throws IOException {
        Name name = name(given);
        SetResourceWanted command = new SetResourceWanted(name.server(), name.resource(), online);
        if (!wait) {
            return submit(dir, command);
        }
        String state = online ? "online" : "offline";
        return submit(dir, command, WAIT_MAX, given + " " + state, status -> state(status, name)
                .equals(state));
    }

    private static String state(JsonNode status, Name name) throws IOException {
        for (JsonNode resource :
                ClusterControl.virtualServer(status, name.server()).path("resources")) {
            if (resource.path("name").asText().equals(name.resource())) {
                return resource.path("state").asText();
            }
        }
        return "";
    }

    @Command(
            name = "fail",
            mixinStandardHelpOptions = true,
            description = "Have one fail, to see what its policy makes of it.")
    int fail(@Mixin DirOption dir, @Parameters(paramLabel = "RESOURCE") String given) throws IOException {
        Name name = name(given);
        return submit(dir, new FailResource(name.server(), name.resource()));
    }

    @Command(
            name = "prop",
            mixinStandardHelpOptions = true,
            description = "Show how one is watched and what its failures lead to, or set one property of that (times"
                    + " in seconds).")
    int prop(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "RESOURCE") String given,
            @Parameters(index = "1", arity = "0..1", paramLabel = "PROPERTY=VALUE") Optional<String> setting)
            throws IOException {
        Name name = name(given);
        if (setting.isPresent()) {
            Setting parts = setting(setting.get());
            return submit(
                    dir, new SetResourceProperty(name.server(), name.resource(), parts.property(), parts.value()));
        }
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            VirtualServer server = GroupCommand.server(control, name.server());
            VirtualServer.Resource resource = server.resources().get(name.resource());
            if (resource == null) {
                throw new IOException("no resource '" + name.resource() + "' in " + server.name() + "; there are "
                        + server.resources().keySet());
            }
            TextTable table = new TextTable("PROPERTY", "VALUE");
            resource.policy().settings().forEach(table::row);
            return say(table);
        }
    }

    @Command(
            name = "add-dep",
            mixinStandardHelpOptions = true,
            description = "Make one depend on another of its virtual server.")
    int addDependency(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "RESOURCE") String given,
            @Parameters(index = "1", paramLabel = "ON", description = "E.g. storage.") String on)
            throws IOException {
        Name name = name(given);
        return submit(dir, new AddDependency(name.server(), name.resource(), on));
    }

    @Command(name = "remove-dep", mixinStandardHelpOptions = true, description = "End a dependency.")
    int removeDependency(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "RESOURCE") String given,
            @Parameters(index = "1", paramLabel = "ON", description = "E.g. storage.") String on)
            throws IOException {
        Name name = name(given);
        return submit(dir, new RemoveDependency(name.server(), name.resource(), on));
    }

    private Name name(String given) {
        int slash = given.indexOf('/');
        if (slash < 1 || slash == given.length() - 1) {
            throw wrong("a resource is named with its virtual server, as in vs1/imap, not '" + given + "'");
        }
        return new Name(given.substring(0, slash), given.substring(slash + 1));
    }
}
