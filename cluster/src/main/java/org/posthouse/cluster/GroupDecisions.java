package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;

/// Decides operators' commands about virtual servers, but for moves.
final class GroupDecisions {
    private static final List<String> PROPERTIES = List.of(
            "preferred-owners",
            "possible-owners",
            "room",
            "failback",
            "failover-threshold",
            "failover-period",
            "replace-lost-after");

    private GroupDecisions() {}

    static Decision setWanted(ClusterImage image, Command.SetGroupWanted command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null) {
            return noServer(image, command.virtualServer());
        }
        List<Event> events = new ArrayList<>();
        if (server.wanted() != command.wanted()) {
            events.add(new Event.GroupWanted(server.name(), command.wanted()));
        }
        if (command.wanted() && !server.failovers().isEmpty()) {
            events.add(new Event.FailoversForgotten(server.name()));
        }
        if (command.wanted() && SharedPlanner.givenUp(server)) {
            events.add(SharedPlanner.again(server, "an operator wants it online"));
        }
        return new Decision(
                List.copyOf(events),
                Reply.done(server.name() + (command.wanted() ? " is brought online" : " is taken offline")));
    }

    static Decision setProperty(ClusterImage image, Command.SetGroupProperty command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null) {
            return noServer(image, command.virtualServer());
        }
        try {
            VirtualServer.Policy changed = changed(image, server.policy(), command.property(), command.value());
            String what = command.property() + " is now " + command.value();
            return changed.equals(server.policy())
                    ? new Decision(List.of(), Reply.done(server.name() + ": " + what))
                    : Coordinator.decided(
                            new Event.GroupPolicySet(server.name(), changed, what), server.name() + ": " + what);
        } catch (IllegalArgumentException e) {
            return Coordinator.refused(e.getMessage());
        }
    }

    private static VirtualServer.Policy changed(
            ClusterImage image, VirtualServer.Policy policy, String property, String value) {
        List<String> preferred = policy.preferredOwners();
        List<String> possible = policy.possibleOwners();
        RoomPolicy room = policy.room();
        Failback failback = policy.failback();
        int failovers = policy.failovers();
        long period = policy.failoverPeriodMillis();
        long replaceLostAfter = policy.replaceLostAfterMillis();
        switch (property) {
            case "preferred-owners" -> preferred = nodes(image, value);
            case "possible-owners" -> possible = nodes(image, value);
            case "room" -> room = RoomPolicy.parse(value);
            case "failback" -> failback = Failback.parse(value);
            case "failover-threshold" ->
                failovers = value.equals("default") ? -1 : (int) ResourcePolicy.number(property, value, 0, 1000);
            case "failover-period" ->
                period = 3_600_000 * ResourcePolicy.number("failover-period, in hours,", value, 1, 24 * 31);
            case "replace-lost-after" ->
                replaceLostAfter = switch (value) {
                    case "default" -> 0;
                    case "never" -> -1;
                    default ->
                        60_000 * ResourcePolicy.number("replace-lost-after, in minutes,", value, 1, 60 * 24 * 31);
                };
            default ->
                throw new IllegalArgumentException(
                        "a virtual server has no property '" + property + "'; it has " + PROPERTIES);
        }
        if (!failback.equals(Failback.NEVER) && preferred.isEmpty()) {
            throw new IllegalArgumentException(
                    "failback needs preferred owners to go back to; set preferred-owners first");
        }
        for (String node : preferred) {
            if (!possible.isEmpty() && !possible.contains(node)) {
                throw new IllegalArgumentException(
                        node + " is a preferred owner, but no possible one; possible are " + possible);
            }
        }
        return new VirtualServer.Policy(preferred, possible, room, failback, failovers, period, replaceLostAfter);
    }

    /// @param value names with commas between; `any` for none
    private static List<String> nodes(ClusterImage image, String value) {
        if (value.equals("any")) {
            return List.of();
        }
        List<String> names = List.of(value.split(","));
        for (String name : names) {
            if (!image.nodes().containsKey(name)) {
                throw new IllegalArgumentException(
                        "no node '" + name + "'; there are " + image.nodes().keySet());
            }
            if (image.nodes().get(name).witness()) {
                throw new IllegalArgumentException(Witness.refusal(image, name, "own a virtual server"));
            }
            // A policy without it would say "any" where it says "this one only".
            if (image.nodes().get(name).duty() == NodeDuty.EVICTING) {
                throw new IllegalArgumentException(name + " is being evicted; name nodes that stay");
            }
        }
        if (names.stream().distinct().count() != names.size()) {
            throw new IllegalArgumentException("a node is named twice: " + value);
        }
        return names;
    }

    static Decision noServer(ClusterImage image, String name) {
        return Coordinator.refused("no virtual server '" + name + "'; there are "
                + image.virtualServers().keySet());
    }
}
