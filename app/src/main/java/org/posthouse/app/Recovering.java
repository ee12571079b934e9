package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.posthouse.agent.NodeRecovery;
import org.posthouse.agent.NodeRecovery.Held;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Node;
import org.posthouse.replication.Position;

/// `posthouse cluster recover` for one node: what it holds, what would be lost, what speaks against it, and the act.
final class Recovering {
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(1);

    private final Installation installation;
    private final NodeSetup setup;
    private final NodeRecovery recovery;

    private Recovering(Installation installation, NodeSetup setup, NodeRecovery recovery) {
        this.installation = installation;
        this.setup = setup;
        this.recovery = recovery;
    }

    /// Looks; changes nothing.
    ///
    /// @throws IOException if the node runs, or holds nothing to go on with
    static Recovering look(Installation installation, NodeSetup setup) throws IOException {
        if (answers(new InetSocketAddress(setup.address(), setup.linkPort()))
                || installation.running(setup.name()).isPresent()) {
            throw new IOException(setup.name() + " runs: stop it first, then look at what it holds");
        }
        if (!NodeRecovery.isThere(setup.folder())) {
            throw new IOException(
                    setup.folder() + " holds no replica of the cluster group: recover from a node that" + " has one");
        }
        return new Recovering(installation, setup, NodeRecovery.look(setup.folder(), setup.clusterId(), setup.name()));
    }

    private List<String> lostNodes() {
        return recovery.image().nodes().keySet().stream()
                .filter(name -> !name.equals(setup.name()))
                .toList();
    }

    // ---- what is here

    /// What the node holds and what would be lost, for people.
    String report(long now) {
        ClusterImage image = recovery.image();
        StringBuilder text = new StringBuilder("Node " + setup.name() + " in " + setup.folder() + " holds of cluster "
                + image.name() + ", which has the nodes "
                + String.join(", ", image.nodes().keySet()) + ":\n\n");
        TextTable table = new TextTable("GROUP", "REPLICA", "LOG ENDS AT", "COMMITTED", "NEWEST ENTRY", "USERS");
        row(table, ClusterImage.CLUSTER_GROUP, "-", now);
        for (String server : image.virtualServers().keySet()) {
            row(table, server, Long.toString(users(server)), now);
        }
        text.append(table).append('\n');
        text.append("If this node goes on alone:\n");
        lostNodes().forEach(node -> text.append("- ").append(node).append(" is out of the cluster for good.\n"));
        recovery.held().forEach((group, held) -> {
            if (!group.equals(ClusterImage.CLUSTER_GROUP)) {
                text.append(kept(group, held, now));
            }
        });
        for (String server : recovery.lost()) {
            text.append("- ")
                    .append(server)
                    .append(" is LOST, with the mail of ")
                    .append(users(server));
            text.append(" users: ");
            text.append(recovery.unusable(server)
                    .map(why -> "its replica here cannot be used (" + why + ")")
                    .orElse("it has no replica here"));
            text.append(". It stays failed. If another survivor has one, recover there instead.\n");
        }
        text.append("- Changes of users, domains and policies after entry ");
        text.append(
                place(recovery.held().get(ClusterImage.CLUSTER_GROUP).replica().last()));
        text.append(" of the cluster group are lost.\n");
        return text.toString();
    }

    private static String kept(String group, Held held, long now) {
        String text = "- " + group + " goes on with what is here. LOST is what only the lost nodes had: all mail"
                + " acknowledged after entry " + place(held.replica().last())
                + (held.lastMillis() < 0 ? "" : ", that is after " + time(held.lastMillis(), now))
                + ", if any was; that cannot be known here.\n";
        if (held.filling()) {
            text += "  This replica was only being filled, and may be much older than the lost ones.\n";
        }
        if (held.newer() > 0) {
            text += "  Its last " + held.newer() + " entries are not known to be committed; they are kept.\n";
        }
        return text;
    }

