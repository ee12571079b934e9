package org.posthouse.cluster;

import java.util.List;

/// What the coordinator decided: events to propose, in order and all or nothing, and the answer to give once they are
/// applied. No events: nothing is to be proposed.
public record Decision(List<Event> events, Reply reply) {}
