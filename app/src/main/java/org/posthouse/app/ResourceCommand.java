package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command.AddDependency;
import org.posthouse.cluster.Command.AddPossibleOwner;
import org.posthouse.cluster.Command.CreateResource;
import org.posthouse.cluster.Command.DeleteResource;
import org.posthouse.cluster.Command.FailResource;
import org.posthouse.cluster.Command.RemoveDependency;
import org.posthouse.cluster.Command.RemovePossibleOwner;
import org.posthouse.cluster.Command.RenameResource;
import org.posthouse.cluster.Command.SetResourceProperty;
import org.posthouse.cluster.Command.SetResourceWanted;
import org.posthouse.cluster.ResourceTypes;
import org.posthouse.cluster.VirtualServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `posthouse resource list|create|rename|delete|online|offline|fail|prop`, and `add-`, `remove-` and `list-` for
/// `dep` and `owner`: what a virtual server consists of. A resource is named with its virtual server, as in `vs1/imap`.
@Command(
        name = "resource",
        mixinStandardHelpOptions = true,
        description = "List the resources of virtual servers, create, rename and delete them, bring single ones online,"
                + " take them offline, set what they are and how they are watched. Named as in vs1/imap.")
final class ResourceCommand extends OperatorCommand {
    private static final Duration WAIT_MAX = Duration.ofMinutes(3);

    /// A resource and its virtual server.
    private record Name(String server, String resource) {}

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the resources.")
    int list(@Mixin DirOption dir, @Mixin JsonOption json) throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            List<Listed> all = new ArrayList<>();
            TextTable table = new TextTable("RESOURCE", "TYPE", "STATE", "WANTED", "DEPENDS ON", "OWNER");
            JsonNode status = control.status();
            for (VirtualServer server : control.image().virtualServers().values()) {
                JsonNode now = ClusterControl.virtualServer(status, server.name());
                for (JsonNode resource : now.path("resources")) {
                    String name = resource.path("name").asText();
                    VirtualServer.Resource recorded = server.resources().get(name);
                    if (recorded != null) {
                        all.add(new Listed(
                                server.name(),
                                resource.path("state").asText(),
                                now.path("owner").asText(),
                                recorded));
                    }
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
            return json.wanted() ? sayJson(all) : say(table);
        }
    }

