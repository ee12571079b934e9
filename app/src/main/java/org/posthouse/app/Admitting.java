package org.posthouse.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.posthouse.cluster.ClusterImage;
import org.posthouse.cluster.Command.AddNode;
import org.posthouse.cluster.Witness;
import org.posthouse.wire.Admission;
import org.posthouse.wire.Authority;
import org.posthouse.wire.PeerIdentity;
import picocli.CommandLine.Option;

/// Lets one machine join, from where the cluster's authority is kept: the options, and what the newcomer is asked and
/// told.
final class Admitting {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Option(
            names = "--at",
            paramLabel = "HOST",
            description = "Address of this machine as the newcomer reaches it (default: that of the node here).")
    private Optional<String> host;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "2802",
            description = "On which to wait for it (${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "15",
            description = "How long the token is good (${DEFAULT-VALUE}).")
    private int minutes;

    /// What a node says of itself when it joins.
    record NodeClaims(String address, int replicationPort, int linkPort) {}

    /// What a newcomer is told besides its certificates.
    ///
    /// @param nodes link addresses, `HOST:PORT`
    /// @param domain the first for which mail is received; `""` if there is none
    record Welcome(UUID cluster, String clusterName, SortedMap<String, String> nodes, String domain) {}

    static byte[] bytes(Object content) throws IOException {
        return JSON.writeValueAsBytes(content);
    }

    static <T> T read(byte[] bytes, Class<T> type) throws IOException {
        return JSON.readValue(bytes, type);
    }

    /// Admits a node.
    ///
    /// @param witness whether it is to be a witness; one that lost its disk is one again, asked for or not
    /// @param tell is told the token, then what became of it
    void node(Machine machine, String name, boolean witness, Consumer<String> tell) throws IOException {
        if (new OutsideServer(machine.dir()).exists()) {
            throw new IOException("the virtual server in " + machine.dir() + " is for a third-party cluster service to"
                    + " start, on whichever machine that decides: no node joins it. Add the machine to that service");
        }
        admit(machine, "node:" + name, "posthouse node join", tell, (control, claimed) -> {
            NodeClaims claims = read(claimed, NodeClaims.class);
            boolean again = Witness.is(control.image(), name);
            // Of a node with the same address it says nothing new: a lost machine is rebuilt under its name.
            var _ = control.submit(new AddNode(
                    name, claims.address(), claims.replicationPort(), claims.linkPort(), "", witness || again));
            Welcome welcome = welcome(machine, control);
            machine.know(name, claims.address(), claims.linkPort());
            return welcome;
        });
    }

    /// Admits a front end.
    void frontEnd(Machine machine, String name, Consumer<String> tell) throws IOException {
        admit(
                machine,
                "front-end:" + name,
                "posthouse front-end join",
                tell,
                (control, _) -> welcome(machine, control));
    }

    private static Welcome welcome(Machine machine, ClusterControl control) throws IOException {
        ClusterImage image = control.image();
        var domains = image.directory().domains();
        return new Welcome(
                UUID.fromString(image.id()),
                image.name(),
                machine.known(),
                domains.isEmpty() ? "" : domains.firstKey());
    }

    private interface Terms {
        Welcome welcome(ClusterControl control, byte[] claims) throws IOException;
    }

    private void admit(Machine machine, String peer, String command, Consumer<String> tell, Terms terms)
            throws IOException {
        if (!PeerIdentity.isPeerName(peer)) {
            throw new IOException("'" + peer.substring(peer.indexOf(':') + 1) + "' is no name: letters, digits, dots,"
                    + " hyphens and underscores");
        }
        if (Files.notExists(machine.authority())) {
            throw new IOException("machines are admitted where the cluster's certificate authority is kept; "
                    + machine.authority() + " is not there");
        }
        String own =
                host.orElse(machine.nodeFile().map(Machine.NodeFile::address).orElse("127.0.0.1"));
        try (ClusterControl control = ClusterControl.open(machine)) {
            var _ = control.image(); // Better now than when the newcomer asks.
            try (Admission admission = Admission.open(
                    Authority.open(machine.authority()),
                    PeerIdentity.load(machine.operatorTls()),
                    peer,
                    new InetSocketAddress(own, port),
                    (_, claims) -> bytes(terms.welcome(control, claims)))) {
                tell.accept("Within " + minutes + " minutes, on the machine that is to join:\n  " + command + " "
                        + admission.token().text() + "\nThe token is good for once; Ctrl-C withdraws it.");
                List<String> hosts = admission.await(Duration.ofMinutes(minutes));
                tell.accept(peer.substring(peer.indexOf(':') + 1) + " at " + String.join(", ", hosts)
                        + " may take part now; start it there.");
            }
        }
    }
}
