package org.posthouse.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import org.posthouse.agent.StatusReport.ReplicaStatus;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Coordinator;
import org.posthouse.cluster.Facts;
import org.posthouse.cluster.HistoryEntry;
import org.posthouse.cluster.Node;
import org.posthouse.cluster.Quorum;
import org.posthouse.cluster.Replica;
import org.posthouse.cluster.ReplicaChange;
import org.posthouse.cluster.Survival;
import org.posthouse.cluster.VirtualServer;
import org.posthouse.cluster.Witness;
import org.posthouse.mailstore.Digest;
import org.posthouse.wire.Link;
import org.posthouse.wire.Opening;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gathers a [StatusReport]: the image and heartbeats from here, process ids and digests from each node itself.
final class StatusGatherer {
    static final String KIND = "status";
    static final String LOCAL_FIELD = "local";

    private static final Logger LOG = LoggerFactory.getLogger(StatusGatherer.class);
    private static final Duration PEER_MAX = Duration.ofMillis(700);
    private static final int EVENTS_SHOWN = 50;

    private final NodeAgent.Parts parts;

    /// What a node says of itself.
    ///
    /// @param digests of each storage group, by index
    record Local(String node, long pid, SortedMap<String, SortedMap<Long, String>> digests) {
        /// By the names that operators know.
        Local named(ClusterImage image) {
            SortedMap<String, SortedMap<Long, String>> named = new TreeMap<>();
            image.virtualServers().keySet().forEach(group -> {
                if (digests.containsKey(group)) {
                    named.put(image.names().getOrDefault(group, group), digests.get(group));
                }
            });
            return new Local(node, pid, named);
        }
    }

    StatusGatherer(NodeAgent.Parts parts) {
        this.parts = parts;
    }

    /// This node's own part.
    Local local() {
        SortedMap<String, SortedMap<Long, String>> digests = new TreeMap<>();
        for (HostedServer server : parts.servers()) {
            server.group().ifPresent(group -> {
                SortedMap<Long, String> byIndex = new TreeMap<>();
                for (Digest digest : group.digests()) {
                    byIndex.put(digest.index(), String.format("%016x", digest.value()));
                }
                digests.put(server.name(), byIndex);
            });
        }
        return new Local(parts.settings().node(), ProcessHandle.current().pid(), digests);
    }

    /// The whole report; takes 700 ms at most when nodes do not answer.
    StatusReport gather() {
        ClusterImage groups = parts.cluster().replica().image();
        ClusterImage recorded = groups.named();
        Facts facts = groups.named(parts.pulse().facts());
        // Without a quorum nothing is recorded; what this node hears itself is shown all the same.
        ClusterImage image = Coordinator.seen(recorded, facts, System.currentTimeMillis());
        Map<String, Local> answers = new TreeMap<>();
        ask(image).forEach((node, answer) -> answers.put(node, answer.named(groups)));
        List<StatusReport.NodeStatus> nodes = new ArrayList<>();
        for (Node node : image.nodes().values()) {
            nodes.add(nodeStatus(image, node, Optional.ofNullable(answers.get(node.name()))));
        }
        List<StatusReport.ServerStatus> servers = new ArrayList<>();
        for (VirtualServer server : image.virtualServers().values()) {
            servers.add(serverStatus(image, facts, server, groups.storageGroup(server.name()), answers));
        }
        List<Replica> voters = image.clusterGroup().voters();
        int alive = (int) voters.stream()
                .filter(voter -> heard(facts, voter.node()).isPresent())
                .count();
        int needed = Quorum.needed(voters.size());
        var quorum = new StatusReport.QuorumStatus(voters.size(), alive, needed, alive >= needed);
        String coordinator = parts.cluster().coordinator().orElse("");
        List<HistoryEntry> history = recorded.history();
        return new StatusReport(
                new StatusReport.ClusterStatus(
                        image.name(), image.id(), recorded.version(), coordinator, quorum, parts.note()),
                nodes,
                servers,
                history.subList(Math.max(0, history.size() - EVENTS_SHOWN), history.size()));
    }

