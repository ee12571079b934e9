package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.BiFunction;

/// Decides operators' commands about resources.
final class ResourceDecisions {
    private ResourceDecisions() {}

    static Decision setWanted(ClusterImage image, Command.SetResourceWanted command) {
        return of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            String what = command.wanted() ? "is brought online" : "is taken offline";
            if (command.wanted() && resource.wanted() && resource.state() == ResourceState.FAILED) {
                return Coordinator.refused(resource.name() + " has failed and shall be online already; take it offline"
                        + " first, then bring it online to try again");
            }
            VirtualServer.Resource after = resource.wanted(command.wanted());
            return ResourceOwners.refusal(image, server, after)
                    .map(Coordinator::refused)
                    .orElseGet(() -> put(server, resource, after, what));
        });
    }

    static Decision setProperty(ClusterImage image, Command.SetResourceProperty command) {
        return of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            Optional<ResourceTypeFacts> type = ResourceTypes.of(image, resource)
                    .filter(known -> known.property(command.property()).isPresent());
            if (type.isPresent()) {
                return setOwnProperty(server, resource, type.get(), command);
            }
            try {
                return put(
                        server,
                        resource,
                        resource.with(resource.policy().with(command.property(), command.value())),
                        command.property() + " is now " + command.value());
            } catch (IllegalArgumentException e) {
                return Coordinator.refused(e.getMessage());
            }
        });
    }

    /// A property of its type's. An empty value brings the standard back.
    private static Decision setOwnProperty(
            VirtualServer server,
            VirtualServer.Resource resource,
            ResourceTypeFacts type,
            Command.SetResourceProperty command) {
        if (type.name().equals(ResourceTypeFacts.STORAGE_GROUP.name())
                && command.property().equals(SharedStorage.FOLDER)) {
            return Coordinator.refused("where the mail of " + server.name() + " lies is said when it is created, and"
                    + " stays: " + server.shared().map(SharedStorage::folder).orElse("in replicas"));
        }
        SortedMap<String, String> changed = command.value().isEmpty()
                ? SortedMaps.without(resource.properties(), command.property())
                : SortedMaps.with(resource.properties(), command.property(), command.value());
        Optional<String> wrong = type.wrong(changed);
        return wrong.isPresent()
                ? Coordinator.refused(wrong.get())
                : put(
                        server,
                        resource,
                        resource.having(changed),
                        command.property() + " is now "
                                + type.completed(changed).get(command.property())
                                + (type.property(command.property())
                                                .map(ResourceTypeFacts.Property::atOnce)
                                                .orElse(false)
                                        ? ", at once and on all nodes"
                                        : ", from when it is next brought online"));
    }

    static Decision fail(ClusterImage image, Command.FailResource command) {
        return of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            if (resource.state() != ResourceState.ONLINE) {
                return Coordinator.refused(resource.name() + " is "
                        + resource.state().text() + "; only what is online can be made to fail");
            }
            return put(server, resource, resource.failed(), "is made to fail, as an operator asked");
        });
    }

    static Decision addDependency(ClusterImage image, Command.AddDependency command) {
        return of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            if (!server.resources().containsKey(command.on())) {
                return noResource(server, command.on());
            }
            List<String> cycle = ResourceActions.cycle(server.resources(), resource.name(), command.on());
            if (!cycle.isEmpty()) {
                return Coordinator.refused("that would close a cycle: " + String.join(" -> ", cycle));
            }
            List<String> others = new ArrayList<>(resource.dependsOn());
            if (!others.contains(command.on())) {
                others.add(command.on());
            }
            return put(server, resource, resource.dependingOn(List.copyOf(others)), "depends on " + command.on());
        });
    }

    static Decision removeDependency(ClusterImage image, Command.RemoveDependency command) {
        return of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            List<String> others = new ArrayList<>(resource.dependsOn());
            if (!others.remove(command.on())) {
                return Coordinator.refused(
                        resource.name() + " does not depend on " + command.on() + ", but on " + resource.dependsOn());
            }
            return put(
                    server,
                    resource,
                    resource.dependingOn(List.copyOf(others)),
                    "does not depend on " + command.on() + " any more");
        });
    }

    static Decision of(
            ClusterImage image,
            String virtualServer,
            String name,
            BiFunction<VirtualServer, VirtualServer.Resource, Decision> decision) {
        VirtualServer server = image.virtualServers().get(virtualServer);
        if (server == null) {
            return GroupDecisions.noServer(image, virtualServer);
        }
        VirtualServer.Resource resource = server.resources().get(name);
        return resource == null ? noResource(server, name) : decision.apply(server, resource);
    }

    static Decision put(
            VirtualServer server, VirtualServer.Resource before, VirtualServer.Resource after, String what) {
        String said = server.name() + "/" + before.name() + " " + what;
        return after.equals(before)
                ? new Decision(List.of(), Reply.done(said))
                : Coordinator.decided(new Event.ResourcePut(server.name(), after, what), said);
    }

    private static Decision noResource(VirtualServer server, String name) {
        return Coordinator.refused(noResourceText(server, name));
    }

    static String noResourceText(VirtualServer server, String name) {
        return "no resource '" + name + "' in " + server.name() + "; there are "
                + server.resources().keySet();
    }
}
