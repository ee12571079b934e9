package org.posthouse.wire;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// What a process does for its peers: a service for each kind, and which peers may use it. One table serves all
/// links of a process, and may grow while they stand.
public final class LinkServices {
    private final Map<String, Entry> byKind = new ConcurrentHashMap<>();

    private record Entry(Predicate<String> allowed, LinkService service) {}

    /// A service, or why there is none for this peer.
    sealed interface Found {
        /// The service to use.
        record Service(LinkService service) implements Found {}

        /// What to tell the peer.
        record Refusal(String reason) implements Found {}
    }

    /// Offers a service.
    ///
    /// @param allowed says of a peer's name (`node:n1`, `front-end:f1`, `operator:admin`) whether it may use it
    /// @throws IllegalStateException if the kind is taken
    public void register(String kind, Predicate<String> allowed, LinkService service) {
        if (byKind.putIfAbsent(kind, new Entry(allowed, service)) != null) {
            throw new IllegalStateException("there is a service of kind '" + kind + "' already");
        }
    }

    /// For [#register]: only nodes of the cluster.
    public static boolean nodes(String peer) {
        return peer.startsWith("node:");
    }

    /// For [#register]: nodes and front ends.
    public static boolean nodesAndFrontEnds(String peer) {
        return nodes(peer) || peer.startsWith("front-end:");
    }

    /// For [#register]: nodes, and operators at the command line.
    public static boolean nodesAndOperators(String peer) {
        return nodes(peer) || peer.startsWith("operator:");
    }

    /// For [#register]: everyone with a certificate of the cluster.
    public static boolean everyone(String peer) {
        return PeerIdentity.isPeerName(peer);
    }

    Found find(String kind, String peer) {
        Entry entry = byKind.get(kind);
        if (entry == null) {
            return new Found.Refusal("nothing of kind '" + kind + "' here");
        }
        if (!entry.allowed.test(peer)) {
            return new Found.Refusal(peer + " may not use '" + kind + "' here");
        }
        return new Found.Service(entry.service);
    }
}
