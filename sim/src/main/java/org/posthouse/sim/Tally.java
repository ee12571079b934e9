package org.posthouse.sim;

import java.util.SortedMap;
import java.util.TreeMap;

/// How often what happened.
final class Tally {
    private final SortedMap<String, Long> counts = new TreeMap<>();

    void add(String what) {
        counts.merge(what, 1L, Long::sum);
    }

    void add(String what, long times) {
        counts.merge(what, times, Long::sum);
    }

    void add(Tally other) {
        other.counts.forEach(this::add);
    }

    long of(String what) {
        return counts.getOrDefault(what, 0L);
    }

    SortedMap<String, Long> counts() {
        return counts;
    }
}
