package org.posthouse.cluster;

import java.util.List;

/// One entry of the cluster group's log: what a decision made of one image.
///
/// @param baseVersion version of the image that was decided upon; applied to another, the change is refused
/// @param at milliseconds since 1970 by the coordinator's clock
public record Change(long baseVersion, long at, List<Event> events) {}
