package org.posthouse.frontend;

import java.util.List;
import java.util.SortedMap;
import org.posthouse.cluster.Route;

/// How a front end is, at one moment.
///
/// @param name its short name: `f1`
/// @param pid of its process
/// @param address where it listens
/// @param ports by what they are for: `smtp`, `submission`, `imap`, `imaps`
/// @param sessions relayed IMAP sessions
/// @param connections of clients, relayed or not
/// @param nodes whether the link to each node stands, by the nodes' short names
/// @param routes those known
public record FrontEndStatus(
        String name,
        long pid,
        String address,
        SortedMap<String, Integer> ports,
        int sessions,
        int connections,
        SortedMap<String, Boolean> nodes,
        List<Route> routes) {}
