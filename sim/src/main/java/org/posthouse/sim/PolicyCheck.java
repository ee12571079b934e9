package org.posthouse.sim;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Event;
import org.posthouse.cluster.Node;
import org.posthouse.cluster.NodeDuty;
import org.posthouse.cluster.Replica;
import org.posthouse.cluster.VirtualServer;

/// What must hold of every new version of the image, and of each event that made it, by rules written down here once
/// more: nothing of the planners is used.
final class PolicyCheck {
    private static final int REPLICAS = 3;

    private final World world;

    PolicyCheck(World world) {
        this.world = world;
    }

    /// Checks a version and the change that made it.
    void check(ClusterImage before, Change change, ClusterImage after) {
        for (int k = 0; k < change.events().size(); k++) {
            if (judged(change.events().get(k))) {
                Change earlier = new Change(
                        before.version(), change.at(), change.events().subList(0, k));
                ClusterImage then = k == 0 ? before : before.apply(earlier).image();
                checkEvent(then, change, change.events().get(k));
            }
        }
        for (VirtualServer server : after.virtualServers().values()) {
            checkServer(before, after, server);
        }
        int votes = after.clusterGroup().voters().size();
        Violation.unless(
                votes % 2 == 1 && votes >= REPLICAS,
                Invariant.ODD_VOTES,
                "the cluster group has " + votes + " votes: " + after.clusterGroup());
    }

    /// What a tick leaves, if its events are applied: no heir without room. A command may take the room away; the
    /// next tick sees to it.
    static void checkHeirs(ClusterImage image) {
        for (VirtualServer server : image.virtualServers().values()) {
            Optional<String> heir = server.permission().heir();
            boolean owns = heir.equals(Optional.of(server.permission().owner()));
            boolean room = heir.isEmpty() || !server.formed() || room(image, server, heir.get());
            Violation.unless(
                    room && !owns,
                    Invariant.HEIR_HAS_ROOM,
                    server.name() + " has " + heir + " as heir, owned by "
                            + server.permission().owner());
        }
    }

    private static boolean judged(Event event) {
        return event instanceof Event.Permitted
                || event instanceof Event.FailoverCounted
                || event instanceof Event.MoveStarted;
    }

    private void checkEvent(ClusterImage then, Change change, Event event) {
        if (event instanceof Event.Permitted permitted) {
            checkPermitted(then, permitted);
        } else if (event instanceof Event.FailoverCounted counted) {
            VirtualServer server = then.virtualServers().get(counted.virtualServer());
            long recent = server.failovers().stream()
                    .filter(at -> change.at() - at < server.policy().failoverPeriodMillis())
                    .count();
            long members = then.nodes().values().stream()
                    .filter(node -> node.duty() != NodeDuty.EVICTING && !node.witness())
                    .count();
            Violation.unless(
                    recent < server.policy().failoversMax((int) members),
                    Invariant.POLICY_OBEYED,
                    server.name() + " fails over once more after " + recent + " times: " + server.policy());
        } else if (event instanceof Event.MoveStarted move) {
            checkMove(then, change, move);
        }
    }

    private static void checkPermitted(ClusterImage then, Event.Permitted permitted) {
        VirtualServer server = then.virtualServers().get(permitted.virtualServer());
        boolean hadItOpen = server.opened()
                .filter(opened -> opened.node().equals(permitted.owner()))
                .isPresent();
        boolean newOwner = !hadItOpen && !server.permission().owner().equals(permitted.owner());
        boolean newHeir =
                permitted.heir().isPresent() && !server.permission().heir().equals(permitted.heir());
        Violation.unless(
                !newOwner || mayTake(then, server, permitted.owner()),
                Invariant.POLICY_OBEYED,
                permitted + " though the owner may not take it or has no room");
        checkShared(then, server, permitted);
        Violation.unless(
                !newHeir || mayTake(then, server, permitted.heir().get()),
                Invariant.POLICY_OBEYED,
                permitted + " though the heir may not take it or has no room");
    }

