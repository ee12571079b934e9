package org.posthouse.cluster;

/// A member of the cluster.
///
/// @param name lower-case letters, digits and hyphens
/// @param incarnation under which it began with an empty folder: whatever it held under a lower one is lost
/// @param newestIncarnation given to one of its replicas so far: each new replica gets the next, so that no id in a
///     Raft group is ever used again
/// @param clusterIncarnation under which it takes part in the cluster group
/// @param host address that its replication and link ports are bound to
/// @param hardware what it runs on, so that replicas are kept apart; `""` if not known
/// @param state as the coordinator sees it
/// @param since milliseconds since 1970 when it came into that state
/// @param reason why it is in that state; never empty once it was seen
/// @param duty whether an operator lets it take things over
public record Node(
        String name,
        int incarnation,
        int newestIncarnation,
        int clusterIncarnation,
        String host,
        int replicationPort,
        int linkPort,
        String hardware,
        NodeState state,
        long since,
        String reason,
        NodeDuty duty) {

    /// Whether its heartbeats arrive.
    public boolean up() {
        return state == NodeState.UP;
    }

    /// Where its links go, for people.
    public String address() {
        return host + ":" + linkPort;
    }

    boolean sameAddress(Node other) {
        return host.equals(other.host) && replicationPort == other.replicationPort && linkPort == other.linkPort;
    }

    Node in(NodeState newState, long at, String why) {
        return new Node(
                name,
                incarnation,
                newestIncarnation,
                clusterIncarnation,
                host,
                replicationPort,
                linkPort,
                hardware,
                newState,
                at,
                why,
                duty);
    }

    /// Whether it takes part and is to go on doing so.
    boolean stays() {
        return state != NodeState.JOINING && duty != NodeDuty.EVICTING;
    }

    /// Whether it may be given anything to own or to hold.
    public boolean takes() {
        return duty == NodeDuty.ACTIVE;
    }

    Node on(NodeDuty changed) {
        return new Node(
                name,
                incarnation,
                newestIncarnation,
                clusterIncarnation,
                host,
                replicationPort,
                linkPort,
                hardware,
                state,
                since,
                reason,
                changed);
    }

    Node incarnations(int own, int newest, int cluster) {
        return new Node(
                name, own, newest, cluster, host, replicationPort, linkPort, hardware, state, since, reason, duty);
    }
}
