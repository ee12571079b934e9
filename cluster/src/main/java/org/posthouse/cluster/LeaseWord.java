package org.posthouse.cluster;

import java.util.SortedMap;

/// What a node says of the node lease in each heartbeat.
///
/// @param saidAt milliseconds since its machine was started, pauses and suspends included, when it said so
/// @param held virtual servers for which it was granted the lease and has not given it back, and the epoch under
///     which it was granted; it may have lapsed meanwhile
public record LeaseWord(long saidAt, SortedMap<String, OpenEpoch> held) {}
