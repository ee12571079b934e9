package org.posthouse.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Decides which virtual servers there are.
///
/// A name that was deleted can be given again once every node that had a replica of the old storage group has said
/// that it takes part in that no more ([Node#remains]), or has been evicted: the Raft group is named after it, and
/// heartbeats and routes are. Members are told apart by incarnations, epochs by [VirtualServer#generation].
final class GroupCreation {
    /// Each node has a Raft server for each replica that it holds.
    static final int GROUPS_MAX = 64;

    private static final int USERS_NAMED = 3;
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /// The cluster group; the word that begins a list of nodes where routes are told; a folder of replication's.
    private static final List<String> RESERVED = List.of(ClusterImage.CLUSTER_GROUP, "nodes", "warm-up");

    private GroupCreation() {}

    static Decision create(ClusterImage image, Command.CreateGroup command) {
        String name = command.planned().name();
        VirtualServer bare = bare(command);
        Optional<String> wrong = image.virtualServers().size() >= GROUPS_MAX
                ? Optional.of("a cluster has " + GROUPS_MAX + " virtual servers at most")
                : wrongName(image, name).or(() -> wrongResources(image, bare, command.planned()));
        if (wrong.isPresent()) {
            return Coordinator.refused(wrong.get());
        }
        VirtualServer server = bare.resources(command.planned().atFirst());
        List<String> takers = takers(image, server);
        int wanted = server.shared().isPresent() ? 0 : Quorum.replicas(image);
        if (wanted > 0 && takers.size() < Quorum.needed(wanted)) {
            return Coordinator.refused(name + " needs replicas on " + Quorum.needed(wanted)
                    + " nodes at least, but only " + takers + " can take one: " + whyNot(image, server));
        }
        Optional<String> owner = command.owner().or(() -> takers.stream()
                .filter(node -> Room.on(image, node, server))
                .findFirst());
        if (owner.isEmpty()) {
            return Coordinator.refused("no node has room to own " + name + ": " + whyNot(image, server)
                    + "; add a node, or allow several on one: 'posthouse group prop GROUP room=\"stack 2\"' for those"
                    + " there, and --room 'stack 2' for this one");
        }
        Optional<String> unfit = unfit(image, server, owner.get());
        return unfit.isPresent()
                ? Coordinator.refused(unfit.get())
                : created(image, place(image, server, owner.get(), wanted));
    }

    /// A virtual server of nothing but its name and policy.
    private static VirtualServer bare(Command.CreateGroup command) {
        return new VirtualServer(
                command.planned().name(),
                true,
                VirtualServer.Policy.first(List.of(), command.room()),
                new VirtualServer.Permission("", Optional.empty(), 0, 0, "as created"),
                Optional.empty(),
                new ReplicaSet(List.of(), Optional.empty()),
                Optional.empty(),
                GroupState.PENDING,
                "it is being formed",
                Collections.emptySortedMap(),
                List.of());
    }

    private static Optional<String> wrongName(ClusterImage image, String name) {
        if (!NAME.matcher(name).matches()) {
            return Optional.of("'" + name + "' cannot be a virtual server's name: 1 to 63 lower-case letters, digits"
                    + " and hyphens, no hyphen at its ends");
        }
        if (RESERVED.contains(name)) {
            return Optional.of(
                    "a virtual server cannot be named '" + name + "': these names have another meaning: " + RESERVED);
        }
        if (image.virtualServers().containsKey(name)) {
            return Optional.of("there is a virtual server '" + name + "' already");
        }
        List<String> holders = image.nodes().values().stream()
                .filter(node -> node.remains().stream()
                        .anyMatch(remains -> remains.group().equals(name)))
                .map(Node::name)
                .toList();
        return holders.isEmpty()
                ? Optional.empty()
                : Optional.of("a virtual server '" + name + "' was deleted, and " + holders + " may still hold replicas"
                        + " of it: start them, or evict those that are lost for good; or choose another name");
    }

