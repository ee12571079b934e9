package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;

/// What a node does by itself, given the image as it knows it and what it hosts. Level-triggered: asked again after
/// each step, it says what is still to be done, so a step that failed or was cut short by a crash is simply done
/// again.
public final class NodeDecisions {
    private NodeDecisions() {}

    /// What the node hosts and hears.
    ///
    /// @param incarnation the node's own, see [Node#incarnation]
    /// @param groups its memberships and what is left of lost ones, by group
    /// @param peers the newest heartbeat of each node heard within the last second, its own included
    /// @param seenOpen virtual servers that this process has heard their present owner hold open
    /// @param askedFor groups for which the cluster group was just asked for its image, answered or not
    /// @param freshFor groups for which it has just answered
    public record Local(
            String node,
            int incarnation,
            long processAgeMillis,
            SortedMap<String, LocalGroup> groups,
            SortedMap<String, Facts.Heartbeat> peers,
            SortedSet<String> seenOpen,
            SortedSet<String> askedFor,
            SortedSet<String> freshFor) {}

    /// A membership as the node sees it.
    ///
    /// @param incarnation under which it was made
    /// @param running whether it is open and in service; otherwise only its trace is left
    /// @param leading whether this node leads and has applied its own term's first entry
    /// @param members the configuration in force as known here
    /// @param open whether the gate is open here
    /// @param opening whether an `Open` was proposed and is not decided yet
    /// @param sharing whether it lies in a shared folder that this node has taken over
    public record LocalGroup(
            int incarnation,
            boolean running,
            boolean leading,
            List<Seat> members,
            boolean open,
            boolean opening,
            boolean sharing) {
        /// A replica's.
        public LocalGroup(
                int incarnation, boolean running, boolean leading, List<Seat> members, boolean open, boolean opening) {
            this(incarnation, running, leading, members, open, opening, false);
        }
    }

    /// What is to be done now, at most one thing for each group, in order of group.
    public static List<Duty> duties(ClusterImage image, Local local) {
        List<Duty> duties = new ArrayList<>();
        SortedSet<String> held = new TreeSet<>();
        local.groups().forEach((group, state) -> {
            if (state.open() || state.opening()) {
                held.add(group);
            }
        });
        SortedSet<String> groups = new TreeSet<>(local.groups().keySet());
        groups.addAll(image.virtualServers().keySet());
        remains(image, local).forEach(remains -> groups.add(remains.group()));
        for (String group : groups) {
            duty(image, local, group, held).ifPresent(duty -> {
                duties.add(duty);
                if (duty instanceof Duty.Open) {
                    held.add(group);
                }
            });
        }
        return duties;
    }

    /// The configuration that the image wants for a group. A replica that is to be added is left out until its node
    /// has joined: it could not be reached.
    public static List<Seat> wanted(ClusterImage image, String group, SortedMap<String, Facts.Heartbeat> peers) {
        ReplicaSet set = image.replicas(group).orElseThrow();
        VirtualServer server = image.virtualServers().get(group);
        List<Seat> seats = new ArrayList<>();
        for (Replica replica : set.replicas()) {
            if (replica.role() == Replica.Role.ADDING && !joined(group, replica, peers)) {
                continue;
            }
            boolean first =
                    server != null && replica.votes() && server.permission().permits(replica.node());
            seats.add(new Seat(replica.node(), replica.incarnation(), replica.votes(), first ? 1 : 0));
        }
        return sorted(seats);
    }

    private static boolean joined(String group, Replica replica, SortedMap<String, Facts.Heartbeat> peers) {
        Facts.Heartbeat heartbeat = peers.get(replica.node());
        Facts.Membership membership =
                heartbeat == null ? null : heartbeat.groups().get(group);
        return membership != null && membership.incarnation() == replica.incarnation() && !membership.failed();
    }