    /// Where the coordinator names the owner, it does not name another without need.
    private static void checkShared(ClusterImage then, VirtualServer server, Event.Permitted permitted) {
        String owner = server.permission().owner();
        if (server.shared().isEmpty() || permitted.owner().equals(owner)) {
            return;
        }
        boolean back = server.opened()
                .filter(opened -> opened.node().equals(permitted.owner()))
                .isPresent();
        boolean moves = server.move()
                .filter(move -> move.target().equals(permitted.owner()))
                .isPresent();
        boolean unable = permitted.reason().startsWith(owner + " could not take it over");
        Violation.unless(
                back
                        || moves
                        || unable
                        || !then.nodes().containsKey(owner)
                        || !then.nodes().get(owner).up(),
                Invariant.NOTHING_GOES_BACK_UNASKED,
                permitted + " though its owner " + owner + " is there");
    }

    private static boolean mayTake(ClusterImage image, VirtualServer server, String name) {
        Node node = image.nodes().get(name);
        return node != null
                && node.duty() == NodeDuty.ACTIVE
                && !node.witness()
                && server.policy().allows(name)
                && room(image, server, name);
    }

    /// Whether a node's virtual servers, those to be moved there and this one all allow so many.
    static boolean room(ClusterImage image, VirtualServer wanted, String node) {
        SortedMap<String, VirtualServer> together = new TreeMap<>();
        together.put(wanted.name(), wanted);
        for (VirtualServer other : image.virtualServers().values()) {
            boolean coming =
                    other.move().filter(move -> move.target().equals(node)).isPresent();
            if (coming || other.permission().owner().equals(node)) {
                together.put(other.name(), other);
            }
        }
        return together.values().stream()
                .allMatch(server -> server.policy().room().limit() >= together.size());
    }

    /// A move has a reason that the policy knows.
    private void checkMove(ClusterImage then, Change change, Event.MoveStarted move) {
        VirtualServer server = then.virtualServers().get(move.virtualServer());
        String owner = server.permission().owner();
        NodeDuty duty = then.nodes().get(owner).duty();
        boolean asked = world.faults.askedToMove(server.name(), move.target());
        boolean failed = change.events().stream()
                .anyMatch(event ->
                        event instanceof Event.FailoverCounted(String of, String _) && of.equals(server.name()));
        boolean givenAway = duty == NodeDuty.DRAINING || duty == NodeDuty.EVICTING;
        boolean crowded = !room(then, server, owner);
        boolean back = server.policy().failback().allowed(change.at())
                && server.policy().rank(move.target()) < server.policy().rank(owner);
        Violation.unless(
                asked || failed || givenAway || crowded || back,
                Invariant.NOTHING_GOES_BACK_UNASKED,
                server.name() + " is moved from " + owner + " to " + move.target() + ": " + move.reason());
        Violation.unless(
                mayTake(then, server, move.target()),
                Invariant.POLICY_OBEYED,
                server.name() + " is moved to " + move.target() + ", which may not take it or has no room");
    }

    private static void checkServer(ClusterImage before, ClusterImage after, VirtualServer server) {
        boolean shared = server.shared().isPresent();
        List<String> nodes = server.replicas().voters().stream()
                .map(Replica::node)
                .distinct()
                .toList();
        Violation.unless(
                shared
                        ? nodes.isEmpty()
                        : nodes.size() == REPLICAS
                                && server.replicas().voters().size() == REPLICAS
                                && after.nodes().keySet().containsAll(nodes),
                Invariant.THREE_REPLICAS,
                server.name() + " has replicas " + server.replicas());
        long full = nodes.stream()
                .filter(node -> !after.nodes().get(node).witness())
                .count();
        boolean hosts = after.nodes().values().stream()
                .anyMatch(node -> node.witness()
                        && (server.permission().permits(node.name())
                                || server.opened()
                                        .filter(opened -> opened.node().equals(node.name()))
                                        .isPresent()));
        Violation.unless(
                (shared || full >= REPLICAS - 1) && !hosts,
                Invariant.WITNESS_HOSTS_NOTHING,
                server.name() + " is permitted to " + server.permission() + ", has replicas " + server.replicas());
        VirtualServer earlier = before.virtualServers().get(server.name());
        if (earlier.opened().isPresent()) {
            Violation.unless(
                    server.opened()
                                    .orElseThrow()
                                    .epoch()
                                    .compareTo(earlier.opened().get().epoch())
                            >= 0,
                    Invariant.EPOCHS_RISE,
                    server.name() + " was opened in " + earlier.opened() + ", now " + server.opened());
        }
    }
}
