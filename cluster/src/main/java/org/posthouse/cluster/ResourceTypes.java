package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Which types of resources the cluster has: each node declares those that it can bring online when its process
/// starts.
public final class ResourceTypes {
    private ResourceTypes() {}

    /// Types that every node knows, by name. A node that has not run yet does not count.
    public static SortedMap<String, ResourceTypeFacts> known(ClusterImage image) {
        SortedMap<String, ResourceTypeFacts> known = new TreeMap<>();
        List<Node> declared = image.nodes().values().stream()
                .filter(node -> !node.types().isEmpty())
                .toList();
        for (Node node : declared) {
            for (ResourceTypeFacts type : node.types()) {
                if (lacking(declared, type.name()).isEmpty()) {
                    known.put(type.name(), type);
                }
            }
        }
        return known;
    }

    /// The type of a resource, as any node knows it.
    public static Optional<ResourceTypeFacts> of(ClusterImage image, VirtualServer.Resource resource) {
        return image.nodes().values().stream()
                .flatMap(node -> node.types().stream())
                .filter(type -> type.name().equals(resource.type()))
                .findFirst();
    }

    /// The names of a virtual server's resources that come online only under the node lease.
    public static List<String> leased(ClusterImage image, VirtualServer server) {
        return server.resources().values().stream()
                .filter(resource -> of(image, resource)
                        .filter(ResourceTypeFacts::needsLease)
                        .isPresent())
                .map(VirtualServer.Resource::name)
                .toList();
    }

    /// Why a resource of that type cannot be made, and what could.
    static String unknown(ClusterImage image, String type) {
        List<String> some = new ArrayList<>();
        List<String> without = new ArrayList<>();
        image.nodes().values().stream()
                .filter(node -> !node.types().isEmpty())
                .forEach(node -> (has(node, type) ? some : without).add(node.name()));
        return some.isEmpty()
                ? "no node knows a resource type '" + type + "'; all know "
                        + known(image).keySet()
                : "the resource type '" + type + "' is known to " + some + ", but not to " + without
                        + ": all nodes must run a release that has it";
    }

    private static List<Node> lacking(List<Node> declared, String type) {
        return declared.stream().filter(node -> !has(node, type)).toList();
    }

    private static boolean has(Node node, String type) {
        return node.types().stream().anyMatch(known -> known.name().equals(type));
    }

    static Decision declare(ClusterImage image, Command.DeclareTypes command) {
        Node node = image.nodes().get(command.node());
        if (node == null) {
            return Coordinator.refused("no node '" + command.node() + "'; there are "
                    + image.nodes().keySet());
        }
        String said = node.name() + " has told its resource types";
        return node.types().equals(command.types())
                ? new Decision(List.of(), Reply.done(said))
                : Coordinator.decided(new Event.TypesDeclared(node.name(), command.types()), said);
    }
}
