package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collection;

/// Where a group stands, derived from its resources.
public enum GroupState {
    /// Every resource is online.
    ONLINE("online"),
    /// Some are online, some are not.
    PARTIALLY_ONLINE("partially-online"),
    /// None is online, and none shall be.
    OFFLINE("offline"),
    /// It is being brought online or taken offline.
    PENDING("pending"),
    /// Nobody may or can bring it online; the reason says why.
    FAILED("failed");

    private final String text;

    GroupState(String text) {
        this.text = text;
    }

    /// As shown and stored.
    @JsonValue
    public String text() {
        return text;
    }

    /// The state of a group with resources in these states, on an owner that lives. A pending resource makes the
    /// group pending; a failed one beside others that are online leaves it partially online.
    public static GroupState of(Collection<ResourceState> resources) {
        int online = 0;
        int failed = 0;
        for (ResourceState state : resources) {
            switch (state) {
                case ONLINE_PENDING, OFFLINE_PENDING -> {
                    return PENDING;
                }
                case ONLINE -> online++;
                case FAILED -> failed++;
                case OFFLINE -> {}
            }
        }
        if (online == resources.size()) {
            return ONLINE;
        }
        if (online > 0) {
            return PARTIALLY_ONLINE;
        }
        return failed > 0 ? FAILED : OFFLINE;
    }
}
