package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// The coordinator's decisions: an image, a command and the time in, events and an answer out. Changes nothing and
/// reads no clock, so every decision can be made again from what was kept of it.
public final class Coordinator {
    private Coordinator() {}

    /// Decides.
    ///
    /// @param now milliseconds since 1970 by the coordinator's clock
    public static Decision decide(ClusterImage image, Command command, long now) {
        // Operators' names in and out: everything below knows only those.
        GroupNames names = GroupNames.of(image);
        Decision decision = names.created(decideAtAnyLevel(names.named(image), names.named(command), now));
        int needed =
                decision.events().stream().mapToInt(Event::needsLevel).max().orElse(1);
        return needed <= image.featureLevel()
                ? decision
                : refused("not every node runs a release that knows this: the cluster is at feature level "
                        + image.featureLevel() + ", this needs " + needed
                        + "; the level rises by itself when every node was heard to run such a release");
    }

    private static Decision decideAtAnyLevel(ClusterImage image, Command command, long now) {
        if (!image.created() && !(command instanceof Command.CreateCluster)) {
            return refused("the cluster has not been created yet");
        }
        return switch (command) {
            case Command.CreateCluster c -> create(image, c);
            case Command.Tick c -> tick(image, c.facts(), now);
            case Command.RejoinNode c -> MembershipDecisions.rejoin(image, c);
            case Command.ReportLost c -> reportLost(image, c);
            case Command.Move c -> move(image, c);
            case Command.MoveReplica c -> ReplicaMove.decide(image, c);
            case Command.GiveUpMove c -> giveUpMove(image, c);
            case Command.ReportUnable c -> SharedPlanner.reportUnable(image, c, now);
            case Command.CreateGroup c -> GroupCreation.create(image, c);
            case Command.DeleteGroup c -> GroupCreation.delete(image, c);
            case Command.RenameGroup c -> GroupCreation.rename(image, c);
            case Command.ReportPutAside c -> GroupCreation.putAside(image, c);
            case Command.SetGroupWanted c -> GroupDecisions.setWanted(image, c);
            case Command.SetGroupProperty c -> GroupDecisions.setProperty(image, c);
            case Command.SetResourceWanted c -> ResourceDecisions.setWanted(image, c);
            case Command.SetResourceProperty c -> ResourceDecisions.setProperty(image, c);
            case Command.FailResource c -> ResourceDecisions.fail(image, c);
            case Command.AddDependency c -> ResourceDecisions.addDependency(image, c);
            case Command.RemoveDependency c -> ResourceDecisions.removeDependency(image, c);
            case Command.CreateResource c -> ResourceCreation.create(image, c);
            case Command.DeleteResource c -> ResourceCreation.delete(image, c);
            case Command.RenameResource c -> ResourceCreation.rename(image, c);
            case Command.AddPossibleOwner c -> ResourceOwners.add(image, c);
            case Command.RemovePossibleOwner c -> ResourceOwners.remove(image, c);
            case Command.DeclareTypes c -> ResourceTypes.declare(image, c);
            case Command.NoteCertificates c -> MembershipDecisions.note(image, c);
            case Command.SetNodeDuty c -> MembershipDecisions.setDuty(image, c);
            case Command.AddNode c -> MembershipDecisions.add(image, c, now);
            case Command.EvictNode c -> MembershipDecisions.evict(image, c);
            case Command.WriteOffNode c -> MembershipDecisions.writeOff(image, c);
            case Command.AddDomain c -> DirectoryDecisions.addDomain(image, c);
            case Command.RemoveDomain c -> DirectoryDecisions.removeDomain(image, c);
            case Command.AddUser c -> DirectoryDecisions.addUser(image, c);
            case Command.RemoveUser c -> DirectoryDecisions.removeUser(image, c);
            case Command.SetPassword c -> DirectoryDecisions.setPassword(image, c);
            case Command.SetEnabled c -> DirectoryDecisions.setEnabled(image, c);
            case Command.SetQuota c -> DirectoryDecisions.setQuota(image, c);
            case Command.AddAlias c -> DirectoryDecisions.addAlias(image, c);
            case Command.RemoveAlias c -> DirectoryDecisions.removeAlias(image, c);
            case Command.Request c -> once(image, c, now);
        };
    }