    /// Each resource is looked at as one that is created beside those before it.
    private static Optional<String> wrongResources(
            ClusterImage image, VirtualServer bare, FirstPlan.PlannedServer planned) {
        VirtualServer server = bare;
        for (FirstPlan.PlannedResource resource : planned.resources()) {
            var asked = new Command.CreateResource(
                    planned.name(),
                    resource.name(),
                    resource.type(),
                    resource.properties(),
                    resource.dependsOn(),
                    true);
            Optional<String> wrong = ResourceCreation.wrong(image, server, asked);
            if (wrong.isPresent()) {
                return wrong;
            }
            server = server.resource(planned.atFirst().get(resource.name()));
        }
        for (VirtualServer other : image.virtualServers().values()) {
            if (other.shared().isPresent()
                    && server.shared().filter(other.shared().get()::overlaps).isPresent()) {
                return Optional.of(other.name() + " keeps its mail in "
                        + other.shared().get().folder()
                        + "; one folder holds one virtual server, and none lies in another's");
            }
        }
        boolean stores = server.resources().values().stream()
                .anyMatch(resource -> resource.type().equals(ResourceTypeFacts.STORAGE_GROUP.name()));
        return stores
                ? Optional.empty()
                : Optional.of("a virtual server needs a resource of type " + ResourceTypeFacts.STORAGE_GROUP.name());
    }

    /// Nodes that can be given a replica now, in the order in which they are asked.
    private static List<String> takers(ClusterImage image, VirtualServer server) {
        return Placement.order(image, server)
                .filter(node -> image.nodes().get(node).up()
                        && image.nodes().get(node).takes()
                        && !server.replicas().on(node))
                .toList();
    }

    private static String whyNot(ClusterImage image, VirtualServer server) {
        List<String> reasons = new ArrayList<>();
        image.nodes().keySet().forEach(node -> unfit(image, server, node).ifPresent(reasons::add));
        return reasons.isEmpty() ? "there are no others" : String.join("; ", reasons);
    }

    /// Why a node cannot own the virtual server now; empty if it can.
    private static Optional<String> unfit(ClusterImage image, VirtualServer server, String name) {
        Node node = image.nodes().get(name);
        if (node == null) {
            return Optional.of(
                    "no node '" + name + "'; there are " + image.nodes().keySet());
        }
        if (!node.up()) {
            return Optional.of("node " + name + " is " + node.state().text() + ": " + node.reason());
        }
        if (node.witness()) {
            return Optional.of(Witness.refusal(image, name, "own a virtual server"));
        }
        if (!node.takes()) {
            return Optional.of("node " + name + " is " + node.duty().text());
        }
        return Room.on(image, name, server)
                ? Optional.empty()
                : Optional.of("node " + name + " has no room: it owns "
                        + image.ownedBy(name).keySet());
    }

    /// With its owner, its heir where a node has room for one, and replicas on these and others.
    private static VirtualServer place(ClusterImage image, VirtualServer server, String owner, int wanted) {
        VirtualServer placed = wanted == 0 ? server : server.replicas(with(image, server, owner));
        VirtualServer seen = placed;
        Optional<String> heir = takers(image, seen).stream()
                .filter(node -> !node.equals(owner) && Room.on(image, node, seen))
                .findFirst();
        if (heir.isPresent() && wanted > 0) {
            placed = placed.replicas(with(image, placed, heir.get()));
        }
        while (placed.replicas().replicas().size() < wanted) {
            List<String> others = takers(image, placed);
            if (others.isEmpty()) {
                break; // It is filled up when there is a node again.
            }
            placed = placed.replicas(with(image, placed, others.getFirst()));
        }
        // Where it is away, it is added when it is back.
        if (placed.replicas().replicas().size() == Quorum.REPLICAS - 1) {
            Optional<String> witness = Witness.free(image, placed.replicas());
            if (witness.isPresent()) {
                placed = placed.replicas(with(image, placed, witness.get()));
            }
        }
        List<String> preferred = new ArrayList<>(List.of(owner));
        heir.ifPresent(preferred::add);
        return placed.permitted(new VirtualServer.Permission(owner, heir, 0, 0, "as created"))
                .policy(server.policy().preferring(List.copyOf(preferred)));
    }

    private static ReplicaSet with(ClusterImage image, VirtualServer server, String node) {
        List<Replica> replicas = new ArrayList<>(server.replicas().replicas());
        int next = image.nodes().get(node).newestIncarnation() + 1;
        replicas.add(new Replica(node, next, Replica.Role.VOTER));
        return new ReplicaSet(replicas, Optional.empty());
    }

