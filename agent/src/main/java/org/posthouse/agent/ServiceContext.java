package org.posthouse.agent;

import java.util.SortedMap;
import org.posthouse.mailstore.MailStore;

/// What a resource of a virtual server is given to work with.
///
/// @param virtualServer whose resource it is
/// @param node on which it runs
/// @param store the virtual server's mail; there on every node and for as long as the process runs: where this node
///     does not own the virtual server, or has no replica of it, calls fail with `NOT_OPEN`
/// @param properties of the resource, from the image
public record ServiceContext(
        String virtualServer, String node, MailStore store, SortedMap<String, String> properties) {}
