package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Decides who belongs to the cluster: what operators command about nodes, and nodes that come back without what they
/// held. What follows from it is planned by [SeatPlanner] and [ReplicaPlanner].
final class MembershipDecisions {
    /// Heartbeats go from each node to the coordinator, and links from each to each.
    static final int NODES_MAX = 64;

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final int PORT_MAX = 65_535;

    private MembershipDecisions() {}

    /// A node that was added counts for nothing until it is heard.
    static Decision add(ClusterImage image, Command.AddNode command, long now) {
        String name = command.node();
        Node added = new Node(
                name,
                1,
                0,
                0,
                command.host(),
                command.replicationPort(),
                command.linkPort(),
                command.hardware(),
                NodeState.JOINING,
                now,
                "it was added and has not been heard yet",
                NodeDuty.ACTIVE,
                List.of(),
                List.of(),
                command.witness());
        Node there = image.nodes().get(name);
        if (there != null) {
            return there.sameAddress(added) && there.witness() == added.witness()
                    ? new Decision(List.of(), Reply.done("node " + name + " was added already"))
                    : Coordinator.refused("there is a node " + name + " already, at " + there.address()
                            + "; evict it first, or choose another name");
        }
        return wrong(image, added)
                .map(Coordinator::refused)
                .orElseGet(() -> Coordinator.decided(
                        new Event.NodeAdded(added),
                        (added.witness() ? "witness " : "node ") + name + " was added; it takes part once it runs"));
    }

    private static Optional<String> wrong(ClusterImage image, Node added) {
        if (!NAME.matcher(added.name()).matches()) {
            return Optional.of("'" + added.name() + "' cannot be a node's name: 1 to 63 lower-case letters, digits and"
                    + " hyphens, no hyphen at its ends");
        }
        if (added.host().isBlank() || !port(added.replicationPort()) || !port(added.linkPort())) {
            return Optional.of("a node needs an address and two ports from 1 to " + PORT_MAX + ", not "
                    + added.address() + " and port " + added.replicationPort());
        }
        if (image.nodes().size() >= NODES_MAX) {
            return Optional.of("a cluster has " + NODES_MAX + " nodes at most");
        }
        Optional<Node> witness =
                image.nodes().values().stream().filter(Node::witness).findFirst();
        if (added.witness() && witness.isPresent()) {
            return Optional.of("a cluster has one witness at most, and "
                    + witness.get().name() + " is one; evict it first, or add " + added.name() + " as a node");
        }
        return image.nodes().values().stream()
                .filter(other -> other.host().equals(added.host())
                        && List.of(other.linkPort(), other.replicationPort()).stream()
                                .anyMatch(port -> port == added.linkPort() || port == added.replicationPort()))
                .findFirst()
                .map(other -> "node " + other.name() + " is at " + other.address() + " and port "
                        + other.replicationPort() + " already");
    }

    private static boolean port(int number) {
        return number >= 1 && number <= PORT_MAX;
    }

    /// Refused where those that stay could not lose one of them, having been able to before, and where a virtual
    /// server would be left with no possible owner.
    static Decision evict(ClusterImage image, Command.EvictNode command) {
        Node node = image.nodes().get(command.node());
        if (node == null) {
            return noNode(image, command.node());
        }
        if (node.duty() == NodeDuty.EVICTING) {
            return new Decision(List.of(), Reply.done(node.name() + " is being evicted already"));
        }
        for (Node other : image.nodes().values()) {
            if (other.duty() == NodeDuty.EVICTING) {
                return Coordinator.refused(other.name() + " is being evicted; one at a time");
            }
        }
        if (node.stays()) {
            Optional<String> needed = needed(image, node);
            if (needed.isPresent()) {
                return Coordinator.refused(needed.get());
            }
        }
        for (VirtualServer server : image.virtualServers().values()) {
            boolean othersMay =
                    Witness.hosts(image).stream().anyMatch(other -> !other.equals(node.name()) && server.allows(other));
            if (!othersMay) {
                return Coordinator.refused(node.name() + " is the only possible owner of " + server.name() + " ("
                        + server.ownersText() + "); 'posthouse group prop " + server.name()
                        + " possible-owners=...' or 'posthouse resource add-owner ...' first");
            }
        }
        Optional<String> only = onlyOwner(image, node);
        if (only.isPresent()) {
            return Coordinator.refused(only.get());
        }
        return Coordinator.decided(
                new Event.NodeDutySet(node.name(), NodeDuty.EVICTING),
                node.name() + " gives away everything and then leaves the cluster; until then 'posthouse node resume "
                        + node.name() + "' calls it back");
    }