    private static Optional<Duty> duty(ClusterImage image, Local local, String group, SortedSet<String> held) {
        LocalGroup state = local.groups().get(group);
        if (group.equals(ClusterImage.CLUSTER_GROUP)) {
            if (state == null || !state.running()) {
                return Optional.empty();
            }
            return state.leading() ? coordinate(image, local, state) : returnToCluster(image, local, state);
        }
        VirtualServer server = image.virtualServers().get(group);
        boolean shares = state != null && state.sharing();
        if (shares || (server != null && server.shared().isPresent())) {
            return Optional.ofNullable(SharedDecisions.duty(image, local, group, held));
        }
        if (server == null) {
            return deleted(image, local, group, state);
        }
        ReplicaSet set = image.replicas(group).orElseThrow();
        Optional<Replica> own = set.of(local.node(), local.incarnation(), false);
        if (own.isEmpty()) {
            if (state != null && state.running() && state.leading()) {
                return Optional.of(yieldTo(image, local, group, state, "the replica on " + local.node() + " is to go"));
            }
            boolean keep = state == null
                    || set.leaving(local.node(), state.incarnation())
                    || set.of(local.node(), state.incarnation()).isPresent();
            if (keep) {
                return Optional.empty();
            }
            // An old image may not know of this replica yet: nothing is deleted by it.
            return Optional.of(
                    local.freshFor().contains(group)
                            ? new Duty.Leave(group, "its replica here was replaced by another node's")
                            : new Duty.FetchImage(group));
        }
        if (state == null || state.incarnation() < own.get().incarnation()) {
            return missing(image, local, group, own.get());
        }
        if (state.incarnation() > own.get().incarnation()) {
            return Optional.empty(); // This image is older than the replica.
        }
        if (!state.running()) {
            return Optional.of(
                    new Duty.ReportLost(group, state.incarnation(), "it is damaged or gone on " + local.node()));
        }
        if (!state.leading()) {
            return Optional.empty();
        }
        return Witness.is(image, local.node())
                ? leadAsWitness(image, local, group, state, held)
                : lead(image, local, group, state, held);
    }

    /// A witness that leads has nothing more urgent than that a full replica does, which can also fill those that need
    /// what the witness does not have. Only where none could does it carry out what is wanted itself.
    private static Optional<Duty> leadAsWitness(
            ClusterImage image, Local local, String group, LocalGroup state, SortedSet<String> held) {
        Duty yields = yieldTo(image, local, group, state, local.node() + " is a witness");
        return yields instanceof Duty.Wait ? lead(image, local, group, state, held) : Optional.of(yields);
    }

    /// A virtual server that the image does not have was deleted, unless the image is older than it.
    private static Optional<Duty> deleted(ClusterImage image, Local local, String group, LocalGroup state) {
        if (state == null) {
            return remains(image, local).stream()
                    .filter(remains -> remains.group().equals(group))
                    .findFirst()
                    .map(remains -> new Duty.ReportPutAside(group, remains.incarnation()));
        }
        if (!image.created()) {
            return Optional.empty();
        }
        return Optional.of(
                local.freshFor().contains(group)
                        ? new Duty.PutAside(group, "the virtual server was deleted")
                        : new Duty.FetchImage(group));
    }

    private static List<Node.Remains> remains(ClusterImage image, Local local) {
        Node self = image.nodes().get(local.node());
        return self == null ? List.of() : self.remains();
    }