    /// A request that was answered already is answered as it was then: an earlier attempt that comes late must not do
    /// what its sender was told is done, or refused. Nodes find out by themselves what is still to be done.
    private static Decision once(ClusterImage image, Command.Request request, long now) {
        Optional<Reply> before = image.answerTo(request.id());
        if (before.isPresent()) {
            return new Decision(List.of(), before.get());
        }
        Decision decision = decide(image, request.command(), now);
        if (decision.events().isEmpty() && request.command().fromNode()) {
            return decision;
        }
        List<Event> events = new ArrayList<>(decision.events());
        events.add(new Event.Answered(request.id(), decision.reply()));
        return new Decision(List.copyOf(events), decision.reply());
    }

    static Decision refused(String message) {
        return new Decision(List.of(), Reply.refused(message));
    }

    static Decision decided(Event event, String message) {
        return new Decision(List.of(event), Reply.done(message));
    }

    private static Decision create(ClusterImage image, Command.CreateCluster command) {
        if (image.created()) {
            return refused("the cluster exists already: " + image.name());
        }
        return decided(
                new Event.ClusterCreated(command.planned()),
                "cluster " + command.planned().name() + " created");
    }

    /// In this order: who lives, who has opened, whose replicas changed; from that who may own; then what state that
    /// makes.
    private static Decision tick(ClusterImage image, Facts facts, long now) {
        Draft draft = new Draft(image, facts, now);
        judgeNodes(draft);
        raiseFeatureLevel(draft);
        recordOpens(draft);
        ReplicaPlanner.advance(draft);
        FailoverPlanner.plan(draft);
        OwnerPlanner.plan(draft);
        ReplicaPlanner.replenish(draft);
        SeatPlanner.plan(draft);
        for (String name : draft.virtualServers()) {
            judgeState(draft, name);
        }
        return new Decision(draft.events(), Reply.done(""));
    }

    /// An image as it looks by what is heard now, recorded or not: for showing, also while no quorum records
    /// anything.
    public static ClusterImage seen(ClusterImage image, Facts facts, long now) {
        Draft draft = new Draft(image, facts, now);
        judgeNodes(draft);
        recordOpens(draft);
        for (String name : draft.virtualServers()) {
            judgeState(draft, name);
        }
        return draft.image();
    }

    private static void judgeNodes(Draft draft) {
        for (Node node : draft.image().nodes().values()) {
            Facts.Heard heard = draft.facts.nodes().get(node.name());
            // A process of an earlier incarnation lost what it had agreed to: it does not count as the node.
            boolean counts = heard != null && heard.heartbeat().incarnation() >= node.incarnation();
            long age = counts ? heard.ageMillis() : draft.facts.watchedMillis();
            if (counts && age <= Facts.DOWN_AFTER_MILLIS) {
                if (!node.up()) {
                    draft.add(new Event.NodeUp(node.name(), "its heartbeats arrive"));
                }
            } else if (node.up() && age > Facts.DOWN_AFTER_MILLIS && !(draft.facts.settling() && !counts)) {
                draft.add(new Event.NodeDown(node.name(), "not heard for " + age + " ms"));
            }
        }
    }

    /// What every node can read may be written from now on.
    private static void raiseFeatureLevel(Draft draft) {
        int readable = ClusterImage.FEATURE_LEVEL;
        for (String node : draft.image().nodes().keySet()) {
            Facts.Heard heard = draft.facts.nodes().get(node);
            readable = Math.min(readable, heard == null ? 1 : heard.heartbeat().featureLevel());
        }
        if (readable > draft.image().featureLevel()) {
            draft.add(new Event.FeatureLevelRaised(readable));
        }
    }

