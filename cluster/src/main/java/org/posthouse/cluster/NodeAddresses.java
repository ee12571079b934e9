package org.posthouse.cluster;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// Where the nodes take links: what front ends are told, so that they find nodes that joined after they were started,
/// and seek none that have left. One line, `nodes version name=host:port ...`; taken only with a higher version than
/// the one known before.
///
/// @param version of the image that it is taken from
/// @param addresses `host:port` by the node's name
public record NodeAddresses(long version, SortedMap<String, String> addresses) {
    /// With this word the line begins.
    public static final String WORD = "nodes";

    /// Longest line in bytes: 64 nodes, each with a name of 63, a host of 255 and a port of 5.
    public static final int LINE_BYTES_MAX = 22_000;

    /// Copies the table.
    public NodeAddresses {
        addresses = Collections.unmodifiableSortedMap(new TreeMap<>(addresses));
    }

    /// Those of an image, of nodes that have yet to join too.
    public static NodeAddresses of(ClusterImage image) {
        SortedMap<String, String> addresses = new TreeMap<>();
        image.nodes().values().forEach(node -> addresses.put(node.name(), node.address()));
        return new NodeAddresses(image.version(), addresses);
    }

    /// The inverse of [#line].
    ///
    /// @throws IllegalArgumentException if it is no such line
    public static NodeAddresses parse(String line) {
        String[] words = line.split(" ", -1);
        if (words.length < 2 || !words[0].equals(WORD) || !words[1].matches("\\d{1,18}")) {
            throw wrong(line);
        }
        SortedMap<String, String> addresses = new TreeMap<>();
        for (int i = 2; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals < 1 || !words[i].substring(equals + 1).matches(".+:\\d{1,5}")) {
                throw wrong(line);
            }
            addresses.put(words[i].substring(0, equals), words[i].substring(equals + 1));
        }
        return new NodeAddresses(Long.parseLong(words[1]), addresses);
    }

    private static IllegalArgumentException wrong(String line) {
        return new IllegalArgumentException("not a list of nodes (nodes version name=host:port ...): '" + line + "'");
    }

    /// The list as a line, without its end.
    public String line() {
        StringBuilder line = new StringBuilder(WORD).append(' ').append(version);
        addresses.forEach(
                (name, address) -> line.append(' ').append(name).append('=').append(address));
        return line.toString();
    }
}
