package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What state a virtual server is in, by what is known now.
record StateJudgement(GroupState state, String reason, SortedMap<String, ResourceState> resources) {

    /// Judges; null if too little has been heard yet to say anything new.
    static StateJudgement of(ClusterImage image, Facts facts, VirtualServer server, long now) {
        Optional<Facts.Membership> opened = openMembership(facts, server);
        if (opened.isPresent()) {
            SortedMap<String, ResourceState> states = opened.get().resources();
            GroupState state = GroupState.of(server.resources().keySet().stream()
                    .map(resource -> states.getOrDefault(resource, ResourceState.OFFLINE))
                    .toList());
            return new StateJudgement(state, why(image, server, states, now), completed(server, states));
        }
        Node owner = image.nodes().get(server.permission().owner());
        if (owner != null && owner.up() && !facts.nodes().containsKey(owner.name())) {
            return null;
        }
        SortedMap<String, ResourceState> none = completed(server, new TreeMap<>());
        if (server.shared().isPresent() && !server.wanted()) {
            return new StateJudgement(GroupState.OFFLINE, why(image, server, none, now), none);
        }
        List<Replica> voters = server.replicas().voters();
        if (voters.isEmpty() && server.shared().isEmpty()) {
            return new StateJudgement(GroupState.FAILED, ClusterRecovery.NO_REPLICA, none);
        }
        int living = Quorum.living(image, facts, server.name(), voters);
        if (server.shared().isEmpty() && living < Quorum.needed(voters.size())) {
            return new StateJudgement(
                    GroupState.FAILED,
                    "only " + living + " of its " + voters.size() + " replicas " + (living == 1 ? "lives" : "live")
                            + ", " + Quorum.needed(voters.size()) + " are needed; missing: "
                            + missing(image, facts, server.name(), voters),
                    none);
        }
        Optional<String> behind = behindTheWitness(image, facts, server);
        if (behind.isPresent()) {
            return new StateJudgement(GroupState.FAILED, behind.get(), none);
        }
        if (SharedPlanner.givenUp(server)) {
            return new StateJudgement(GroupState.FAILED, server.permission().reason(), none);
        }
        if (OwnerPlanner.ownerAble(image, facts, server)) {
            return new StateJudgement(
                    GroupState.PENDING,
                    "waiting for " + server.permission().owner() + " to open it"
                            + (server.shared().isPresent()
                                    ? "; " + server.permission().reason()
                                    : ""),
                    none);
        }
        Optional<String> heir = server.permission().heir();
        if (heir.isPresent() && OwnerPlanner.canTakeOver(image, facts, server, heir.get())) {
            return new StateJudgement(GroupState.PENDING, "waiting for its heir " + heir.get() + " to open it", none);
        }
        if (server.replicas().change().isPresent()) {
            return new StateJudgement(
                    GroupState.PENDING,
                    "its replicas are being changed: "
                            + server.replicas().change().get().text(),
                    none);
        }
        return new StateJudgement(
                GroupState.FAILED,
                (server.permission().owner().isEmpty()
                                ? "it has no owner"
                                : "its owner " + server.permission().owner() + " is down")
                        + " and no other node that lives and may own it has room ("
                        + server.policy().room().text() + ")",
                none);
    }

    /// The witness has the longest log, and the one full replica that lives lacks what was in it before: only the other
    /// one can fill it.
    private static Optional<String> behindTheWitness(ClusterImage image, Facts facts, VirtualServer server) {
        List<Replica> living = Witness.full(image, server.replicas()).stream()
                .filter(replica -> Quorum.lives(image, facts, server.name(), replica))
                .toList();
        return living.size() != 1
                ? Optional.empty()
                : Witness.tooLateFor(image, facts, server.name(), living.getFirst())
                        .map(witness -> "the replica on " + living.getFirst().node()
                                + " lacks entries that the witness " + witness
                                + " does not have any more; it waits for one of "
                                + Witness.full(image, server.replicas()).stream()
                                        .map(Replica::node)
                                        .filter(node ->
                                                !node.equals(living.getFirst().node()))
                                        .toList());
    }

    private static Optional<Facts.Membership> openMembership(Facts facts, VirtualServer server) {
        if (server.opened().isEmpty()) {
            return Optional.empty();
        }
        VirtualServer.Opened opened = server.opened().get();
        return facts.membership(server.name(), opened.node())
                .filter(membership ->
                        membership.open().filter(opened.epoch()::equals).isPresent());
    }

    private static SortedMap<String, ResourceState> completed(
            VirtualServer server, SortedMap<String, ResourceState> states) {
        SortedMap<String, ResourceState> all = new TreeMap<>();
        for (String resource : server.resources().keySet()) {
            all.put(resource, states.getOrDefault(resource, ResourceState.OFFLINE));
        }
        return all;
    }

    private static String why(
            ClusterImage image, VirtualServer server, SortedMap<String, ResourceState> states, long now) {
        if (!server.wanted()) {
            return "an operator took it offline";
        }
        String others = notOnline(image, server, states);
        boolean stays = !FailoverPlanner.failed(server).isEmpty() && !FailoverPlanner.mayFailOver(image, server, now);
        return stays
                ? others + "; it has failed over "
                        + server.failoversCounted(now).size() + " times within "
                        + server.policy().failoverPeriodMillis() / 3_600_000
                        + " h, as often as its policy allows, and stays here: mend the cause, then"
                        + " 'posthouse group online " + server.name() + "'"
                : others;
    }

    private static String notOnline(ClusterImage image, VirtualServer server, SortedMap<String, ResourceState> states) {
        List<String> others = new ArrayList<>();
        states.forEach((resource, state) -> {
            if (state != ResourceState.ONLINE) {
                others.add(resource + " is " + state.text() + whyOffline(image, server, resource, states));
            }
        });
        return String.join(", ", others);
    }

    /// Why a resource that is wanted, and has what it depends on, is not brought online.
    private static String whyOffline(
            ClusterImage image, VirtualServer server, String name, SortedMap<String, ResourceState> states) {
        VirtualServer.Resource resource = server.resources().get(name);
        boolean could = resource != null
                && resource.wanted()
                && states.get(name) == ResourceState.OFFLINE
                && resource.dependsOn().stream().allMatch(needed -> states.get(needed) == ResourceState.ONLINE);
        return could && ResourceTypes.leased(image, server).contains(name) ? " (it waits for the node lease)" : "";
    }

    private static String missing(ClusterImage image, Facts facts, String group, List<Replica> voters) {
        List<String> missing = new ArrayList<>();
        for (Replica voter : voters) {
            if (!Quorum.lives(image, facts, group, voter)) {
                missing.add(voter.node());
            }
        }
        return String.join(", ", missing);
    }
}