    /// A resource, wanted or not, that only this node may own: without it any could.
    private static Optional<String> onlyOwner(ClusterImage image, Node node) {
        for (VirtualServer server : image.virtualServers().values()) {
            for (VirtualServer.Resource resource : server.resources().values()) {
                if (resource.possibleOwners().equals(List.of(node.name()))) {
                    String name = server.name() + "/" + resource.name();
                    return Optional.of(node.name() + " is the only possible owner of " + name
                            + "; 'posthouse resource add-owner " + name + " ...' first");
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> needed(ClusterImage image, Node node) {
        int members = Quorum.members(image);
        if (!node.witness() && Quorum.full(image) == 1) {
            return Optional.of(
                    node.name() + " is the cluster's only node" + (members > 1 ? " that is no witness" : ""));
        }
        if (members == Quorum.REPLICAS) {
            return Optional.of("without " + node.name() + " there would be two nodes, of which neither could lose the"
                    + " other; add another node first");
        }
        boolean onlyVote = image.clusterGroup().voters().stream()
                .allMatch(voter -> voter.node().equals(node.name()));
        return onlyVote
                ? Optional.of(
                        node.name() + " has the only vote of two nodes; evict the other one, or add a third first")
                : Optional.empty();
    }

    static Decision setDuty(ClusterImage image, Command.SetNodeDuty command) {
        Node node = image.nodes().get(command.node());
        if (node == null) {
            return noNode(image, command.node());
        }
        if (node.duty() == command.duty()) {
            return new Decision(
                    List.of(), Reply.done(node.name() + " is " + node.duty().text() + " already"));
        }
        if (command.duty() == NodeDuty.EVICTING) {
            return evict(image, new Command.EvictNode(node.name()));
        }
        if (node.witness() && command.duty() != NodeDuty.ACTIVE) {
            return Coordinator.refused(node.name() + " is a witness: it hosts nothing that it could keep or give away;"
                    + " 'posthouse node evict " + node.name() + "' takes its votes from it");
        }
        return Coordinator.decided(
                new Event.NodeDutySet(node.name(), command.duty()),
                switch (command.duty()) {
                    case ACTIVE -> node.name() + " takes things over again";
                    case PAUSED -> node.name() + " keeps what it owns and takes no more";
                    case DRAINING, EVICTING -> node.name() + " gives away what it owns and takes no more";
                });
    }

    static Decision writeOff(ClusterImage image, Command.WriteOffNode command) {
        Node node = image.nodes().get(command.node());
        if (node == null) {
            return noNode(image, command.node());
        }
        return switch (node.state()) {
            case UP ->
                Coordinator.refused(node.name() + " is up; 'posthouse node drain " + node.name()
                        + "' takes from it what it owns, 'posthouse node evict " + node.name() + "' everything");
            case JOINING -> Coordinator.refused(node.name() + " has not been up yet and holds nothing");
            case LOST -> new Decision(List.of(), Reply.done(node.name() + " is written off already"));
            case DOWN ->
                Coordinator.decided(
                        new Event.NodeWrittenOff(node.name()),
                        node.name() + " is written off: its replicas are made anew on other nodes, one after the"
                                + " other, as far as there are nodes that have none; should it come back, it takes"
                                + " part again");
        };
    }

    static Decision rejoin(ClusterImage image, Command.RejoinNode command) {
        Node node = image.nodes().get(command.node());
        if (node == null) {
            return Coordinator.refused("no node '" + command.node() + "' in this cluster; its nodes are "
                    + image.nodes().keySet() + ". Was it evicted? Then add it again, with an empty folder");
        }
        ReplicaSet cluster = image.clusterGroup();
        boolean counts =
                cluster.of(node.name(), command.closed()).isPresent() || cluster.leaving(node.name(), command.closed());
        if (command.closed() > 0 && counts) {
            return Coordinator.refused(node.name() + "." + command.closed() + " still counts in the cluster group");
        }
        if (command.known() > 0 && command.known() < node.clusterIncarnation()) {
            return new Decision(
                    List.of(),
                    Reply.refused(
                            "node " + node.name() + " was given incarnation " + node.clusterIncarnation()
                                    + " before; knowing that, it may ask again",
                            "incarnation",
                            Integer.toString(node.clusterIncarnation())));
        }
        int next = node.newestIncarnation() + 1;
        return new Decision(
                List.of(new Event.NodeReincarnated(node.name(), next, command.whole(), command.reason())),
                Reply.done(
                        "node " + node.name() + " goes on as " + node.name() + "." + next,
                        "incarnation",
                        Integer.toString(next)));
    }

    /// What is refused is not noted again: heartbeats of a node that has just left may still be counted.
    static Decision note(ClusterImage image, Command.NoteCertificates command) {
        List<Event> events = new ArrayList<>();
        command.seen().forEach((node, certificate) -> {
            if (image.nodes().containsKey(node) && image.certificates().isNews(node, certificate)) {
                boolean another = image.certificates().shown().containsKey(node);
                events.add(new Event.NodeCertified(node, certificate, another));
            }
        });
        return new Decision(List.copyOf(events), Reply.done("noted"));
    }

    private static Decision noNode(ClusterImage image, String name) {
        return Coordinator.refused(
                "no node '" + name + "'; there are " + image.nodes().keySet());
    }
}
