package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/// What to move so that the nodes carry about the same: a plan for an operator to carry out, since nothing moves by
/// itself. Owners come first, because replicas follow them: as many are moved as it takes until no node owns two more
/// than another that has room for one, and of those that could go the one that prefers it. Then virtual servers go to
/// their preferred owners where that changes nothing of it. Then replicas that are neither an owner's nor an heir's are
/// spread in the same way.
public final class Rebalancing {
    private Rebalancing() {}

    /// One thing to move.
    public sealed interface Step {
        String virtualServer();

        String from();

        String to();

        /// Why, in a few words.
        String reason();
    }

    /// Another owner.
    public record OwnerStep(String virtualServer, String from, String to, String reason) implements Step {}

    /// A replica on another node.
    public record ReplicaStep(String virtualServer, String from, String to, String reason) implements Step {}

    /// What is to be moved now, one after the other: owners only as long as there are any to move, for what follows
    /// from that is seen only then.
    public static List<Step> plan(ClusterImage image) {
        List<Step> owners = owners(image);
        return owners.isEmpty() ? replicas(image) : owners;
    }

    private static List<String> takers(ClusterImage image) {
        return image.nodes().values().stream()
                .filter(node -> node.up() && node.takes())
                .map(Node::name)
                .toList();
    }

    // ---- owners

    private static List<Step> owners(ClusterImage image) {
        List<Step> steps = new ArrayList<>();
        SortedMap<String, String> owners = new TreeMap<>();
        image.virtualServers().values().forEach(server -> owners.put(server.name(), owner(server)));
        for (Optional<Step> next = levelOwners(image, owners); next.isPresent(); next = levelOwners(image, owners)) {
            owners.put(next.get().virtualServer(), next.get().to());
            steps.add(next.get());
        }
        for (VirtualServer server : image.virtualServers().values()) {
            preferred(image, owners, server).ifPresent(to -> {
                String from = owners.put(server.name(), to);
                steps.add(new OwnerStep(server.name(), from, to, "its preferred owner"));
            });
        }
        return steps;
    }

    private static String owner(VirtualServer server) {
        return server.permission().owner();
    }

    /// What an operator has not planned for, or what is being moved or is not well, stays where it is.
    private static boolean movable(ClusterImage image, VirtualServer server) {
        return server.formed()
                && server.move().isEmpty()
                && server.state() == GroupState.ONLINE
                && image.nodes().get(owner(server)).up();
    }

    /// The first of its preferred owners that can take it, if that is another than its owner, and owns fewer.
    private static Optional<String> preferred(
            ClusterImage image, SortedMap<String, String> owners, VirtualServer server) {
        String owner = owners.get(server.name());
        return server.policy().preferredOwners().stream()
                .filter(node -> node.equals(owner)
                        || (takers(image).contains(node) && server.allows(node) && room(image, owners, server, node)))
                .findFirst()
                .filter(node ->
                        !node.equals(owner) && movable(image, server) && owned(owners, node) < owned(owners, owner));
    }

    private static int owned(Map<String, String> owners, String node) {
        return (int) owners.values().stream().filter(node::equals).count();
    }

    private static boolean room(ClusterImage image, Map<String, String> owners, VirtualServer server, String node) {
        return Room.among(
                image.virtualServers().values().stream()
                        .filter(other -> node.equals(owners.get(other.name())))
                        .toList(),
                server);
    }

    private static Optional<Step> levelOwners(ClusterImage image, SortedMap<String, String> owners) {
        ToIntFunction<String> owned = node -> owned(owners, node);
        List<String> takers = takers(image);
        for (String from : most(takers, owned)) {
            for (String to : least(takers, owned)) {
                if (owned.applyAsInt(from) - owned.applyAsInt(to) < 2) {
                    break;
                }
                Optional<VirtualServer> going = image.virtualServers().values().stream()
                        .filter(server -> from.equals(owners.get(server.name()))
                                && movable(image, server)
                                && server.allows(to)
                                && room(image, owners, server, to))
                        .min(Comparator.comparingInt((VirtualServer server) ->
                                        server.policy().rank(to))
                                .thenComparing(server -> -server.policy().rank(from)));
                if (going.isPresent()) {
                    return Optional.of(new OwnerStep(going.get().name(), from, to, owns(from, to, owned)));
                }
            }
        }
        return Optional.empty();
    }

    private static String owns(String from, String to, ToIntFunction<String> owned) {
        return from + " owns " + owned.applyAsInt(from) + ", " + to + " " + owned.applyAsInt(to);
    }

    private static List<String> most(List<String> nodes, ToIntFunction<String> count) {
        return nodes.stream()
                .sorted(Comparator.comparingInt(count).reversed().thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    private static List<String> least(List<String> nodes, ToIntFunction<String> count) {
        return nodes.stream()
                .sorted(Comparator.comparingInt(count).thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    // ---- replicas

    private static List<Step> replicas(ClusterImage image) {
        List<Step> steps = new ArrayList<>();
        SortedMap<String, List<String>> holders = new TreeMap<>();
        image.virtualServers()
                .values()
                .forEach(server -> holders.put(
                        server.name(),
                        new ArrayList<>(server.replicas().replicas().stream()
                                .filter(replica -> !Witness.is(image, replica))
                                .map(Replica::node)
                                .toList())));
        for (Optional<Step> next = levelReplicas(image, holders);
                next.isPresent();
                next = levelReplicas(image, holders)) {
            List<String> nodes = holders.get(next.get().virtualServer());
            nodes.remove(next.get().from());
            nodes.add(next.get().to());
            steps.add(next.get());
        }
        return steps;
    }

    private static Optional<Step> levelReplicas(ClusterImage image, SortedMap<String, List<String>> holders) {
        ToIntFunction<String> held = node -> (int)
                holders.values().stream().filter(nodes -> nodes.contains(node)).count();
        List<String> takers = takers(image);
        for (String from : most(takers, held)) {
            for (String to : least(takers, held)) {
                if (held.applyAsInt(from) - held.applyAsInt(to) < 2) {
                    break;
                }
                for (VirtualServer server : image.virtualServers().values()) {
                    List<String> nodes = holders.get(server.name());
                    if (nodes.contains(from)
                            && !nodes.contains(to)
                            && spare(image, server, from)
                            && server.allows(to)
                            && !sharesHardware(image, nodes, from, to)) {
                        return Optional.of(new ReplicaStep(
                                server.name(),
                                from,
                                to,
                                from + " holds " + held.applyAsInt(from) + " replicas, " + to + " "
                                        + held.applyAsInt(to)));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /// Whether its replica there is neither the owner's nor the heir's, and no other is away.
    private static boolean spare(ClusterImage image, VirtualServer server, String node) {
        return server.formed()
                && server.replicas().change().isEmpty()
                && server.replicas().voters().stream()
                        .allMatch(voter ->
                                !voter.lost() && image.nodes().get(voter.node()).up())
                && !owner(server).equals(node)
                && server.permission().heir().filter(node::equals).isEmpty();
    }

    private static boolean sharesHardware(ClusterImage image, List<String> nodes, String from, String to) {
        String hardware = image.nodes().get(to).hardware();
        return !hardware.isEmpty()
                && nodes.stream()
                        .filter(node -> !node.equals(from))
                        .anyMatch(node -> image.nodes().get(node).hardware().equals(hardware));
    }
}