    private static void recordOpens(Draft draft) {
        for (String name : draft.virtualServers()) {
            Event.OpenRecorded newest = null;
            for (Facts.Heard heard : draft.facts.nodes().values()) {
                Facts.Membership membership = heard.heartbeat().groups().get(name);
                if (membership == null
                        || membership.open().isEmpty()
                        || heard.ageMillis() > Facts.DOWN_AFTER_MILLIS
                        || !draft.image().nodes().containsKey(heard.heartbeat().node())) {
                    continue;
                }
                OpenEpoch epoch = membership.open().get();
                if (newest == null || epoch.compareTo(newest.epoch()) > 0) {
                    newest = new Event.OpenRecorded(name, heard.heartbeat().node(), epoch, membership.openVersion());
                }
            }
            var recorded = draft.virtualServer(name).opened();
            if (newest != null
                    && (recorded.isEmpty()
                            || newest.epoch().compareTo(recorded.get().epoch()) > 0)) {
                draft.add(newest);
            }
        }
    }

    private static void judgeState(Draft draft, String name) {
        VirtualServer server = draft.virtualServer(name);
        StateJudgement judged = StateJudgement.of(draft.image(), draft.facts, server, draft.now);
        if (judged == null) {
            return;
        }
        SortedMap<String, ResourceState> before = new TreeMap<>();
        server.resources().forEach((resource, is) -> before.put(resource, is.state()));
        if (judged.state() != server.state()
                || !judged.reason().equals(server.reason())
                || !judged.resources().equals(before)) {
            draft.add(new Event.StateChanged(name, judged.state(), judged.reason(), judged.resources()));
        }
    }

    private static Decision reportLost(ClusterImage image, Command.ReportLost command) {
        boolean known = image.virtualServers().containsKey(command.group())
                && image.replicas(command.group())
                        .flatMap(set -> set.of(command.node(), command.incarnation()))
                        .filter(replica -> !replica.lost())
                        .isPresent();
        return known
                ? decided(
                        new Event.ReplicaLost(command.group(), command.node(), command.incarnation(), command.reason()),
                        "it will be made anew")
                : new Decision(List.of(), Reply.done("that replica does not count any more"));
    }

    private static Decision move(ClusterImage image, Command.Move command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null) {
            return refused("no virtual server '" + command.virtualServer() + "'; there are "
                    + image.virtualServers().keySet());
        }
        Node target = image.nodes().get(command.target());
        if (target == null) {
            return refused("no node '" + command.target() + "'; there are "
                    + image.nodes().keySet());
        }
        if (target.witness()) {
            return refused(Witness.refusal(image, target.name(), "take over " + server.name()));
        }
        if (server.permission().owner().equals(target.name())) {
            return new Decision(List.of(), Reply.done(server.name() + " is on " + target.name() + " already"));
        }
        if (!server.formed()) {
            return refused(server.name() + " is still being formed; try again in a moment");
        }
        if (server.move().isPresent()) {
            return refused(server.name() + " is being moved to "
                    + server.move().get().target() + " already; wait until that is done");
        }
        if (!target.up()) {
            return refused("node " + target.name() + " is down: " + target.reason());
        }
        if (!target.takes()) {
            return refused("node " + target.name() + " is " + target.duty().text() + ": 'posthouse node resume "
                    + target.name() + "' first");
        }
        if (!server.allows(target.name())) {
            return refused(target.name() + " is no possible owner of " + server.name() + ": " + server.ownersText());
        }
        if (!Room.on(image, target.name(), server)) {
            return refused(target.name() + " has no room: it owns "
                    + image.ownedBy(target.name()).keySet() + " and the policy is "
                    + server.policy().room().text());
        }
        for (VirtualServer other : image.virtualServers().values()) {
            boolean waiting =
                    other.permission().heir().filter(target.name()::equals).isPresent()
                            && !image.nodes().get(other.permission().owner()).up();
            if (waiting && !other.name().equals(server.name())) {
                return refused(target.name() + " is about to take over " + other.name() + ", whose owner "
                        + other.permission().owner() + " is down; try again when that is done");
            }
        }
        return decided(
                new Event.MoveStarted(server.name(), target.name(), "an operator asked for it"),
                server.name() + " is being moved to " + target.name());
    }

    private static Decision giveUpMove(ClusterImage image, Command.GiveUpMove command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null
                || server.move()
                        .filter(move -> move.target().equals(command.target()))
                        .isEmpty()) {
            return new Decision(List.of(), Reply.done("there is no such move any more"));
        }
        return decided(new Event.MoveEnded(server.name(), false, command.reason()), "given up");
    }
}
