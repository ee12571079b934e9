package org.posthouse.sim;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Messages between nodes: late by chance, lost where a link is cut or poor, and gone with the process that they were
/// for. A message to a stopped process waits for it in the kernel.
final class Network {
    private static final int SLOW_ONE_IN = 60;
    private static final int SLOW_MILLIS = 50;
    private static final int POOR_LOSES_ONE_IN = 3;

    private final World world;
    /// By link, `from>to`: cut, or only poor.
    private final SortedMap<String, Boolean> troubled = new TreeMap<>();
    /// When each link that was ever troubled was so last.
    private final SortedMap<String, Long> troubledUntil = new TreeMap<>();

    Network(World world) {
        this.world = world;
    }

    private static String link(String from, String to) {
        return from + ">" + to;
    }

    void cut(String from, String to) {
        troubled.put(link(from, to), true);
    }

    void spoil(String from, String to) {
        troubled.put(link(from, to), false);
    }

    void heal() {
        troubled.keySet().forEach(link -> troubledUntil.put(link, world.time.now()));
        troubled.clear();
    }

    boolean whole() {
        return troubled.isEmpty();
    }

    boolean reaches(String from, String to) {
        return troubled.isEmpty() || !Boolean.TRUE.equals(troubled.get(link(from, to)));
    }

    /// Since when every message has arrived; never if the link is in trouble.
    long wellSince(String from, String to) {
        String link = link(from, to);
        return troubled.containsKey(link) ? Long.MAX_VALUE : troubledUntil.getOrDefault(link, 0L);
    }

    /// How long a message takes.
    long delay() {
        return world.random.nextInt(SLOW_ONE_IN) == 0 ? world.random.nextInt(SLOW_MILLIS) : 1 + world.random.nextInt(3);
    }

    /// Has something done on another node, if the message arrives.
    void send(SimNode from, String to, Consumer<Agent> arrival) {
        SimNode target = world.nodes.get(to);
        if (target == null || !target.alive()) {
            return;
        }
        if (!troubled.isEmpty() && target != from) {
            Boolean cut = troubled.get(link(from.name, to));
            if (cut != null && (cut || world.random.nextInt(POOR_LOSES_ONE_IN) == 0)) {
                return;
            }
        }
        target.receive(target == from ? 0 : delay(), () -> arrival.accept(target.agent()));
    }

    /// Asks another node and hears its answer, or nothing within the time.
    ///
    /// @param serve on the other node: does what is asked and answers, now or later
    <T> void call(
            SimNode from,
            String to,
            long timeoutMillis,
            BiConsumer<Agent, Consumer<T>> serve,
            Consumer<Optional<T>> answer) {
        Consumer<Optional<T>> first = once(answer);
        long asking = from.process();
        from.after(timeoutMillis, () -> first.accept(Optional.empty()));
        send(
                from,
                to,
                there -> serve.accept(
                        there,
                        said -> send(there.node(), from.name, _ -> {
                            if (from.process() == asking) {
                                first.accept(Optional.of(said));
                            }
                        })));
    }

    /// Takes the first of several answers.
    static <T> Consumer<Optional<T>> once(Consumer<Optional<T>> answer) {
        boolean[] heard = new boolean[1];
        return said -> {
            if (!heard[0]) {
                heard[0] = true;
                answer.accept(said);
            }
        };
    }
}
