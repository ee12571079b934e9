package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A decision in the making: the image as it will be after the events decided so far, so that each rule sees what the
/// rules before it decided.
final class Draft {
    final Facts facts;
    final long now;
    private final long newVersion;
    private final List<Event> events = new ArrayList<>();
    private ClusterImage image;

    Draft(ClusterImage image, Facts facts, long now) {
        this.image = image;
        this.facts = facts;
        this.now = now;
        this.newVersion = image.version() + 1;
    }

    void add(Event event) {
        events.add(event);
        image = image.with(event, newVersion, now);
    }

    ClusterImage image() {
        return image;
    }

    VirtualServer virtualServer(String name) {
        return image.virtualServers().get(name);
    }

    List<String> virtualServers() {
        return List.copyOf(image.virtualServers().keySet());
    }

    void permit(String virtualServer, String owner, Optional<String> heir, String reason) {
        add(new Event.Permitted(virtualServer, owner, heir, reason));
    }

    List<Event> events() {
        return List.copyOf(events);
    }
}
