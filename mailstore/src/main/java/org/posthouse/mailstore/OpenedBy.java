package org.posthouse.mailstore;

/// Who has opened a storage group, as far as this replica has applied its log.
///
/// @param epoch of that `Open`
/// @param node node and incarnation that proposed it
/// @param imageVersion of the permission
/// @param open whether no `Close` followed
public record OpenedBy(Epoch epoch, String node, long imageVersion, boolean open) {}