    /// A resource as `list --json` shows it.
    ///
    /// @param state as reported now
    /// @param recorded as the image has it
    record Listed(String virtualServer, String state, String owner, VirtualServer.Resource recorded) {}

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Give a virtual server another resource. It is offline unless --online is given, so that its"
                    + " policy and owners can be set first. 'posthouse resource-type list' shows what there is.")
    int create(
            @Mixin DirOption dir,
            @Parameters(paramLabel = "RESOURCE", description = "Its new name, as in vs1/web.") String given,
            @Option(names = "--type", required = true, paramLabel = "TYPE", description = "E.g. generic-service.")
                    String type,
            @Option(names = "--property", paramLabel = "PROPERTY=VALUE", description = "Any number of them.")
                    List<String> properties,
            @Option(names = "--depends-on", split = ",", paramLabel = "RESOURCE", description = "E.g. storage.")
                    List<String> dependsOn,
            @Option(names = "--online", description = "Bring it online at once.") boolean online)
            throws IOException {
        Name name = name(given);
        SortedMap<String, String> values = new TreeMap<>();
        for (String property : properties == null ? List.<String>of() : properties) {
            Setting parts = setting(property);
            if (values.put(parts.property(), parts.value()) != null) {
                throw wrong("the property " + parts.property() + " is given twice");
            }
        }
        List<String> below = dependsOn == null ? List.of() : dependsOn;
        return submit(dir, new CreateResource(name.server(), name.resource(), type, values, below, online));
    }

    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = "Take a resource away from its virtual server; it is taken offline first. Refused while"
                    + " another depends on it.")
    int delete(@Mixin DirOption dir, @Parameters(paramLabel = "RESOURCE") String given) throws IOException {
        Name name = name(given);
        return submit(dir, new DeleteResource(name.server(), name.resource()));
    }

    @Command(
            name = "rename",
            mixinStandardHelpOptions = true,
            description = "Give one another name. It goes on, and what depends on it follows.")
    int rename(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "RESOURCE") String given,
            @Parameters(index = "1", paramLabel = "NAME", description = "Its new name, as in web.") String name)
            throws IOException {
        Name old = name(given);
        return submit(dir, new RenameResource(old.server(), old.resource(), name));
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
            description = "Show what one is set to, how it is watched and what its failures lead to (times in seconds),"
                    + " or set one property of that. What its type brings takes effect when it is next brought"
                    + " online, but a system attendant's at once; PROPERTY= brings the standard back.")
    int prop(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "RESOURCE") String given,
            @Parameters(index = "1", arity = "0..1", paramLabel = "PROPERTY=VALUE") Optional<String> setting,
            @Mixin JsonOption json)
            throws IOException {
        Name name = name(given);
        if (setting.isPresent()) {
            Setting parts = setting(setting.get());
            return submit(
                    dir, new SetResourceProperty(name.server(), name.resource(), parts.property(), parts.value()));
        }
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            ClusterImage image = control.image();
            VirtualServer.Resource resource = resource(image, name);
            SortedMap<String, String> own = ResourceTypes.of(image, resource)
                    .map(type -> type.completed(resource.properties()))
                    .orElse(resource.properties());
            SortedMap<String, String> all = new TreeMap<>(resource.policy().settings());
            all.putAll(own);
            if (json.wanted()) {
                return sayJson(all);
            }
            TextTable table = new TextTable("PROPERTY", "VALUE");
            own.forEach(table::row);
            resource.policy().settings().forEach(table::row);
            return say(table);
        }
    }

    private static VirtualServer.Resource resource(ClusterImage image, Name name) throws IOException {
        VirtualServer server = GroupCommand.server(image, name.server());
        VirtualServer.Resource resource = server.resources().get(name.resource());
        if (resource == null) {
            throw new IOException("no resource '" + name.resource() + "' in " + server.name() + "; there are "
                    + server.resources().keySet());
        }
        return resource;
    }

    @Command(name = "list-dep", mixinStandardHelpOptions = true, description = "List what one depends on.")
    int listDependencies(
            @Mixin DirOption dir, @Parameters(paramLabel = "RESOURCE") String given, @Mixin JsonOption json)
            throws IOException {
        Name name = name(given);
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            List<String> below = resource(control.image(), name).dependsOn();
            return json.wanted()
                    ? sayJson(below)
                    : say(below.isEmpty() ? given + " depends on nothing." : String.join("\n", below));
        }
    }

    @Command(
            name = "list-owners",
            mixinStandardHelpOptions = true,
            description = "List the nodes on which one may come online.")
    int listOwners(@Mixin DirOption dir, @Parameters(paramLabel = "RESOURCE") String given, @Mixin JsonOption json)
            throws IOException {
        Name name = name(given);
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            ClusterImage image = control.image();
            VirtualServer.Resource resource = resource(image, name);
            List<String> owners =
                    image.nodes().keySet().stream().filter(resource::allows).toList();
            return json.wanted() ? sayJson(owners) : say(String.join("\n", owners));
        }
    }

    @Command(
            name = "add-owner",
            mixinStandardHelpOptions = true,
            description = "Let one come online on a node. Its virtual server may be owned by nodes on which all its"
                    + " wanted resources may come online.")
    int addOwner(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "RESOURCE") String given,
            @Parameters(index = "1", paramLabel = "NODE") String node)
            throws IOException {
        Name name = name(given);
        return submit(dir, new AddPossibleOwner(name.server(), name.resource(), node));
    }

    @Command(
            name = "remove-owner",
            mixinStandardHelpOptions = true,
            description = "Do not let one come online on a node any more.")
    int removeOwner(
            @Mixin DirOption dir,
            @Parameters(index = "0", paramLabel = "RESOURCE") String given,
            @Parameters(index = "1", paramLabel = "NODE") String node)
            throws IOException {
        Name name = name(given);
        return submit(dir, new RemovePossibleOwner(name.server(), name.resource(), node));
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