    private void row(TextTable table, String group, String users, long now) {
        Held held = recovery.held().get(group);
        if (held == null) {
            table.row(group, recovery.unusable(group).isPresent() ? "unusable" : "none", "-", "-", "-", users);
            return;
        }
        table.row(
                group,
                held.replica().self() + (held.filling() ? " (being filled)" : ""),
                place(held.replica().last()),
                Long.toString(held.replica().committed()),
                held.lastMillis() < 0 ? "in a snapshot" : time(held.lastMillis(), now),
                users);
    }

    private static String place(Position position) {
        return position.index() + " of term " + position.term();
    }

    private static String time(long millis, long now) {
        long seconds = Math.max(0, (now - millis) / 1000);
        String age = seconds < 120
                ? seconds + " s"
                : seconds < 7200
                        ? seconds / 60 + " min"
                        : seconds < 172_800 ? seconds / 3600 + " h" : seconds / 86_400 + " days";
        return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS) + " (" + age + " ago)";
    }

    private long users(String server) {
        return recovery.image().directory().users().values().stream()
                .filter(user -> user.virtualServer().equals(server))
                .count();
    }

    // ---- what speaks against it

    /// Why this must not be done, empty if nothing is known.
    List<String> objections() throws IOException {
        List<String> against = new ArrayList<>();
        List<String> answering = answering();
        if (!answering.isEmpty()) {
            against.add("These nodes still answer: " + String.join(", ", answering) + ". With a majority alive nothing"
                    + " has to be recovered; with this node alone AND them there would be two clusters. Stop the"
                    + " others first if they have lost their majority too.");
        }
        for (var other : otherSurvivors().entrySet()) {
            if (ahead(other.getValue(), recovery)) {
                against.add(other.getKey() + " holds more than " + setup.name() + ": recover there instead ("
                        + positions(other.getValue()) + " against " + positions(recovery) + ").");
            }
        }
        return against;
    }

    /// Nodes that take a connection on their link port.
    private List<String> answering() throws IOException {
        SortedMap<String, InetSocketAddress> known = new TreeMap<>(setup.peers());
        for (Node node : recovery.image().nodes().values()) {
            known.put(node.name(), new InetSocketAddress(node.host(), node.linkPort()));
        }
        known.remove(setup.name());
        List<String> answering = new ArrayList<>();
        for (var each : known.entrySet()) {
            if (answers(each.getValue())) {
                answering.add(each.getKey() + " at " + each.getValue().getHostString() + ":"
                        + each.getValue().getPort());
            }
        }
        return answering;
    }

    private static boolean answers(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(address.getHostString(), address.getPort()), (int) ANSWER_WITHIN.toMillis());
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /// Other nodes of a sample cluster whose folders can be read. On machines each has to be asked where it is.
    private SortedMap<String, NodeRecovery> otherSurvivors() throws IOException {
        SortedMap<String, NodeRecovery> others = new TreeMap<>();
        if (installation instanceof ClusterFolder sample) {
            for (String name : sample.sample().nodeNames()) {
                if (name.equals(setup.name()) || !NodeRecovery.isThere(sample.process(name))) {
                    continue;
                }
                try {
                    others.put(name, NodeRecovery.look(sample.process(name), setup.clusterId(), name));
                } catch (IOException _) {
                    // It runs, which is objected to by itself, or holds nothing that could be gone on with.
                }
            }
        }
        return others;
    }

    /// Whether one holds at least as much as the other of every group, and more of one.
    private static boolean ahead(NodeRecovery one, NodeRecovery other) {
        boolean more = false;
        for (var theirs : other.held().entrySet()) {
            Held own = one.held().get(theirs.getKey());
            int compared = own == null ? -1 : compare(own, theirs.getValue());
            if (compared < 0) {
                return false;
            }
            more |= compared > 0;
        }
        return more || one.held().size() > other.held().size();
    }

    /// As Raft compares logs: the term of the last entry, then its index.
    private static int compare(Held one, Held other) {
        Position first = one.replica().last();
        Position second = other.replica().last();
        return first.term() != second.term()
                ? Long.compare(first.term(), second.term())
                : Long.compare(first.index(), second.index());
    }

    private static String positions(NodeRecovery recovery) {
        List<String> positions = new ArrayList<>();
        for (Map.Entry<String, Held> each : recovery.held().entrySet()) {
            positions.add(
                    each.getKey() + " to " + place(each.getValue().replica().last()));
        }
        return String.join(", ", positions);
    }

    // ---- the act

    /// Makes the node the only one of a new cluster.
    void act(String reason, long now) throws IOException {
        UUID successor = UUID.randomUUID();
        recovery.prepare(successor, reason, now);
        var journal = new RecoveryJournal(
                setup.clusterId(),
                successor,
                setup.name(),
                List.copyOf(recovery.held().keySet()),
                List.copyOf(recovery.lost()),
                lostNodes());
        journal.write(setup.folder());
        finish(installation, setup.folder(), journal);
    }

    /// Puts in place what was prepared; also after it was cut short.
    static void finish(Installation installation, Path nodeFolder, RecoveryJournal journal) throws IOException {
        NodeRecovery.commit(nodeFolder, journal.from(), journal.to(), journal.groups(), journal.lost());
        Files.deleteIfExists(nodeFolder.resolve(NodeSetup.FORMING));
        switch (installation) {
            case Machine machine -> {
                Machine.NodeFile file = machine.nodeFile().orElseThrow();
                keep(machine.dir().resolve("node.json"));
                machine.write(new Machine.NodeFile(
                        journal.to(),
                        file.name(),
                        file.address(),
                        file.replicationPort(),
                        file.linkPort(),
                        new TreeMap<>()));
                if (!machine.known().isEmpty()) {
                    for (String lost : journal.lostNodes()) {
                        machine.forget(lost);
                    }
                    machine.know(file.name(), file.address(), file.linkPort());
                }
            }
            case ClusterFolder sample -> {
                keep(sample.dir().resolve(SampleCluster.FILE));
                sample.sample().recovered(journal.to(), journal.node()).save(sample.dir());
            }
        }
        RecoveryJournal.delete(nodeFolder);
    }

    private static void keep(Path file) throws IOException {
        Path kept = file.resolveSibling(file.getFileName() + ".before-recovery");
        if (Files.notExists(kept)) {
            Files.copy(file, kept, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    /// What to do next, for people.
    String next() {
        boolean sample = installation instanceof ClusterFolder;
        String dir = installation.dir().toString();
        List<String> steps = new ArrayList<>();
        Optional<String> room = roomHint();
        if (!sample) {
            steps.add("posthouse node run --dir " + dir + "   (or its systemd unit)");
        } else if (room.isEmpty() && recovery.lost().isEmpty()) {
            steps.add("posthouse up --dir " + dir);
        } else {
            // 'up' would wait for all virtual servers.
            steps.add("posthouse node start " + setup.name() + " --dir " + dir + "   and so each front end");
        }
        room.ifPresent(steps::add);
        steps.add(
                sample
                        ? "posthouse node add --dir " + dir + "   grows it again"
                        : "posthouse node admit NAME --dir " + dir + "   lets machines join again, new ones or the lost"
                                + " ones with empty folders");
        return setup.name() + " is the only node of the cluster now. Its old files are kept in "
                + setup.folder().resolve("raft") + "/*/before-recovery until you delete them. Next:\n  "
                + String.join("\n  ", steps) + "\n" + warning();
    }

    private String warning() {
        return lostNodes().isEmpty()
                ? ""
                : "Never start the lost nodes (" + String.join(", ", lostNodes()) + ") with what is on their disks:"
                        + " together they would go on as the old cluster, beside this one.\n";
    }

    private Optional<String> roomHint() {
        long held = recovery.held().size() - 1L;
        boolean tight = recovery.image().virtualServers().values().stream()
                .anyMatch(server -> recovery.held().containsKey(server.name())
                        && server.policy().room().limit() < held);
        return tight
                ? Optional.of("posthouse group prop VIRTUAL-SERVER 'room=stack " + held
                        + "'   for each, to have all of them online on one node")
                : Optional.empty();
    }
}
