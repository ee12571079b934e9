package org.posthouse.sim;

import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.Node;
import org.posthouse.cluster.Survival;
import org.posthouse.cluster.VirtualServer;

/// Holds what operators are told, that a virtual server survives the loss of its owner, against the configurations by
/// which its Raft group goes: of the voters in each, a majority must be there without the owner, as far as the
/// coordinator can know.
final class SurvivalCheck {
    private SurvivalCheck() {}

    /// @param image what the coordinator goes by; one that was deposed, and does not know it, is not held to anything
    static void check(World world, ClusterImage image, Facts facts) {
        if (image.version() < world.images.newest().version()) {
            return;
        }
        for (VirtualServer server : image.virtualServers().values()) {
            String owner = server.permission().owner();
            SimNode node = world.nodes.get(owner);
            RaftMember leader = node.alive() ? node.agent().member(server.name()) : null;
            if (leader == null
                    || !leader.leads()
                    || !Survival.of(image, facts, server.name()).survives()) {
                continue;
            }
            Violation.unless(
                    leader.disk.config().majority(id -> !id.node().equals(owner) && there(image, id)),
                    Invariant.SURVIVES_AS_SAID,
                    server.name() + " is said to survive the loss of " + owner + ", but " + leader.standing());
            world.tally.add("said to survive", 1);
        }
    }

    private static boolean there(ClusterImage image, Id id) {
        Node node = image.nodes().get(id.node());
        return node != null && node.up() && node.incarnation() <= id.incarnation();
    }
}
