package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Many seeds, on all cores; each in one thread.
final class Campaign {
    /// For how long a cluster is disturbed unless asked otherwise.
    static final long MILLIS = 20_000;

    /// Sizes that seeds take in turn: a passive node or none, an odd number of nodes or an even one.
    private static final List<World.Size> SIZES = List.of(
            new World.Size(3, 2),
            new World.Size(4, 3),
            new World.Size(4, 3),
            new World.Size(5, 3),
            new World.Size(4, 4));

    /// And so many of every seven, two nodes and a witness.
    private static final List<World.Size> WITH_WITNESS =
            List.of(new World.Size(2, 1, true), new World.Size(2, 2, true));

    /// And of so many others, so many virtual servers in shared mode.
    private static final SortedMap<Integer, Integer> SHARED = new TreeMap<>(Map.of(3, 1, 5, 2));

    private static final int SEVEN = 7;

    private Campaign() {}

    /// The size of the cluster that a seed plays with.
    ///
    /// @param nodes 0 to leave it to the seed
    /// @param virtualServers likewise
    /// @param witness whether to have one in any case; else only where the seed chooses the nodes and has one
    static World.Size size(long seed, int nodes, int virtualServers, boolean witness) {
        int turn = (int) Math.floorMod(seed, (long) SEVEN);
        World.Size own = turn < WITH_WITNESS.size()
                ? WITH_WITNESS.get(turn)
                : SIZES.get((int) Math.floorMod(seed, (long) SIZES.size()));
        return new World.Size(
                nodes > 0 ? nodes : own.nodes(),
                virtualServers > 0 ? virtualServers : own.virtualServers(),
                witness || (nodes <= 0 && own.witness()),
                nodes <= 0 && virtualServers <= 0 ? SHARED.getOrDefault(turn, 0) : 0);
    }

    /// Plays seeds, as many at a time as there are cores.
    ///
    /// @return the results, in order
    static List<Run.Result> play(
            long from, int seeds, int nodes, int virtualServers, boolean witness, long millis, Set<Mistake> mistakes) {
        List<Run.Result> results = new ArrayList<>();
        try (ExecutorService cores =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            List<Future<Run.Result>> under = new ArrayList<>();
            for (long seed = from; seed < from + seeds; seed++) {
                long one = seed;
                under.add(cores.submit(() ->
                        Run.play(one, size(one, nodes, virtualServers, witness), millis, mistakes, new Story(0))));
            }
            for (Future<Run.Result> result : under) {
                results.add(result.get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a seed could not be played", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return results;
    }
}
