package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/// How many virtual servers a node may own while it owns one of this policy: one (`one-per-node`, the default) or
/// several (`stack N`).
///
/// @param limit 1 or more
public record RoomPolicy(int limit) {
    /// Three active and one passive node cover one loss.
    public static final RoomPolicy ONE_PER_NODE = new RoomPolicy(1);

    private static final String ONE_PER_NODE_TEXT = "one-per-node";
    private static final String STACK = "stack ";

    /// @throws IllegalArgumentException if the limit is below 1
    public RoomPolicy {
        if (limit < 1) {
            throw new IllegalArgumentException("a node's room is at least 1, not " + limit);
        }
    }

    /// The inverse of [#text].
    ///
    /// @throws IllegalArgumentException if it is neither `one-per-node` nor `stack N`
    @JsonCreator
    public static RoomPolicy parse(String text) {
        if (text.equals(ONE_PER_NODE_TEXT)) {
            return ONE_PER_NODE;
        }
        if (text.startsWith(STACK)) {
            return new RoomPolicy(Integer.parseInt(text.substring(STACK.length())));
        }
        throw new IllegalArgumentException("room is 'one-per-node' or 'stack N', not '" + text + "'");
    }

    /// As shown and stored.
    @JsonValue
    public String text() {
        return limit == 1 ? ONE_PER_NODE_TEXT : STACK + limit;
    }
}
