package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonValue;

/// What an operator lets a node do, whether it is up or not.
public enum NodeDuty {
    /// Own and hold whatever the plan gives it.
    ACTIVE("active"),
    /// Keep what it owns and holds, and take no more.
    PAUSED("paused"),
    /// Take no more, and give away what it owns as soon as another node can take it.
    DRAINING("draining"),
    /// Give away everything and leave the cluster.
    EVICTING("being evicted");

    private final String text;

    NodeDuty(String text) {
        this.text = text;
    }

    /// Whether it gives away what it owns.
    boolean givesAway() {
        return this == DRAINING || this == EVICTING;
    }

    /// As shown and stored.
    @JsonValue
    public String text() {
        return text;
    }
}
