package org.posthouse.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Decision;
import org.posthouse.cluster.Duty;
import org.posthouse.cluster.Event;
import org.posthouse.cluster.Replica;
import org.posthouse.cluster.ReplicaSet;
import org.posthouse.cluster.VirtualServer;

/// Makes those mistakes that lie between a decision and what is done of it.
final class Spoiler {
    private static final int OVERLOOKED_ONE_IN = 3;
    private static final int BY_CHANCE_ONE_IN = 200;

    private final World world;

    Spoiler(World world) {
        this.world = world;
    }

    /// A duty as a node carries it out.
    Duty spoil(Agent agent, Duty duty) {
        boolean closed = duty instanceof Duty.HandOver || duty instanceof Duty.Wait;
        return closed
                        && world.makes(Mistake.OPENS_UNPERMITTED)
                        && !duty.group().equals(ClusterImage.CLUSTER_GROUP)
                        && agent.latch(duty.group()).isEmpty()
                ? new Duty.Open(duty.group(), agent.image().version())
                : duty;
    }

    /// A decision as the coordinator makes it.
    Decision spoil(ClusterImage image, Decision decision) {
        List<Event> events = new ArrayList<>();
        for (Event event : decision.events()) {
            boolean overlooked = event instanceof Event.OpenRecorded
                    && world.makes(Mistake.OVERLOOKS_OPENS)
                    && world.random.nextInt(OVERLOOKED_ONE_IN) == 0;
            if (!overlooked) {
                events.add(
                        event instanceof Event.Permitted permitted && world.makes(Mistake.HEIR_WITHOUT_ROOM)
                                ? withoutRoom(image, permitted)
                                : event);
            }
        }
        if (world.makes(Mistake.FAILS_BACK_UNASKED) && events.isEmpty()) {
            goBack(image, events);
        }
        if (world.makes(Mistake.WITHDRAWS_ONE_VOTE) && events.isEmpty()) {
            withdraw(image, events);
        }
        if (world.makes(Mistake.DECIDES_BY_CHANCE) && world.random.nextInt(BY_CHANCE_ONE_IN) == 0) {
            events.clear();
        }
        return events.equals(decision.events()) ? decision : new Decision(List.copyOf(events), decision.reply());
    }

    private static Event withoutRoom(ClusterImage image, Event.Permitted permitted) {
        return image.virtualServers().values().stream()
                .map(server -> server.permission().owner())
                .filter(owner -> permitted.heir().isPresent() && !owner.equals(permitted.owner()))
                .findFirst()
                .map(full -> new Event.Permitted(
                        permitted.virtualServer(), permitted.owner(), Optional.of(full), permitted.reason()))
                .orElse(permitted);
    }

    private static void goBack(ClusterImage image, List<Event> events) {
        for (VirtualServer server : image.virtualServers().values()) {
            List<String> preferred = server.policy().preferredOwners();
            boolean back = server.formed()
                    && server.move().isEmpty()
                    && !preferred.isEmpty()
                    && image.nodes().get(preferred.getFirst()).up()
                    && !server.permission().owner().equals(preferred.getFirst())
                    && PolicyCheck.room(image, server, preferred.getFirst());
            if (back) {
                events.add(new Event.MoveStarted(server.name(), preferred.getFirst(), "unasked"));
            }
        }
    }

    private static void withdraw(ClusterImage image, List<Event> events) {
        ReplicaSet set = image.clusterGroup();
        if (set.change().isEmpty()) {
            set.voters().stream()
                    .filter(voter -> !image.nodes().get(voter.node()).up())
                    .map(List::<Replica>of)
                    .findFirst()
                    .ifPresent(dead -> events.add(new Event.ReplicasSwapped(
                            ClusterImage.CLUSTER_GROUP, List.of(), dead, "its node is down")));
        }
    }
}
