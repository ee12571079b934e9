package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/// Which resources of a virtual server are to be brought online or taken offline next, on the node that has it open or
/// is closing it: online from the bottom of the dependencies up, offline from the top down, in parallel where they
/// allow.
public final class ResourceActions {
    private ResourceActions() {}

    /// One step.
    ///
    /// @param online whether it is to be brought online, or else taken offline
    public record Action(String resource, boolean online) {}

    /// The steps that can be taken now; none when everything is as it shall be, or waits for steps under way.
    ///
    /// @param server whose resources, wishes and dependencies count
    /// @param states of the resources on this node; one not named is offline
    /// @param open whether the virtual server's gate is open here
    /// @param barred resources that may not be online here now whatever is wanted: this node is no possible owner
    ///     of theirs, or lacks the node lease
    public static List<Action> next(
            VirtualServer server, Map<String, ResourceState> states, boolean open, Collection<String> barred) {
        List<Action> actions = new ArrayList<>();
        for (VirtualServer.Resource resource : server.resources().values()) {
            ResourceState state = states.getOrDefault(resource.name(), ResourceState.OFFLINE);
            boolean shall = open && shallRun(server, states, barred, resource);
            if (shall && state == ResourceState.OFFLINE && carried(resource, states)) {
                actions.add(new Action(resource.name(), true));
            } else if (!shall
                    && (state == ResourceState.ONLINE || state == ResourceState.FAILED)
                    && free(server, states, resource)) {
                actions.add(new Action(resource.name(), false));
            }
        }
        return actions;
    }

    /// Wanted, allowed, and not on top of one that is not or does not run.
    private static boolean shallRun(
            VirtualServer server,
            Map<String, ResourceState> states,
            Collection<String> barred,
            VirtualServer.Resource resource) {
        if (!server.wanted() || !resource.wanted() || barred.contains(resource.name())) {
            return false;
        }
        return resource.dependsOn().stream().allMatch(below -> {
            VirtualServer.Resource needed = server.resources().get(below);
            ResourceState state = states.getOrDefault(below, ResourceState.OFFLINE);
            return needed != null && state != ResourceState.FAILED && shallRun(server, states, barred, needed);
        });
    }

    private static boolean carried(VirtualServer.Resource resource, Map<String, ResourceState> states) {
        return resource.dependsOn().stream().allMatch(below -> states.get(below) == ResourceState.ONLINE);
    }

    private static boolean free(
            VirtualServer server, Map<String, ResourceState> states, VirtualServer.Resource resource) {
        return server.resources().values().stream()
                .filter(above -> above.dependsOn().contains(resource.name()))
                .map(above -> states.getOrDefault(above.name(), ResourceState.OFFLINE))
                .allMatch(state -> state == ResourceState.OFFLINE || state == ResourceState.FAILED);
    }

    /// Finds a cycle that a dependency would make.
    ///
    /// @return the resources on it, from the dependent one back to itself; empty if there is none
    public static List<String> cycle(
            SortedMap<String, VirtualServer.Resource> resources, String dependent, String below) {
        List<String> path = new ArrayList<>(List.of(dependent));
        return path(resources, below, dependent, path) ? path : List.of();
    }

    private static boolean path(
            SortedMap<String, VirtualServer.Resource> resources, String from, String to, List<String> path) {
        path.add(from);
        if (from.equals(to)) {
            return true;
        }
        for (String below : resources.get(from).dependsOn()) {
            if (path(resources, below, to, path)) {
                return true;
            }
        }
        path.removeLast();
        return false;
    }
}
