package org.posthouse.faults;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.ClusterStatus.VirtualServer;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.MarkedMessage;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.RefusedException;
import org.posthouse.testkit.SampleCluster;
import org.posthouse.testkit.SmtpClient;
import org.posthouse.testkit.SmtpClient.Protocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Two nodes that hold a majority of some virtual server's replicas are killed at the same moment.
@Command(
        name = "majority",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A majority of the replicas of some virtual server killed at once: its mail is refused for now,"
                + " the others go on, status says why, and all recovers when a node returns.")
final class Majority extends Campaign {
    // DESIGN.md section 6: RCPT and LOGIN wait 10 s for an owner.
    private static final Duration REFUSAL_LIMIT = Duration.ofSeconds(30);

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "a majority of replicas killed at once";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(25);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        Ledger ledger = new Ledger();
        ClusterStatus before = awaitSafe(cluster);
        Map<String, String> users = cluster.users();
        List<String> victims = victims(before, random())
                .orElseThrow(
                        () -> new IOException("no two nodes take the majority of some virtual servers and not of all"));
        List<String> stopped = without(before, victims);
        List<String> others = before.virtualServers().stream()
                .map(VirtualServer::name)
                .filter(name -> !stopped.contains(name))
                .toList();
        report().say("killing %s: %s lose their majority, %s keep theirs", victims, stopped, others);
        try (Load running = Load.start(cluster, ledger, load.pace(), seed())) {
            letPass(Duration.ofSeconds(5));
            long hit = System.nanoTime();
            victims.forEach(node -> Processes.kill(before.node(node).pid()));
            for (String server : others) {
                expectGoesOn(cluster, ledger, server, user(users, server), hit);
            }
            for (String server : stopped) {
                expectRefused(cluster, ledger, server, user(users, server));
            }
            expectStatusSaysWhy(cluster, stopped);
            String returning = victims.get(random().nextInt(victims.size()));
            cluster.startNode(returning);
            report().say("%s started again", returning);
            var _ = cluster.await("every virtual server is online", SAFE_LIMIT, ClusterStatus::online);
            for (String server : stopped) {
                expectGoesOn(cluster, ledger, server, user(users, server), System.nanoTime());
            }
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        for (String node : victims) {
            if (!cluster.status().node(node).up()) {
                cluster.startNode(node);
            }
        }
        var _ = awaitSafe(cluster);
        var _ = expectKept(cluster, ledger);
        expectDigestsAgree(cluster);
    }

    /// Two nodes whose loss takes the majority of some virtual servers and not of all, and as few owners as possible.
    static Optional<List<String>> victims(ClusterStatus status, Random random) {
        List<String> nodes =
                status.nodes().stream().map(ClusterStatus.Node::name).toList();
        List<List<String>> pairs = new ArrayList<>();
        for (String one : nodes) {
            for (String two : nodes) {
                int stopped = without(status, List.of(one, two)).size();
                if (one.compareTo(two) < 0
                        && stopped > 0
                        && stopped < status.virtualServers().size()) {
                    pairs.add(List.of(one, two));
                }
            }
        }
        Collections.shuffle(pairs, random);
        return pairs.stream().min(Comparator.comparingInt(pair -> pair.stream()
                .mapToInt(node -> status.ownedBy(node).size())
                .sum()));
    }

    /// The virtual servers that have no majority of their replicas without these nodes.
    static List<String> without(ClusterStatus status, List<String> victims) {
        return status.virtualServers().stream()
                .filter(server -> 2
                                * server.replicas().stream()
                                        .filter(replica -> !victims.contains(replica.node()))
                                        .count()
                        <= server.replicas().size())
                .map(VirtualServer::name)
                .toList();
    }

    private static String user(Map<String, String> users, String server) {
        return users.entrySet().stream()
                .filter(each -> each.getValue().equals(server))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no user on " + server));
    }

    private void expectGoesOn(SampleCluster cluster, Ledger ledger, String server, String user, long since)
            throws IOException {
        String id = Long.toHexString(seed()) + "-goes-on-" + server + "-" + Long.toHexString(since);
        IOException last = new IOException("not tried");
        for (int attempt = 0; attempt < 6; attempt++) {
            try (SmtpClient client = SmtpClient.connect(Protocol.SMTP, cluster.smtp(1), REFUSAL_LIMIT)) {
                client.open("load@example.org", List.of(user));
                client.content(MarkedMessage.of(id, user, 2_000));
                var _ = client.answers();
                ledger.note(id, user, Ledger.Outcome.ACKNOWLEDGED);
                report().expect(
                                true,
                                "%s takes mail, %.1f s after the event",
                                server,
                                (System.nanoTime() - since) / 1e9);
                return;
            } catch (RefusedException e) {
                last = e;
                letPass(Duration.ofSeconds(1));
            }
        }
        report().failed(server + " takes no mail: " + last.getMessage());
    }

    private void expectRefused(SampleCluster cluster, Ledger ledger, String server, String user) throws IOException {
        try {
            expectMailRefused(cluster, ledger, server, user);
        } catch (SocketTimeoutException e) {
            // The owner did not know yet that it was alone, and let the recipient pass: it is held for minutes.
            report().say("mail for %s on %s is held: %s", user, server, e.getMessage());
            expectMailRefused(cluster, ledger, server, user);
        }
        long login = System.nanoTime();
        try (ImapClient client = ImapClient.login(cluster.imap(1), user, SampleCluster.PASSWORD, REFUSAL_LIMIT)) {
            var _ = client.select("INBOX");
            report().failed("IMAP served " + user + " on " + server + " without a majority");
        } catch (RefusedException e) {
            report().expect(
                            e.temporary(),
                            "IMAP for %s is refused for now after %.1f s: %s",
                            server,
                            (System.nanoTime() - login) / 1e9,
                            e.answer());
        }
    }

    private void expectMailRefused(SampleCluster cluster, Ledger ledger, String server, String user)
            throws IOException {
        long begun = System.nanoTime();
        try (SmtpClient client = SmtpClient.connect(Protocol.SMTP, cluster.smtp(1), REFUSAL_LIMIT)) {
            client.open("load@example.org", List.of(user));
            String id = Long.toHexString(seed()) + "-refused-" + server + "-" + Long.toHexString(begun);
            ledger.note(id, user, Ledger.Outcome.UNKNOWN);
            client.content(MarkedMessage.of(id, user, 2_000));
            var _ = client.answers();
            report().failed("mail for " + user + " on " + server + " was acknowledged without a majority");
        } catch (RefusedException e) {
            report().expect(
                            e.temporary(),
                            "mail for %s is refused for now after %.1f s: %s",
                            server,
                            (System.nanoTime() - begun) / 1e9,
                            e.answer());
        }
    }

    private void expectStatusSaysWhy(SampleCluster cluster, List<String> stopped) throws IOException {
        ClusterStatus status =
                cluster.await("status tells of " + stopped, Duration.ofSeconds(30), now -> stopped.stream()
                        .allMatch(name -> now.virtualServer(name)
                                .map(server -> !server.online()
                                        && server.reason() != null
                                        && !server.reason().isBlank())
                                .orElse(false)));
        for (String name : stopped) {
            VirtualServer server = status.virtualServer(name).orElseThrow();
            report().say("status: %s is %s: %s", name, server.state(), server.reason());
        }
    }
}
