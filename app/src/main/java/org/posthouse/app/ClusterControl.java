package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.posthouse.agent.ClusterClient;
import org.posthouse.agent.StatusReport;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command;
import org.posthouse.cluster.GroupState;
import org.posthouse.cluster.Reply;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.Links;
import org.posthouse.wire.PeerIdentity;

/// A running cluster as the command line asks it: any node answers, each question is put to one that does.
/// What the cluster cannot know of the processes of a sample cluster (that a dead one is dead) is added from their
/// folders.
final class ClusterControl implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration DEADLINE = Duration.ofSeconds(15);
    private static final Duration LINK_WITHIN = Duration.ofSeconds(8);
    private static final long POLL_MILLIS = 250;
    private static final long LINK_POLL_MILLIS = 10;

    private final Installation folder;
    private final Links links;

    /// What is asked of a node.
    private interface Question<T> {
        T put(ClusterClient node) throws IOException;
    }

    /// No node answered; one may in a moment.
    static final class NoAnswerException extends IOException {
        private static final long serialVersionUID = 1;

        private NoAnswerException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// Something that a status may be waited for to show.
    interface Condition {
        /// @throws IOException if waiting is in vain
        boolean holds(JsonNode status) throws IOException;
    }

    private ClusterControl(Installation folder, Links links) {
        this.folder = folder;
        this.links = links;
    }

    /// Begins to connect to all nodes.
    static ClusterControl open(Installation folder) throws IOException {
        Links links = new Links(PeerIdentity.load(folder.operatorTls()), new LinkServices(), LinkSettings.DEFAULT);
        links.peers(folder.peers());
        return new ClusterControl(folder, links);
    }

    /// What the cluster says of itself, with the processes of its nodes and front ends.
    ///
    /// @throws IOException if no node answers
    JsonNode status() throws IOException {
        folder.requireReachable();
        ObjectNode status = (ObjectNode) JSON.readTree(newest().json());
        for (JsonNode node : status.path("nodes")) {
            addProcess((ObjectNode) node);
        }
        ArrayNode frontEnds = status.putArray("frontEnds");
        for (Installation.KnownFrontEnd known : folder.frontEnds()) {
            ObjectNode frontEnd = frontEnds.addObject().put("name", known.name());
            addProcess(frontEnd);
            frontEnd.put("state", frontEnd.has("pid") ? "up" : "down").put("address", known.address());
            frontEnd.set("ports", JSON.valueToTree(known.ports()));
        }
        return status;
    }

    /// The report of the node that knows the newest image: one that has just come back may be behind.
    private StatusReport newest() throws IOException {
        String first = anyNode().peer();
        List<Future<StatusReport>> reports = new ArrayList<>();
        try (var tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Link node : links.standing()) {
                reports.add(tasks.submit(() -> new ClusterClient(node).status()));
            }
        }
        return reports.stream()
                .filter(report -> report.state() == Future.State.SUCCESS)
                .map(Future::resultNow)
                .max(Comparator.comparingLong(report -> report.cluster().imageVersion()))
                .orElseThrow(() ->
                        new NoAnswerException(first + " can be reached, but no node tells the status in time", null));
    }

    private void addProcess(ObjectNode named) throws IOException {
        named.remove("pid");
        folder.running(named.path("name").asText()).ifPresent(process -> named.put("pid", process.pid()));
    }

    /// A virtual server in a status.
    ///
    /// @throws IOException if there is none of that name
    static JsonNode virtualServer(JsonNode status, String name) throws IOException {
        StringBuilder known = new StringBuilder();
        for (JsonNode server : status.path("virtualServers")) {
            if (server.path("name").asText().equals(name)) {
                return server;
            }
            known.append(known.isEmpty() ? "" : ", ").append(server.path("name").asText());
        }
        throw new IOException("there is no virtual server '" + name + "', but " + known);
    }

    /// Waits until the status is as wanted; while no node answers, that is no status.
    ///
    /// @param what for the message of the exception: "the move of vs1 to n4"
    void await(Duration within, String what, Condition wanted) throws IOException {
        long until = System.nanoTime() + within.toNanos();
        String last = "";
        while (System.nanoTime() - until < 0) {
            try {
                JsonNode status = status();
                if (wanted.holds(status)) {
                    return;
                }
                last = StatusCommand.text(status);
            } catch (NoAnswerException e) {
                last = e.getMessage();
            }
            pause(POLL_MILLIS);
        }
        throw new IOException(what + " was not done within " + within.toSeconds() + " s; last seen:\n" + last);
    }

    /// Waits until a virtual server is online on that node.
    void awaitMove(Duration within, String name, String node) throws IOException {
        await(within, "the move of " + name + " to " + node, status -> {
            JsonNode now = virtualServer(status, name);
            return now.path("owner").asText().equals(node)
                    && now.path("state").asText().equals("online");
        });
    }

    /// Waits until every virtual server is online, by what the nodes say alone.
    void awaitReport(Duration within) throws IOException {
        long until = System.nanoTime() + within.toNanos();
        while (System.nanoTime() - until < 0) {
            try {
                var servers = newest().virtualServers();
                if (!servers.isEmpty() && servers.stream().allMatch(server -> server.state() == GroupState.ONLINE)) {
                    return;
                }
            } catch (NoAnswerException _) {
                // Nodes that are starting do not answer yet; the deadline bounds the wait.
            }
            pause(POLL_MILLIS);
        }
        throw new IOException("the cluster did not come up within " + within.toSeconds() + " s");
    }

    private static void pause(long millis) throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// Has the cluster carry out a command.
    ///
    /// @return what the cluster says to it
    /// @throws IOException with the cluster's words if it refuses
    Reply submit(Command command) throws IOException {
        Command once = new Command.Request(UUID.randomUUID().toString(), command);
        Reply reply = ask(node -> node.submit(once, DEADLINE));
        if (!reply.accepted()) {
            throw new IOException(reply.message());
        }
        return reply;
    }

    /// The newest image.
    ClusterImage image() throws IOException {
        return ask(node -> node.image(DEADLINE));
    }

    /// Asks one node after the other until one answers.
    private <T> T ask(Question<T> question) throws IOException {
        IOException last = null;
        Link first = anyNode();
        List<Link> nodes = new ArrayList<>(List.of(first));
        links.standing().stream()
                .filter(link -> !link.peer().equals(first.peer()))
                .forEach(nodes::add);
        for (Link node : nodes) {
            try {
                return question.put(new ClusterClient(node));
            } catch (IOException e) {
                last = e;
            }
        }
        throw new NoAnswerException("no node answers; the last one said: " + last.getMessage(), last);
    }

    /// The link to a node, the first that stands.
    private Link anyNode() throws IOException {
        long until = System.nanoTime() + LINK_WITHIN.toNanos();
        while (System.nanoTime() - until < 0) {
            List<Link> standing = links.standing();
            if (!standing.isEmpty()) {
                return standing.getFirst();
            }
            pause(LINK_POLL_MILLIS);
        }
        throw new NoAnswerException(
                "no node of the cluster in " + folder.dir() + " can be reached at "
                        + folder.nodes().values() + "; " + folder.whereLogsAre(),
                null);
    }

    @Override
    public void close() {
        links.close();
    }
}
