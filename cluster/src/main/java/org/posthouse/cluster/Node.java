package org.posthouse.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;

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
/// @param types of resources that it can bring online, as its process told; empty before it first ran
/// @param remains replicas of deleted virtual servers that it has not said to have put aside
/// @param witness whether it only votes and keeps a log, and hosts nothing: see [Witness]
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
        NodeDuty duty,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ResourceTypeFacts> types,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Remains> remains,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean witness) {

    /// What a node held of a virtual server when that was deleted. Until it has said that it takes part no more, or is
    /// evicted, no other virtual server gets the name.
    public record Remains(String group, int incarnation) {}

    public Node {
        types = types == null ? List.of() : types; // an image of feature level 1
        remains = remains == null ? List.of() : remains; // the same
    }

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
        return with(newState, at, why, duty, types, remains);
    }

    /// Whether it takes part and is to go on doing so.
    boolean stays() {
        return state != NodeState.JOINING && duty != NodeDuty.EVICTING;
    }

    /// Whether it may be given anything to own or to hold.
    public boolean takes() {
        return duty == NodeDuty.ACTIVE && !witness;
    }

    /// Whether it is a witness that may be given a vote in a storage group.
    boolean witnesses() {
        return duty == NodeDuty.ACTIVE && witness;
    }

    Node on(NodeDuty changed) {
        return with(state, since, reason, changed, types, remains);
    }

    Node having(List<ResourceTypeFacts> told) {
        return with(state, since, reason, duty, told, remains);
    }

    Node incarnations(int own, int newest, int cluster) {
        return new Node(
                name,
                own,
                newest,
                cluster,
                host,
                replicationPort,
                linkPort,
                hardware,
                state,
                since,
                reason,
                duty,
                types,
                remains,
                witness);
    }

    /// With what is left of a virtual server that was deleted.
    Node keeping(Remains more) {
        List<Remains> all = new ArrayList<>(remains);
        all.add(more);
        return remaining(List.copyOf(all));
    }

    /// Without it.
    Node without(Remains gone) {
        return remaining(remains.stream().filter(one -> !one.equals(gone)).toList());
    }

    Node remaining(List<Remains> left) {
        return with(state, since, reason, duty, types, left);
    }

    private Node with(
            NodeState newState,
            long at,
            String why,
            NodeDuty newDuty,
            List<ResourceTypeFacts> told,
            List<Remains> left) {
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
                newDuty,
                told,
                left,
                witness);
    }
}
