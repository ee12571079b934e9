package org.posthouse.sim;

import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.GroupState;
import org.posthouse.cluster.NodeDuty;
import org.posthouse.cluster.NodeState;
import org.posthouse.cluster.OpenEpoch;
import org.posthouse.cluster.Survival;
import org.posthouse.cluster.VirtualServer;

/// One seed from its beginning to its end: a cluster comes up, is disturbed, is left in calm until all is whole, and
/// then nothing may move any more.
final class Run {
    private static final long FORMING_MILLIS = 3_000;
    private static final long LOOK_MILLIS = 250;
    /// Heartbeats are up to a second old: what looks whole must do so for longer.
    private static final long WHOLE_FOR_MILLIS = 2_000;
    /// An heir in a young process waits a minute for an owner that lives; then replicas may have to be made anew.
    private static final long CALM_MILLIS_MAX = 150_000;
    private static final long QUIET_MILLIS = 8_000;

    private final World world;

    /// What came of a seed.
    ///
    /// @param failure what did not hold, or what was thrown
    record Result(
            long seed, World.Size size, Optional<RuntimeException> failure, Tally tally, long millis, Story story) {
        /// The invariant that does not hold, if that is what failed.
        Optional<Invariant> broken() {
            return failure.filter(Violation.class::isInstance).map(one -> ((Violation) one).invariant());
        }
    }

    private Run(World world) {
        this.world = world;
    }

    /// Plays a seed.
    ///
    /// @param millis for how long the cluster is disturbed
    static Result play(long seed, World.Size size, long millis, Set<Mistake> mistakes, Story story) {
        World world = new World(seed, size, mistakes, story);
        Optional<RuntimeException> failure = Optional.empty();
        try {
            new Run(world).play(millis);
        } catch (RuntimeException e) {
            // Also what the core throws: it must not, whatever happens.
            failure = Optional.of(e);
            world.standing().forEach(line -> story.tell(() -> line));
            story.tell(() -> "!!! " + e);
        }
        story.end();
        return new Result(seed, size, failure, world.tally, world.time.now(), story);
    }

    private void play(long millis) {
        world.nodes.values().forEach(SimNode::start);
        world.clients.begin();
        world.time.runUntil(FORMING_MILLIS);
        world.faults.begin();
        world.time.runUntil(FORMING_MILLIS + millis);
        world.faults.end();
        awaitWhole();
        SortedMap<String, OpenEpoch> epochs = epochs();
        world.time.runUntil(world.time.now() + QUIET_MILLIS);
        Violation.unless(
                epochs().equals(epochs),
                Invariant.NOTHING_GOES_BACK_UNASKED,
                "all was whole, with epochs " + epochs + "; now they are " + epochs());
        world.images.newest().virtualServers().values().forEach(this::checkKept);
        world.images.replay();
        world.tally.add("events", world.time.events());
    }

    private void checkKept(VirtualServer server) {
        Hosted hosted = world.nodes.get(server.permission().owner()).agent().hosted(server.name());
        hosted.store().ifPresent(store -> world.stores.checkKept(server.name(), store));
        if (hosted.shared() != null) {
            world.folders.checkKept(server.name(), hosted.shared());
        }
    }

    private void awaitWhole() {
        long begun = world.time.now();
        long wholeSince = begun;
        while (world.time.now() - wholeSince < WHOLE_FOR_MILLIS) {
            world.time.runUntil(world.time.now() + LOOK_MILLIS);
            Optional<String> missing = missing();
            if (missing.isPresent()) {
                wholeSince = world.time.now();
                Violation.unless(
                        world.time.now() - begun < CALM_MILLIS_MAX,
                        Invariant.ONLINE_WHEN_ALLOWED,
                        "after " + CALM_MILLIS_MAX / 1000 + " s of calm " + missing.get());
            }
        }
        world.tally.add("seconds until whole", (world.time.now() - begun) / 1000);
    }

    /// What is not as it should be when nothing is broken; empty if nothing.
    private Optional<String> missing() {
        Optional<SimNode> coordinator = world.coordinator();
        if (coordinator.isEmpty()) {
            return Optional.of("nobody coordinates");
        }
        ClusterImage image = coordinator.get().agent().image();
        Facts facts = coordinator.get().agent().coordinating().facts();
        for (VirtualServer server : image.virtualServers().values()) {
            if (server.state() != GroupState.ONLINE || server.move().isPresent()) {
                return Optional.of(server.name() + " is " + server.state().text() + ": " + server.reason() + " "
                        + server.move() + " " + server.permission());
            }
            if (server.replicas().change().isPresent()) {
                return Optional.of(server.name() + " changes its replicas: "
                        + server.replicas().change().get().text());
            }
            Survival survival = Survival.of(image, facts, server.name());
            if (!survival.survives()) {
                return Optional.of(server.name() + " would not survive its owner's loss: " + survival.reason());
            }
        }
        return image.nodes().values().stream()
                .filter(node -> node.state() != NodeState.UP || node.duty() == NodeDuty.EVICTING)
                .map(node -> "node " + node.name() + " is " + node.state().text() + " and "
                        + node.duty().text())
                .findFirst()
                .or(() -> image.clusterGroup().change().map(change -> "the cluster group changes: " + change.text()));
    }

    private SortedMap<String, OpenEpoch> epochs() {
        SortedMap<String, OpenEpoch> epochs = new TreeMap<>();
        world.planned.virtualServers().keySet().forEach(name -> epochs.put(name, world.stores.epoch(name)));
        return epochs;
    }
}
