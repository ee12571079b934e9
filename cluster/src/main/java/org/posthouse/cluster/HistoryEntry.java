package org.posthouse.cluster;

/// One line of the event history.
///
/// @param version of the image that the event made
/// @param at milliseconds since 1970 by the coordinator's clock
/// @param text what happened and why, for an operator
public record HistoryEntry(long version, long at, String text) {}