    /// A replica that was taken out while its node was away is told so by the leader when it stands for election, if it
    /// asks that one at all: it asks those that had a vote when it went. The leader's heartbeats tell too. One that
    /// is yet to be added knows of no members. A node that goes by an outdated incarnation is told so as well.
    private static Optional<Duty> returnToCluster(ClusterImage image, Local local, LocalGroup state) {
        Predicate<Seat> own = seat -> seat.node().equals(local.node()) && seat.incarnation() == state.incarnation();
        boolean was = state.members().stream().anyMatch(own)
                || (!state.members().isEmpty()
                        && image.clusterGroup()
                                .of(local.node(), state.incarnation())
                                .isEmpty());
        for (Facts.Heartbeat peer : local.peers().values()) {
            Facts.Membership leader = peer.groups().get(ClusterImage.CLUSTER_GROUP);
            if (leader == null || !leader.leading()) {
                continue;
            }
            Facts.Given given = peer.outdated().get(local.node());
            boolean whole = given != null && given.own() > local.incarnation();
            boolean outdated = given != null && given.cluster() > state.incarnation();
            boolean out = was
                    && !leader.members().isEmpty()
                    && leader.members().stream().noneMatch(own);
            if (whole || outdated || out) {
                return Optional.of(new Duty.Rejoin(ClusterImage.CLUSTER_GROUP, state.incarnation(), whole));
            }
        }
        return Optional.empty();
    }

    /// A coordinator whose node leaves, or whose vote has been given to another while it was away, hands over to one
    /// that stays: a leader cannot take itself out of its group.
    private static Optional<Duty> coordinate(ClusterImage image, Local local, LocalGroup state) {
        ReplicaSet set = image.clusterGroup();
        Node self = image.nodes().get(local.node());
        boolean stays = self != null
                && self.duty() != NodeDuty.EVICTING
                && set.of(local.node(), state.incarnation()).isPresent();
        if (!stays) {
            List<String> others = state.members().stream()
                    .filter(seat -> !seat.node().equals(local.node())
                            && couldLead(set, ClusterImage.CLUSTER_GROUP, local, seat))
                    .map(Seat::node)
                    .toList();
            if (!others.isEmpty()) {
                return Optional.of(new Duty.HandOver(
                        ClusterImage.CLUSTER_GROUP,
                        others,
                        false,
                        "the replica of the cluster group on " + local.node() + " is to go"));
            }
        }
        return reconfigure(image, local, ClusterImage.CLUSTER_GROUP, state);
    }

    /// A leader whose own replica is to go can not take itself out of the configuration, and a witness is to lead no
    /// longer than it must: it hands over first, to one that is permitted if that can lead already, else to one
    /// that stays. Before that it gives them the priority without which they could not take it.
    private static Duty yieldTo(ClusterImage image, Local local, String group, LocalGroup state, String reason) {
        VirtualServer server = image.virtualServers().get(group);
        VirtualServer.Permission permission = server.permission();
        List<Seat> inForce = sorted(state.members());
        List<Seat> able = inForce.stream()
                .filter(seat -> !seat.node().equals(local.node()) && couldLead(server.replicas(), group, local, seat))
                .toList();
        List<Seat> permitted =
                able.stream().filter(seat -> permission.permits(seat.node())).toList();
        // Where no permitted one lives, whoever leads next carries the change out and hands over to one of them.
        List<Seat> first = permitted.isEmpty() ? able : permitted;
        List<Seat> reordered = inForce.stream()
                .map(seat -> new Seat(seat.node(), seat.incarnation(), seat.votes(), first.contains(seat) ? 1 : 0))
                .toList();
        if (!first.isEmpty() && !reordered.equals(inForce)) {
            return new Duty.Reconfigure(group, inForce, reordered);
        }
        List<String> to = first.stream().map(Seat::node).toList();
        return to.isEmpty() ? new Duty.Wait(group, reason) : new Duty.HandOver(group, to, false, reason);
    }

    /// Whether a voter in force stays and was heard with the replica that it votes with.
    private static boolean couldLead(ReplicaSet set, String group, Local local, Seat seat) {
        return seat.votes()
                && set.of(seat.node(), seat.incarnation())
                        .filter(replica -> joined(group, replica, local.peers()))
                        .isPresent();
    }

