package org.posthouse.cluster;

import java.util.SortedMap;

/// The coordinator's answer to a heartbeat: the node is acknowledged, as of when it spoke.
///
/// @param process of the node, see [Facts.Heartbeat#process]
/// @param saidAt see [LeaseWord#saidAt], of the heartbeat that is answered
/// @param granted virtual servers whose addresses and outside programs the node may have, and the epochs under
///     which it has them open
public record LeaseAnswer(long process, long saidAt, SortedMap<String, OpenEpoch> granted) {}
