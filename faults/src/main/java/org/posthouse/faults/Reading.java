package org.posthouse.faults;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.faults.Ledger.Found;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.MarkedMessage;
import org.posthouse.testkit.SampleCluster;

/// Reads mailboxes back, byte by byte, by IMAP.
final class Reading {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private Reading() {}

    /// Every message of every user's INBOX; one that carries no mark is found under the id `unmarked`.
    static List<Found> everything(SampleCluster cluster) throws IOException {
        List<Found> found = new ArrayList<>();
        for (int k = 1; k <= cluster.layout().users(); k++) {
            String user = "user" + k + "@example.org";
            try (ImapClient client = ImapClient.login(door(cluster, user), user, SampleCluster.PASSWORD, LIMIT)) {
                if (client.select("INBOX").exists() > 0) {
                    client.fetch(true, "1:*", "(UID BODY.PEEK[])", answer -> found.add(found(user, answer)));
                }
                client.logout();
            }
        }
        return found;
    }

    private static Found found(String user, ImapClient.Response answer) {
        if (answer.literals().isEmpty()) {
            return new Found("no body: " + answer.text(), user, false);
        }
        return MarkedMessage.read(answer.literals().getFirst())
                .map(read -> new Found(read.id(), user, read.intact()))
                .orElse(new Found("unmarked: " + answer.text(), user, false));
    }

    /// How many messages all INBOXes hold together.
    static long count(SampleCluster cluster) throws IOException {
        long sum = 0;
        for (int k = 1; k <= cluster.layout().users(); k++) {
            String user = "user" + k + "@example.org";
            try (ImapClient client = ImapClient.login(door(cluster, user), user, SampleCluster.PASSWORD, LIMIT)) {
                sum += client.messages("INBOX");
                client.logout();
            }
        }
        return sum;
    }

    private static InetSocketAddress door(SampleCluster cluster, String user) throws IOException {
        if (cluster.layout().frontEnds() > 0) {
            return cluster.imap(
                    1 + Math.floorMod(user.hashCode(), cluster.layout().frontEnds()));
        }
        String server = cluster.users().get(user);
        return cluster.imap(Integer.parseInt(server.substring(2)));
    }
}
