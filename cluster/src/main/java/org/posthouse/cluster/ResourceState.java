package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonValue;

/// Where a resource stands on its owner.
public enum ResourceState {
    /// It does nothing.
    OFFLINE("offline"),
    /// It is being brought online.
    ONLINE_PENDING("online-pending"),
    /// It serves.
    ONLINE("online"),
    /// It is being taken offline.
    OFFLINE_PENDING("offline-pending"),
    /// It could not be brought online, or a check of its health failed.
    FAILED("failed");

    private final String text;

    ResourceState(String text) {
        this.text = text;
    }

    /// As shown and stored.
    @JsonValue
    public String text() {
        return text;
    }
}
