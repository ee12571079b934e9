package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.Change;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.Coordinator;
import org.posthouse.cluster.Decision;
import org.posthouse.cluster.Event;
import org.posthouse.cluster.HistoryEntry;
import org.posthouse.cluster.Replica;
import org.posthouse.cluster.VirtualServer;

/// Watches the cluster group's image from outside: keeps it as it was at each version, holds every node to that, and
/// every decision to what was kept of it. What the policy has to say is asked of [PolicyCheck].
final class Images {
    private static final long SILENCE_EXCUSED_MILLIS = 2_000;
    private static final int QUIET_TICKS_KEPT_ONE_IN = 20;

    private final World world;
    private final PolicyCheck policy;
    private final SortedMap<Long, ClusterImage> versions = new TreeMap<>();
    private final List<Kept> kept = new ArrayList<>();
    private long quietTicks;

    /// A coordinator's input and what it made of it.
    private record Kept(ClusterImage image, Command command, long now, Decision decision) {}

    Images(World world) {
        this.world = world;
        policy = new PolicyCheck(world);
        versions.put(0L, ClusterImage.EMPTY);
    }

    /// The newest committed image.
    ClusterImage newest() {
        return versions.get(versions.lastKey());
    }

    /// Whether the image of this version permitted a node to open.
    boolean permitted(String virtualServer, long version, String node) {
        ClusterImage then = versions.get(version);
        VirtualServer server = then == null ? null : then.virtualServers().get(virtualServer);
        return server != null && server.permission().permits(node);
    }

    /// An entry of the cluster group is committed.
    void committed(Entry entry) {
        if (!(entry.payload instanceof Entry.Decided(Change change))) {
            return;
        }
        ClusterImage before = newest();
        ClusterImage.Applied applied = before.apply(change);
        if (!applied.accepted()) {
            world.tally.add("stale changes refused");
            return;
        }
        ClusterImage after = applied.image();
        versions.put(after.version(), after);
        world.tally.add("versions of the image");
        if (before.created()) {
            policy.check(before, change, after);
        }
        for (Event event : change.events()) {
            event.history().ifPresent(text -> world.story.tell(() -> "v" + after.version() + " " + text));
            if (event instanceof Event.NodeEvicted(String node)) {
                world.faults.evicted(node);
            }
        }
    }

    /// A node's own image has a new version.
    void applied(SimNode node, ClusterImage image) {
        ClusterImage same = versions.get(image.version());
        boolean alike = same != null
                && same.nodes().equals(image.nodes())
                && same.clusterGroup().equals(image.clusterGroup())
                && same.virtualServers().equals(image.virtualServers())
                && same.answers().size() == image.answers().size()
                && last(same).equals(last(image));
        Violation.unless(
                alike,
                Invariant.SAME_IMAGE_AT_THE_SAME_VERSION,
                node + " has another image of version " + image.version() + " than was committed");
    }

    private static List<HistoryEntry> last(ClusterImage image) {
        int size = image.history().size();
        return image.history().subList(Math.max(0, size - 3), size);
    }

    /// A coordinator has decided.
    void decided(SimNode by, ClusterImage image, Command command, long now, Decision decision) {
        boolean quiet = decision.events().isEmpty() && command instanceof Command.Tick;
        if (!quiet || ++quietTicks % QUIET_TICKS_KEPT_ONE_IN == 0) {
            kept.add(new Kept(image, command, now, decision));
        }
        if (command instanceof Command.Tick) {
            Change change = new Change(image.version(), now, decision.events());
            PolicyCheck.checkHeirs(quiet ? image : image.apply(change).image());
        }
        for (Event event : decision.events()) {
            if (event instanceof Event.NodeDown down) {
                checkDown(by, image, down);
            }
        }
    }

    private void checkDown(SimNode by, ClusterImage image, Event.NodeDown down) {
        SimNode accused = world.nodes.get(down.node());
        boolean counts = accused != null
                && accused.runs()
                && accused.agent().cluster() != null
                && accused.disk().incarnation >= image.nodes().get(down.node()).incarnation();
        long well =
                counts ? Math.max(accused.wellSince(), world.network.wellSince(accused.name, by.name)) : Long.MAX_VALUE;
        boolean excused = Math.max(well, by.resumedAt()) > world.time.now() - SILENCE_EXCUSED_MILLIS;
        Violation.unless(
                excused,
                Invariant.NOBODY_ACCUSED_FALSELY,
                by + " says that " + down.node() + " is down (" + down.reason() + "), which has run and reached it for "
                        + (world.time.now() - well) + " ms");
    }

    /// A node deletes what it holds of a virtual server.
    void deleted(String virtualServer, Id id) {
        VirtualServer server = newest().virtualServers().get(virtualServer);
        boolean counts = server != null
                && server.replicas()
                        .of(id.node(), id.incarnation())
                        .filter(replica -> !replica.lost() && replica.role() != Replica.Role.ADDING)
                        .isPresent();
        Violation.unless(
                !counts,
                Invariant.REPLICA_KEPT_WHILE_WANTED,
                id + " deletes its replica of " + virtualServer + ", which counts at version " + newest().version());
    }

    /// In the end: decides everything kept once more.
    void replay() {
        for (Kept one : kept) {
            Decision again = Coordinator.decide(one.image(), one.command(), one.now());
            Violation.unless(
                    again.equals(one.decision()),
                    Invariant.REPLAY,
                    "upon version " + one.image().version() + " " + one.decision() + " was decided, now " + again);
        }
    }
}