    private static Decision created(ClusterImage image, VirtualServer server) {
        String owner = server.permission().owner();
        var event = new Event.GroupCreated(server);
        ClusterImage after = image.with(event, image.version() + 1, 0);
        List<String> alone = new ArrayList<>();
        for (VirtualServer one : after.virtualServers().values()) {
            boolean had = one.name().equals(server.name())
                    || one.permission().heir().filter(owner::equals).isPresent();
            if (had && !inheritable(after, one)) {
                alone.add(one.name());
            }
        }
        TreeMap<String, String> values = new TreeMap<>();
        values.put("owner", owner);
        server.permission().heir().ifPresent(heir -> values.put("heir", heir));
        String said = server.name() + " is being formed "
                + server.shared()
                        .map(shared -> "in " + shared.folder())
                        .orElseGet(() -> "on "
                                + server.replicas().replicas().stream()
                                        .map(Replica::node)
                                        .toList())
                + " and brought online on " + owner
                + server.permission()
                        .heir()
                        .map(heir -> ", its heir is " + heir)
                        .orElse("")
                + (alone.isEmpty() ? "" : "; no node has room to take over " + String.join(", ", alone));
        return new Decision(List.of(event), new Reply(true, said, values));
    }

    /// Whether some node beside its owner could take a virtual server over.
    private static boolean inheritable(ClusterImage image, VirtualServer server) {
        return image.nodes().values().stream()
                .anyMatch(node -> !node.name().equals(server.permission().owner())
                        && node.up()
                        && node.takes()
                        && server.allows(node.name())
                        && Room.on(image, node.name(), server));
    }

    /// Allowed at any time: nothing but what operators read and say changes.
    static Decision rename(ClusterImage image, Command.RenameGroup command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null) {
            return GroupDecisions.noServer(image, command.virtualServer());
        }
        if (server.name().equals(command.name())) {
            return new Decision(List.of(), Reply.done(server.name() + " has that name already"));
        }
        return wrongName(image, command.name())
                .map(Coordinator::refused)
                .orElseGet(() -> Coordinator.decided(
                        new Event.GroupRenamed(server.name(), command.name(), server.name()),
                        server.name() + " is " + command.name() + " from now on"));
    }

    /// Refused while anybody could miss it.
    static Decision delete(ClusterImage image, Command.DeleteGroup command) {
        VirtualServer server = image.virtualServers().get(command.virtualServer());
        if (server == null) {
            return GroupDecisions.noServer(image, command.virtualServer());
        }
        String name = server.name();
        List<String> users = image.directory().users().values().stream()
                .filter(user -> user.virtualServer().equals(name))
                .map(DirectoryImage.User::address)
                .toList();
        if (!users.isEmpty()) {
            String some = String.join(", ", users.subList(0, Math.min(USERS_NAMED, users.size())));
            return Coordinator.refused(name + " holds the mailboxes of " + some
                    + (users.size() > USERS_NAMED ? " and " + (users.size() - USERS_NAMED) + " more users" : "")
                    + "; 'posthouse user remove ADDRESS' first. Their mail goes with it: what is to be kept has to be"
                    + " copied to mailboxes elsewhere before");
        }
        if (server.wanted()) {
            return Coordinator.refused(name + " is to be online; 'posthouse group offline " + name + " --wait' first");
        }
        boolean ended = server.state() == GroupState.OFFLINE || server.state() == GroupState.FAILED || !server.formed();
        if (!ended) {
            return Coordinator.refused(name + " is " + server.state().text() + " (" + server.reason()
                    + "); wait until it is offline: 'posthouse group offline " + name + " --wait'");
        }
        List<String> holders = server.replicas().replicas().stream()
                .map(Replica::node)
                .distinct()
                .toList();
        List<String> away =
                holders.stream().filter(node -> !image.nodes().get(node).up()).toList();
        if (server.shared().isPresent()) {
            return Coordinator.decided(
                    new Event.GroupDeleted(name),
                    name + " was deleted; its mail stays in "
                            + server.shared().get().folder() + " and is yours to keep or delete");
        }
        return Coordinator.decided(
                new Event.GroupDeleted(name),
                name + " was deleted; its mail is put aside on " + holders + ", below removed/ in each node's folder,"
                        + " and is yours to keep or delete"
                        + (away.isEmpty() ? "" : "; on " + away + " once they are back"));
    }

    static Decision putAside(ClusterImage image, Command.ReportPutAside command) {
        Node node = image.nodes().get(command.node());
        boolean known =
                node != null && node.remains().contains(new Node.Remains(command.group(), command.incarnation()));
        return known
                ? Coordinator.decided(
                        new Event.RemainsPutAside(command.group(), command.node(), command.incarnation()), "noted")
                : new Decision(List.of(), Reply.done("that was known"));
    }
}
