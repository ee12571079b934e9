package org.posthouse.faults;

import static org.posthouse.faults.Abuse.ANSWER_LIMIT;
import static org.posthouse.faults.Abuse.ascii;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.faults.Abuse.Misbehaved;
import org.posthouse.faults.Abuse.Probe;
import org.posthouse.faults.Abuse.Victim;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.SampleCluster;

/// Many clients of one user at a time who keep the server waiting, or busy. Others are served meanwhile.
final class ImapStalling {
    private static final int CLIENTS = 20;
    private static final int COMMANDS = 5_000;
    private static final int LARGE_BYTES = 4_000_000;
    private static final int NOT_KEYS = 499;

    private ImapStalling() {}

    static List<Probe> probes() {
        return List.of(
                new Probe(CLIENTS + " IMAP clients that read nothing", ImapStalling::readingNothing),
                new Probe(CLIENTS + " IMAP clients inside a literal", ImapStalling::insideALiteral),
                new Probe(CLIENTS + " IMAP searches of a thousand keys, dropped", ImapStalling::endlessSearches),
                new Probe(COMMANDS + " IMAP commands at once", ImapStalling::commandsAtOnce));
    }

    /// What each of many clients says before it falls silent.
    private interface Stall {
        void begin(ImapClient client) throws IOException;
    }

    private static String stall(Victim victim, Stall stall) throws IOException, Misbehaved {
        List<ImapClient> silent = new ArrayList<>();
        try (ImapClient other = login(victim)) {
            long before = other.select("INBOX").exists();
            for (int i = 0; i < CLIENTS; i++) {
                ImapClient client = login(victim);
                silent.add(client);
                stall.begin(client);
            }
            long begun = System.nanoTime();
            var _ = other.store(false, "*", "+FLAGS (\\Flagged)");
            if (other.search(false, "FLAGGED").isEmpty()) {
                throw new Misbehaved("another client's change did not come about");
            }
            long millis = (System.nanoTime() - begun) / 1_000_000;
            if (other.messages("INBOX") != before) {
                throw new Misbehaved("there are messages that nobody sent whole");
            }
            other.logout();
            return "another client is served meanwhile (" + millis + " ms)";
        } finally {
            silent.forEach(ImapClient::close);
        }
    }

    private static String readingNothing(Victim victim) throws IOException, Misbehaved {
        large(victim);
        return stall(victim, client -> {
            var _ = client.select("INBOX");
            client.raw(ascii("x1 FETCH * BODY.PEEK[]\r\n".repeat(20)));
        });
    }

    private static String insideALiteral(Victim victim) throws IOException, Misbehaved {
        large(victim);
        return stall(
                victim, client -> client.raw(ascii("x1 APPEND INBOX {" + LARGE_BYTES + "+}\r\n" + "x".repeat(1_000))));
    }

    private static String endlessSearches(Victim victim) throws IOException, Misbehaved {
        large(victim);
        return stall(victim, client -> {
            var _ = client.select("INBOX");
            client.raw(ascii("x1 SEARCH" + " NOT BODY wanted".repeat(NOT_KEYS) + "\r\n"));
        });
    }

    private static String commandsAtOnce(Victim victim) throws IOException, Misbehaved {
        try (ImapClient client = login(victim)) {
            client.limit(ANSWER_LIMIT.multipliedBy(4));
            client.raw(ascii("x1 NOOP\r\n".repeat(COMMANDS)));
            for (int i = 0; i < COMMANDS; i++) {
                String answer = client.rawLine();
                if (!answer.startsWith("x1 OK")) {
                    throw new Misbehaved("command " + i + " was answered " + answer);
                }
            }
            client.logout();
            return "answered one by one";
        }
    }

    private static void large(Victim victim) throws IOException {
        try (ImapClient client = login(victim)) {
            var _ = client.append("INBOX", "", ascii("\r\n" + "all work and no play\r\n".repeat(LARGE_BYTES / 22)));
            client.logout();
        }
    }

    private static ImapClient login(Victim victim) throws IOException {
        return ImapClient.login(victim.imap(), victim.user(), SampleCluster.PASSWORD, ANSWER_LIMIT);
    }
}
