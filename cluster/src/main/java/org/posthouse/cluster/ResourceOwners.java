package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Decides on which nodes a resource may come online. Its virtual server can be owned only by nodes on which all
/// its wanted resources may.
final class ResourceOwners {
    private ResourceOwners() {}

    static Decision add(ClusterImage image, Command.AddPossibleOwner command) {
        return ResourceDecisions.of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            if (!image.nodes().containsKey(command.node())) {
                return noNode(image, command.node());
            }
            if (Witness.is(image, command.node())) {
                return Coordinator.refused(Witness.refusal(image, command.node(), "own a resource"));
            }
            if (resource.allows(command.node())) {
                return new Decision(
                        List.of(),
                        Reply.done(command.node() + " is a possible owner of " + server.name() + "/" + resource.name()
                                + " already"));
            }
            List<String> owners = new ArrayList<>(resource.possibleOwners());
            owners.add(command.node());
            // Every node again is "any": one that joins later is a possible owner too, as at first.
            boolean all = owners.containsAll(Witness.hosts(image));
            return put(server, resource, all ? List.of() : List.copyOf(owners), command.node() + " may own it");
        });
    }

    static Decision remove(ClusterImage image, Command.RemovePossibleOwner command) {
        return ResourceDecisions.of(image, command.virtualServer(), command.resource(), (server, resource) -> {
            String node = command.node();
            if (!image.nodes().containsKey(node)) {
                return noNode(image, node);
            }
            List<String> owners = resource.possibleOwners().isEmpty()
                    ? new ArrayList<>(Witness.hosts(image))
                    : new ArrayList<>(resource.possibleOwners());
            if (!owners.remove(node)) {
                return Coordinator.refused(node + " is no possible owner of " + server.name() + "/" + resource.name()
                        + "; possible are " + owners);
            }
            // A node that is being evicted takes its name with it, and no name would be "any".
            if (owners.stream().allMatch(owner -> image.nodes().get(owner).duty() == NodeDuty.EVICTING)) {
                return Coordinator.refused(node + " is the only possible owner of " + server.name() + "/"
                        + resource.name() + " that stays; add another one first");
            }
            VirtualServer.Resource after = resource.possibleOn(List.copyOf(owners));
            return refusal(image, server, after)
                    .map(Coordinator::refused)
                    .orElseGet(() -> put(server, resource, after.possibleOwners(), node + " may not own it any more"));
        });
    }

    /// Why a wanted resource can not be as it is to be: its virtual server's owner could not have it online, or no
    /// node could own the virtual server.
    static Optional<String> refusal(ClusterImage image, VirtualServer server, VirtualServer.Resource after) {
        if (!after.wanted()) {
            return Optional.empty();
        }
        VirtualServer changed = server.resource(after);
        String name = server.name() + "/" + after.name();
        boolean owned = Witness.hosts(image).stream().anyMatch(changed::allows);
        if (!owned) {
            return Optional.of("no node would be left that may own " + server.name() + ", whose possible owners are "
                    + "those of all its wanted resources: " + changed.ownersText());
        }
        String owner = server.permission().owner();
        return after.allows(owner)
                ? Optional.empty()
                : Optional.of(owner + " owns " + server.name() + " now, and " + name + " may not come online there; its"
                        + " possible owners are " + after.possibleOwners() + ": move " + server.name()
                        + " to one of them first, or take " + name + " offline");
    }

    private static Decision put(
            VirtualServer server, VirtualServer.Resource resource, List<String> owners, String what) {
        return ResourceDecisions.put(server, resource, resource.possibleOn(owners), what);
    }

    private static Decision noNode(ClusterImage image, String name) {
        return Coordinator.refused(
                "no node '" + name + "'; there are " + image.nodes().keySet());
    }
}
