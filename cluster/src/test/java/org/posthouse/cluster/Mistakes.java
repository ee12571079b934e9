package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Mistakes that a model cluster makes on purpose, to see whether they are caught.
final class Mistakes {
    /// Each that it can make.
    enum Bug {
        /// A wiped node votes under its old id.
        WIPED_NODE_VOTES,
        /// Whoever leads opens, permitted or not.
        OPENS_UNPERMITTED,
        /// An heir is named that has no room.
        HEIR_WITHOUT_ROOM,
        /// A replica gets its vote before it is filled.
        VOTE_BEFORE_FILLED,
        /// A virtual server goes back to its preferred owner unasked.
        FAILS_BACK_UNASKED,
        /// A single dead voter of the cluster group is withdrawn.
        WITHDRAWS_ONE_VOTE,
        /// The coordinator does not notice who has opened.
        OVERLOOKS_OPENS,
        /// A decision depends on something that is not kept of it.
        DECIDES_BY_CHANCE
    }

    private final ModelCluster cluster;
    private final Set<Bug> bugs = EnumSet.noneOf(Bug.class);

    Mistakes(ModelCluster cluster) {
        this.cluster = cluster;
    }

    void make(Set<Bug> more) {
        bugs.addAll(more);
    }

    boolean made(Bug bug) {
        return bugs.contains(bug);
    }

    /// A decision as the coordinator makes it.
    Decision spoil(Decision decision) {
        if (bugs.isEmpty()) {
            return decision;
        }
        List<Event> events = new ArrayList<>();
        for (Event event : decision.events()) {
            if (made(Bug.HEIR_WITHOUT_ROOM)
                    && event instanceof Event.Permitted permitted
                    && permitted.heir().isPresent()) {
                events.add(withoutRoom(permitted));
            } else if (!(event instanceof Event.OpenRecorded)
                    || !made(Bug.OVERLOOKS_OPENS)
                    || cluster.random.nextInt(3) > 0) {
                events.add(event);
            }
        }
        if (made(Bug.FAILS_BACK_UNASKED) && events.isEmpty()) {
            goBack(events);
        }
        if (made(Bug.WITHDRAWS_ONE_VOTE) && events.isEmpty()) {
            withdraw(events);
        }
        if (made(Bug.DECIDES_BY_CHANCE) && cluster.random.nextInt(200) == 0) {
            events.clear();
        }
        return new Decision(List.copyOf(events), decision.reply());
    }

    private Event withoutRoom(Event.Permitted permitted) {
        String full = cluster.image.virtualServers().values().stream()
                .map(server -> server.permission().owner())
                .filter(owner -> !owner.equals(permitted.owner()))
                .findFirst()
                .orElse(permitted.heir().orElseThrow());
        return new Event.Permitted(permitted.virtualServer(), permitted.owner(), Optional.of(full), permitted.reason());
    }

    private void goBack(List<Event> events) {
        for (VirtualServer server : cluster.image.virtualServers().values()) {
            List<String> preferred = server.policy().preferredOwners();
            boolean back = server.formed()
                    && server.move().isEmpty()
                    && !preferred.isEmpty()
                    && cluster.nodes.get(preferred.getFirst()).alive
                    && !server.permission().owner().equals(preferred.getFirst())
                    && Room.on(cluster.image, preferred.getFirst(), server);
            if (back) {
                events.add(new Event.MoveStarted(server.name(), preferred.getFirst(), "unasked"));
            }
        }
    }

    private void withdraw(List<Event> events) {
        ReplicaSet set = cluster.image.clusterGroup();
        if (set.change().isEmpty()) {
            set.voters().stream()
                    .filter(voter -> !cluster.image.nodes().get(voter.node()).up())
                    .findFirst()
                    .ifPresent(voter -> events.add(new Event.ReplicasSwapped(
                            ClusterImage.CLUSTER_GROUP, List.of(), List.of(voter), "its node is down")));
        }
    }

    /// A duty as a node carries it out.
    Duty spoil(ModelCluster.ModelNode node, Duty duty) {
        boolean closed = duty instanceof Duty.HandOver || duty instanceof Duty.Wait;
        return closed
                        && made(Bug.OPENS_UNPERMITTED)
                        && cluster.image.virtualServers().containsKey(duty.group())
                        && !cluster.groups.get(duty.group()).openOn.equals(node.name)
                ? new Duty.Open(duty.group(), node.known.version())
                : duty;
    }
}
