package org.posthouse.cluster;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// Changed copies of sorted maps that nobody can change.
final class SortedMaps {
    private SortedMaps() {}

    static <V> SortedMap<String, V> with(SortedMap<String, V> map, String key, V value) {
        SortedMap<String, V> copy = new TreeMap<>(map);
        copy.put(key, value);
        return Collections.unmodifiableSortedMap(copy);
    }

    static <V> SortedMap<String, V> without(SortedMap<String, V> map, String key) {
        SortedMap<String, V> copy = new TreeMap<>(map);
        copy.remove(key);
        return Collections.unmodifiableSortedMap(copy);
    }
}
