package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.faults.Ledger.Found;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.MarkedMessage;
import org.posthouse.testkit.RunningCluster;

/// Reads mailboxes back, byte by byte, by IMAP.
final class Reading {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private Reading() {}

    /// Every message of every user's INBOX; one that carries no mark is found under the id `unmarked`.
    static List<Found> everything(RunningCluster cluster) throws IOException {
        List<Found> found = new ArrayList<>();
        for (String user : cluster.users().keySet()) {
            try (ImapClient client = ImapClient.login(cluster.imapDoor(user), user, RunningCluster.PASSWORD, LIMIT)) {
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
    static long count(RunningCluster cluster) throws IOException {
        long sum = 0;
        for (String user : cluster.users().keySet()) {
            try (ImapClient client = ImapClient.login(cluster.imapDoor(user), user, RunningCluster.PASSWORD, LIMIT)) {
                sum += client.messages("INBOX");
                client.logout();
            }
        }
        return sum;
    }
}
