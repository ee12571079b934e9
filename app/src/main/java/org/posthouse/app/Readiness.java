package org.posthouse.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.posthouse.app.SampleCluster.ClientPorts;
import org.posthouse.cluster.Command.AddUser;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.cluster.VirtualServer;

/// Waits until a sample cluster's mail can be sent and read at every address that the table names, and prints that
/// table.
final class Readiness {
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(12);

    private final ClusterFolder folder;

    Readiness(ClusterFolder folder) {
        this.folder = folder;
    }

    /// Blocks until ready.
    ///
    /// @param started the processes; when one of them ends, waiting is over
    /// @throws IOException if it takes too long or a process ended; the message says what was missing last
    void await(Duration within, List<ProcessHandle> started) throws IOException {
        try (ClusterControl control = ClusterControl.open(folder)) {
            control.await(within, "the cluster to come up", status -> {
                for (ProcessHandle process : started) {
                    if (!process.isAlive()) {
                        throw new IOException(ended(process));
                    }
                }
                return online(status);
            });
            if (folder.withoutUsers()) {
                makeUsers(control);
            }
            probe(control, users(control));
        }
    }

    /// Makes the sample users, spread over the virtual servers; those that an interrupted start has made are left.
    private void makeUsers(ClusterControl control) throws IOException {
        SortedMap<String, User> there = control.image().directory().users();
        List<String> servers = folder.sample().virtualServerNames();
        List<String> names = folder.sample().userNames();
        for (int i = 0; i < names.size(); i++) {
            if (!there.containsKey(names.get(i))) {
                Optional<String> server = Optional.of(servers.get(i % servers.size()));
                String hash =
                        UserCommand.hash(SampleCluster.PASSWORD, control.image().id(), names.get(i));
                control.submit(new AddUser(names.get(i), hash, server, 0));
            }
        }
        folder.usersMade();
    }

    /// The table of addresses and accounts.
    static String table(ClusterFolder folder) throws IOException {
        try (ClusterControl control = ClusterControl.open(folder)) {
            SampleCluster sample = folder.sample();
            JsonNode status = control.status();
            TextTable servers = new TextTable("VIRTUAL SERVER", "OWNER", "HEIR", "SMTP", "SUBMISSION", "IMAP", "IMAPS");
            for (VirtualServer known : control.image().virtualServers().values()) {
                JsonNode server = ClusterControl.virtualServer(status, known.name());
                String owner = server.path("owner").asText();
                String[] at = addresses(sample.nodeAddress(owner), GroupPlan.ports(known));
                servers.row(known.name(), owner, server.path("heir").asText("none"), at[0], at[1], at[2], at[3]);
            }
            TextTable frontEnds = new TextTable("FRONT END", "SMTP", "SUBMISSION", "IMAP", "IMAPS");
            for (String name : sample.frontEndNames()) {
                String[] at = addresses("127.0.0.1", sample.ports(name));
                frontEnds.row(name, at[0], at[1], at[2], at[3]);
            }
            String accounts = sample.users() == 0
                    ? "No users; make some with 'posthouse user add'.\n"
                    : "Users " + String.join(" ... ", ends(sample.userNames())) + ", password '"
                            + SampleCluster.PASSWORD + "'\n";
            return (sample.frontEnds() > 0 ? frontEnds + "\n" : "") + servers + "\n" + accounts;
        }
    }

    private static boolean online(JsonNode status) {
        for (JsonNode server : status.path("virtualServers")) {
            if (!server.path("state").asText().equals("online")) {
                return false;
            }
        }
        return !status.path("virtualServers").isEmpty();
    }

    /// One user of each virtual server that has any.
    private static Map<String, String> users(ClusterControl control) throws IOException {
        Map<String, String> byServer = new LinkedHashMap<>();
        control.image()
                .directory()
                .users()
                .values()
                .forEach(user -> byServer.putIfAbsent(user.virtualServer(), user.address()));
        return byServer;
    }

    private void probe(ClusterControl control, Map<String, String> users) throws IOException {
        SampleCluster sample = folder.sample();
        JsonNode status = control.status();
        SortedMap<String, VirtualServer> servers = control.image().virtualServers();
        for (Map.Entry<String, String> user : users.entrySet()) {
            if (!user.getValue().endsWith("@" + SampleCluster.DOMAIN)) {
                continue;
            }
            List<String> entrances = new ArrayList<>(sample.frontEndNames());
            if (entrances.isEmpty()) {
                entrances.add(user.getKey());
            }
            for (String entrance : entrances) {
                boolean itself = entrance.equals(user.getKey());
                String host = itself
                        ? sample.nodeAddress(ClusterControl.virtualServer(status, entrance)
                                .path("owner")
                                .asText())
                        : "127.0.0.1";
                ClientPorts ports = itself ? GroupPlan.ports(servers.get(entrance)) : sample.ports(entrance);
                if (ports.smtp() > 0 && ports.imap() > 0) {
                    probe(entrance, host, ports, user.getValue());
                }
            }
        }
    }

    private static void probe(String entrance, String host, ClientPorts ports, String user) throws IOException {
        MailProbe probe = new MailProbe(host, PROBE_PATIENCE);
        try {
            probe.receives(ports.smtp(), user);
            if (user.matches("user\\d+@.*")) {
                probe.reads(ports.imap(), user, SampleCluster.PASSWORD);
            }
        } catch (IOException e) {
            throw new IOException(
                    "the cluster is up, but mail of " + user + " cannot be sent and read at " + entrance + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private String ended(ProcessHandle process) throws IOException {
        for (String name : folder.processes()) {
            if (Processes.find(folder.process(name)).isEmpty()) {
                return name + " (process " + process.pid() + ") ended while starting; see "
                        + folder.process(name).resolve("log");
            }
        }
        return "process " + process.pid() + " ended while starting; see the logs in " + folder.dir();
    }

    private static String[] addresses(String host, ClientPorts ports) {
        return new String[] {
            address(host, ports.smtp()),
            address(host, ports.submission()),
            address(host, ports.imap()),
            address(host, ports.imaps())
        };
    }

    private static String address(String host, int port) {
        return port == 0 ? "-" : host + ":" + port;
    }

    private static List<String> ends(List<String> names) {
        return names.size() == 1 ? names : List.of(names.getFirst(), names.getLast());
    }
}