    private static Optional<Duty> missing(ClusterImage image, Local local, String group, Replica own) {
        if (own.role() == Replica.Role.ADDING
                || image.virtualServers().get(group).formed()) {
            // Also a first member that comes late: the others have formed the group without it, and it starts empty,
            // so it votes in nothing until their leader has filled it. Under this incarnation it never held anything.
            return Optional.of(new Duty.Join(group, own.incarnation()));
        }
        // Nobody has formed it yet, as far as this image knows; the cluster group is asked before this node does.
        return Optional.of(
                local.freshFor().contains(group)
                        ? new Duty.Form(group, wanted(image, group, local.peers()))
                        : new Duty.FetchImage(group));
    }

    private static Optional<Duty> lead(
            ClusterImage image, Local local, String group, LocalGroup state, SortedSet<String> held) {
        if (state.opening()) {
            return Optional.empty();
        }
        if (!state.open()) {
            Duty duty = open(image, local, group, held);
            // A closed leader carries out changes of replicas and priorities too: they may be what the group is
            // waiting for, and leadership can not be handed to a lower priority.
            return duty instanceof Duty.Wait || duty instanceof Duty.HandOver
                    ? reconfigure(image, local, group, state).or(() -> Optional.of(duty))
                    : Optional.of(duty);
        }
        return reconfigure(image, local, group, state).or(() -> handOverForMove(image, local, group));
    }

    static Duty open(ClusterImage image, Local local, String group, SortedSet<String> held) {
        Optional<Seat> owner = ownerToBe(image, local, group);
        if (owner.isPresent()) {
            return new Duty.HandOver(
                    group, List.of(owner.get().node()), false, owner.get().node() + " is to be its first owner");
        }
        var situation = new OpenDecision.Situation(
                local.node(),
                local.processAgeMillis(),
                held,
                new TreeSet<>(local.peers().keySet()),
                local.seenOpen().contains(group),
                local.askedFor().contains(group));
        return switch (OpenDecision.decide(image, group, situation)) {
            case OpenDecision.Open decided -> new Duty.Open(group, decided.version());
            case OpenDecision.HandOver decided -> new Duty.HandOver(group, decided.to(), false, decided.reason());
            case OpenDecision.FetchImage ignored -> new Duty.FetchImage(group);
            case OpenDecision.Wait decided -> new Duty.Wait(group, decided.reason());
        };
    }

    /// What was never opened comes online where it was planned, if that node has formed it too: whoever was elected
    /// first is chance.
    private static Optional<Seat> ownerToBe(ClusterImage image, Local local, String group) {
        VirtualServer server = image.virtualServers().get(group);
        return local.groups().get(group).members().stream()
                .filter(seat -> !server.formed()
                        && seat.node().equals(server.permission().owner())
                        && !seat.node().equals(local.node())
                        && couldLead(server.replicas(), group, local, seat))
                .findFirst();
    }

    private static Optional<Duty> reconfigure(ClusterImage image, Local local, String group, LocalGroup state) {
        List<Seat> wanted = wanted(image, group, local.peers());
        List<Seat> inForce = sorted(state.members());
        boolean stays = wanted.stream()
                .anyMatch(seat -> seat.node().equals(local.node()) && seat.incarnation() == state.incarnation());
        return wanted.equals(inForce) || !stays
                ? Optional.empty()
                : Optional.of(new Duty.Reconfigure(group, inForce, wanted));
    }

    private static Optional<Duty> handOverForMove(ClusterImage image, Local local, String group) {
        VirtualServer server = image.virtualServers().get(group);
        return server.move()
                .map(VirtualServer.Move::target)
                .filter(target -> !target.equals(local.node())
                        && server.permission().permits(target)
                        && local.peers().containsKey(target))
                .map(target -> new Duty.HandOver(group, List.of(target), true, "it is to move to " + target));
    }

    private static List<Seat> sorted(List<Seat> seats) {
        return seats.stream()
                .sorted(Comparator.comparing(Seat::node).thenComparingInt(Seat::incarnation))
                .toList();
    }
}
