package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Decides which resources a virtual server has.
final class ResourceCreation {
    /// Each is watched by a thread of the owner's, and told in each of its heartbeats.
    static final int RESOURCES_MAX = 64;

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private ResourceCreation() {}

    static Decision create(ClusterImage image, Command.CreateResource command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null) {
            return GroupDecisions.noServer(image, command.virtualServer());
        }
        Optional<String> wrong = wrong(image, server, command);
        if (wrong.isPresent()) {
            return Coordinator.refused(wrong.get());
        }
        var created = new VirtualServer.Resource(
                command.resource(),
                command.type(),
                Collections.unmodifiableSortedMap(new TreeMap<>(command.properties())),
                List.copyOf(command.dependsOn()),
                command.wanted(),
                ResourcePolicy.DEFAULT,
                0,
                ResourceState.OFFLINE,
                List.of(),
                0);
        String said = server.name() + "/" + created.name() + " was created"
                + (created.wanted()
                        ? " and is brought online"
                        : "; 'posthouse resource online " + server.name() + "/" + created.name()
                                + "' brings it online");
        return Coordinator.decided(new Event.ResourceCreated(server.name(), created), said);
    }

    private static Optional<String> wrongName(VirtualServer server, String name) {
        if (!NAME.matcher(name).matches()) {
            return Optional.of("'" + name + "' cannot be a resource's name: 1 to 63 lower-case letters, digits and"
                    + " hyphens, no hyphen at its ends");
        }
        return server.resources().containsKey(name)
                ? Optional.of("there is a resource '" + name + "' in " + server.name() + " already")
                : Optional.empty();
    }

    /// Why a virtual server cannot have one more resource like this.
    static Optional<String> wrong(ClusterImage image, VirtualServer server, Command.CreateResource command) {
        Optional<String> wrongName = wrongName(server, command.resource());
        if (wrongName.isPresent()) {
            return wrongName;
        }
        if (server.resources().size() >= RESOURCES_MAX) {
            return Optional.of("a virtual server has " + RESOURCES_MAX + " resources at most");
        }
        ResourceTypeFacts type = ResourceTypes.known(image).get(command.type());
        if (type == null) {
            return Optional.of(ResourceTypes.unknown(image, command.type()));
        }
        Optional<VirtualServer.Resource> same = server.resources().values().stream()
                .filter(other -> type.single() && other.type().equals(type.name()))
                .findFirst();
        if (same.isPresent()) {
            return Optional.of("a virtual server has one resource of type " + type.name() + " at most; " + server.name()
                    + " has " + same.get().name());
        }
        for (String below : command.dependsOn()) {
            if (!server.resources().containsKey(below)) {
                return Optional.of(ResourceDecisions.noResourceText(server, below));
            }
        }
        if (command.dependsOn().stream().distinct().count()
                != command.dependsOn().size()) {
            return Optional.of("a resource is named twice: " + command.dependsOn());
        }
        return type.wrong(command.properties());
    }

    static Decision rename(ClusterImage image, Command.RenameResource command) {
        return ResourceDecisions.of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            String said = server.name() + "/" + resource.name() + " is " + server.name() + "/" + command.name()
                    + " from now on";
            if (command.name().equals(resource.name())) {
                return new Decision(List.of(), Reply.done(said));
            }
            return wrongName(server, command.name())
                    .map(Coordinator::refused)
                    .orElseGet(() -> Coordinator.decided(
                            new Event.ResourceRenamed(server.name(), resource.name(), command.name()), said));
        });
    }

    static Decision delete(ClusterImage image, Command.DeleteResource command) {
        return ResourceDecisions.of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            if (resource.type().equals(ResourceTypeFacts.STORAGE_GROUP.name())) {
                return Coordinator.refused(resource.name() + " is the storage group of " + server.name()
                        + ", its mail; it stays for as" + " long as the virtual server does");
            }
            List<String> above = new ArrayList<>();
            server.resources().values().stream()
                    .filter(other -> other.dependsOn().contains(resource.name()))
                    .forEach(other -> above.add(other.name()));
            if (!above.isEmpty()) {
                return Coordinator.refused(String.join(", ", above) + (above.size() == 1 ? " depends" : " depend")
                        + " on " + resource.name() + "; end that first, e.g. 'posthouse resource remove-dep "
                        + server.name() + "/" + above.getFirst() + " " + resource.name() + "'");
            }
            return Coordinator.decided(
                    new Event.ResourceDeleted(server.name(), resource.name()),
                    server.name() + "/" + resource.name() + " was deleted; it is taken offline where it is online");
        });
    }
}