    private Map<String, Local> ask(ClusterImage image) {
        Map<String, Local> answers = new ConcurrentSkipListMap<>();
        List<Thread> asking = new ArrayList<>();
        for (String node : image.nodes().keySet()) {
            if (node.equals(parts.settings().node())) {
                answers.put(node, local());
            } else {
                parts.links()
                        .link("node:" + node)
                        .ifPresent(link -> asking.add(
                                Thread.ofVirtual().name("status-of-" + node).start(() -> askOne(link, node, answers))));
            }
        }
        try {
            for (Thread thread : asking) {
                thread.join(PEER_MAX);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return answers;
    }

    private static void askOne(Link link, String node, Map<String, Local> answers) {
        try {
            TreeMap<String, String> fields = new TreeMap<>();
            fields.put(LOCAL_FIELD, "true");
            answers.put(node, Json.read(link.call(new Opening(KIND, fields), new byte[0], PEER_MAX), Local.class));
        } catch (IOException e) {
            LOG.debug("{} did not tell its status: {}", node, e.getMessage());
        }
    }

    private static Optional<Facts.Heartbeat> heard(Facts facts, String node) {
        return Optional.ofNullable(facts.nodes().get(node))
                .filter(heard -> heard.ageMillis() <= Facts.DOWN_AFTER_MILLIS)
                .map(Facts.Heard::heartbeat);
    }

    private static StatusReport.NodeStatus nodeStatus(ClusterImage image, Node node, Optional<Local> answer) {
        boolean votes = image.clusterGroup().of(node).map(Replica::votes).orElse(false);
        return new StatusReport.NodeStatus(
                node.name(),
                node.state(),
                node.duty(),
                answer.map(Local::pid).orElse(0L),
                node.host(),
                votes,
                node.incarnation(),
                node.reason(),
                node.witness());
    }

    private static StatusReport.ServerStatus serverStatus(
            ClusterImage image, Facts facts, VirtualServer server, String group, Map<String, Local> answers) {
        Survival survival = Survival.of(image, facts, server.name());
        List<StatusReport.ResourceStatus> resources = server.resources().values().stream()
                .map(resource -> new StatusReport.ResourceStatus(
                        resource.name(), resource.type(), resource.wanted(), resource.state()))
                .toList();
        return new StatusReport.ServerStatus(
                server.name(),
                group,
                server.state(),
                server.permission().owner(),
                server.permission().heir().orElse(""),
                server.opened().map(opened -> opened.epoch().toString()).orElse(""),
                server.reason().isEmpty() ? survival.reason() : server.reason(),
                survival.survives(),
                server.move().map(VirtualServer.Move::target).orElse(""),
                server.replicas().change().map(ReplicaChange::text).orElse(""),
                resources,
                replicaStatus(image, facts, server, answers),
                server.shared());
    }

    private static List<ReplicaStatus> replicaStatus(
            ClusterImage image, Facts facts, VirtualServer server, Map<String, Local> answers) {
        long committed = facts.nodes().values().stream()
                .map(heard -> heard.heartbeat().groups().get(server.name()))
                .filter(membership -> membership != null && membership.leading())
                .mapToLong(Facts.Membership::committed)
                .max()
                .orElse(-1);
        Optional<Long> common = commonIndex(server, answers);
        List<ReplicaStatus> replicas = new ArrayList<>();
        for (Replica replica : server.replicas().replicas()) {
            Optional<Facts.Membership> membership = heard(facts, replica.node())
                    .map(heartbeat -> heartbeat.groups().get(server.name()))
                    .filter(found -> found.incarnation() == replica.incarnation());
            long applied = membership.map(Facts.Membership::applied).orElse(-1L);
            Optional<String> digest = common.flatMap(index -> digest(server, answers, replica.node(), index));
            replicas.add(new ReplicaStatus(
                    replica.node(),
                    replica.incarnation(),
                    role(image, replica, membership),
                    applied,
                    applied < 0 || committed < 0 ? -1 : Math.max(0, committed - applied),
                    digest.orElse(""),
                    digest.isPresent() ? common.get() : -1,
                    Witness.is(image, replica)
                            ? membership
                                    .map(log -> log.applied() - log.snapshot())
                                    .orElse(-1L)
                            : -1,
                    note(image, facts, server, replica)));
        }
        return replicas;
    }

    /// A full replica that was away for so long that the witness' log goes no further back says so, from what was last
    /// heard of it.
    private static String note(ClusterImage image, Facts facts, VirtualServer server, Replica replica) {
        Optional<Facts.Membership> last = lastHeard(facts, server, replica);
        return server.replicas().replicas().stream()
                .filter(other -> Witness.is(image, other) && !Witness.is(image, replica))
                .filter(witness -> last.isPresent()
                        && last.get().applied() >= 0
                        && lastHeard(facts, server, witness)
                                .filter(log -> log.snapshot() > last.get().applied())
                                .isPresent())
                .map(witness -> "lacks entries that are gone from the log of the witness " + witness.node()
                        + ": another full replica has to fill it")
                .findFirst()
                .orElse("");
    }

    private static Optional<Facts.Membership> lastHeard(Facts facts, VirtualServer server, Replica replica) {
        return Optional.ofNullable(facts.nodes().get(replica.node()))
                .map(heard -> heard.heartbeat().groups().get(server.name()))
                .filter(found -> found.incarnation() == replica.incarnation());
    }

    private static String role(ClusterImage image, Replica replica, Optional<Facts.Membership> membership) {
        if (replica.lost() || membership.map(Facts.Membership::failed).orElse(false)) {
            return "failed";
        }
        return membership.map(Facts.Membership::leading).orElse(false)
                ? "leader"
                : Witness.is(image, replica) && replica.votes()
                        ? "witness"
                        : replica.role().text();
    }

    private static Optional<Long> commonIndex(VirtualServer server, Map<String, Local> answers) {
        TreeSet<Long> common = null;
        for (Replica replica : server.replicas().replicas()) {
            Local answer = answers.get(replica.node());
            SortedMap<Long, String> digests =
                    answer == null ? null : answer.digests().get(server.name());
            if (digests == null) {
                continue;
            }
            if (common == null) {
                common = new TreeSet<>(digests.keySet());
            } else {
                common.retainAll(digests.keySet());
            }
        }
        return common == null ? Optional.empty() : common.stream().max(Comparator.naturalOrder());
    }

    private static Optional<String> digest(VirtualServer server, Map<String, Local> answers, String node, long index) {
        return Optional.ofNullable(answers.get(node))
                .map(answer -> answer.digests().get(server.name()))
                .map(digests -> digests.get(index));
    }
}
