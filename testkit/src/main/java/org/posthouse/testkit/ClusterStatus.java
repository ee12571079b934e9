package org.posthouse.testkit;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What `./posthouse status --json` prints. What it prints beyond this is left alone; what it leaves out is empty.
@JsonIgnoreProperties(ignoreUnknown = true)
public record ClusterStatus(
        Cluster cluster,
        List<Node> nodes,
        List<VirtualServer> virtualServers,
        List<FrontEnd> frontEnds,
        List<Event> events) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Null lists become empty ones: a status taken while nodes are dead may lack any part.
    public ClusterStatus {
        nodes = orEmpty(nodes);
        virtualServers = orEmpty(virtualServers);
        frontEnds = orEmpty(frontEnds);
        events = orEmpty(events);
    }

    /// Something that happened, oldest first.
    ///
    /// @param at milliseconds since 1970, by the coordinator's clock
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Event(long at, String text) {}

    /// The cluster as a whole.
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Cluster(String name, String id, long imageVersion, String coordinator, Quorum quorum) {}

    /// The cluster group's votes.
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Quorum(int voters, int alive, int needed, boolean held) {}

    /// A node; its pid is 0 when no process is known.
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Node(String name, String state, long pid, String address, boolean votes) {
        /// Whether the cluster sees it up.
        public boolean up() {
            return "up".equals(state);
        }
    }

    /// A virtual server.
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record VirtualServer(
            String name,
            String state,
            String owner,
            String heir,
            String epoch,
            String reason,
            boolean survivesOwnerLoss,
            List<Replica> replicas) {
        /// Null lists become empty ones.
        public VirtualServer {
            replicas = orEmpty(replicas);
        }

        /// Whether it serves, with everything that belongs to it.
        public boolean online() {
            return "online".equals(state);
        }
    }

    /// A replica of a virtual server's storage group; the digest is that at `digestIndex`.
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Replica(
            String node, int incarnation, String role, long appliedIndex, long lag, String digest, long digestIndex) {
        /// Whether it keeps a log and no state.
        public boolean witness() {
            return "witness".equals(role);
        }
    }

    /// A front end and the ports that its clients use: `smtp`, `submission`, `imap`, `imaps`.
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record FrontEnd(String name, String state, long pid, String address, Map<String, Integer> ports) {}

    /// Reads the JSON.
    public static ClusterStatus parse(String json) throws IOException {
        try {
            return JSON.readValue(json, ClusterStatus.class);
        } catch (JsonProcessingException e) {
            throw new IOException("status printed no JSON that can be read: " + json.strip(), e);
        }
    }

    /// The node of this name.
    ///
    /// @throws IllegalArgumentException if there is none
    public Node node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no node " + name + " in " + nodes));
    }

    /// The virtual server of this name, if status lists it.
    public Optional<VirtualServer> virtualServer(String name) {
        return virtualServers.stream()
                .filter(server -> server.name().equals(name))
                .findFirst();
    }

    /// Names of the virtual servers that a node owns.
    public List<String> ownedBy(String node) {
        return virtualServers.stream()
                .filter(server -> node.equals(server.owner()))
                .map(VirtualServer::name)
                .toList();
    }

    /// Whether every node is up, and every virtual server is online and survives the loss of its owner.
    public boolean safe() {
        return nodes.stream().allMatch(Node::up)
                && virtualServers.stream().allMatch(server -> server.online() && server.survivesOwnerLoss());
    }

    /// Whether every virtual server is online.
    public boolean online() {
        return !virtualServers.isEmpty() && virtualServers.stream().allMatch(VirtualServer::online);
    }

    private static <T> List<T> orEmpty(List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }
}
