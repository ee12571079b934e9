package org.posthouse.cluster;

import java.util.Optional;
import java.util.SortedSet;

/// What a node does by itself about a virtual server in shared mode: has the image's owner take the folder over and
/// open it, and anybody else let go.
final class SharedDecisions {
    private SharedDecisions() {}

    /// The next thing to do; null if there is nothing.
    static Duty duty(ClusterImage image, NodeDecisions.Local local, String group, SortedSet<String> held) {
        VirtualServer server = image.virtualServers().get(group);
        NodeDecisions.LocalGroup state = local.groups().get(group);
        boolean has = state != null && state.sharing();
        Optional<String> foreign = foreign(server, local.node());
        if (foreign.isPresent()) {
            return has ? fresh(local, group, new Duty.Release(group, foreign.get())) : null;
        }
        if (!has && SharedPlanner.givenUp(server)) {
            return null;
        }
        if (!has) {
            boolean first = !server.formed();
            return fresh(local, group, new Duty.TakeOver(group, server.shared().orElseThrow(), first));
        }
        if (!state.running()) {
            return new Duty.Release(group, "it is out of service here");
        }
        if (!state.leading() || state.open() || state.opening()) {
            return null;
        }
        Duty duty = NodeDecisions.open(image, local, group, held);
        // There is nobody to hand over to: the coordinator names another owner.
        return duty instanceof Duty.HandOver no ? new Duty.Wait(group, no.reason()) : duty;
    }

    /// Why the folder is not this node's to have; empty if it is.
    private static Optional<String> foreign(VirtualServer server, String node) {
        if (server == null) {
            return Optional.of("the virtual server was deleted");
        }
        if (!server.wanted()) {
            return Optional.of("an operator took it offline");
        }
        String owner = server.permission().owner();
        return owner.equals(node)
                ? Optional.empty()
                : Optional.of(owner + " is to own it: " + server.permission().reason());
    }

    private static Duty fresh(NodeDecisions.Local local, String group, Duty duty) {
        return local.freshFor().contains(group) ? duty : new Duty.FetchImage(group);
    }
}
