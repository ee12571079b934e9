package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonValue;

/// How the cluster sees a node.
public enum NodeState {
    /// Its heartbeats arrive.
    UP("up"),
    /// It was added and has not been heard yet: it counts for nothing.
    JOINING("joining"),
    /// None has arrived for a second. For planning only: it may still own what it owns.
    DOWN("down"),
    /// The same, and an operator has said that it will not be back soon: its replicas are made anew at once.
    LOST("lost");

    private final String text;

    NodeState(String text) {
        this.text = text;
    }

    /// As shown and stored.
    @JsonValue
    public String text() {
        return text;
    }
}
