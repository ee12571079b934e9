package org.posthouse.faults;

import static org.posthouse.faults.Abuse.ANSWER_LIMIT;
import static org.posthouse.faults.Abuse.ascii;
import static org.posthouse.faults.Abuse.brief;
import static org.posthouse.faults.Abuse.longLine;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.posthouse.faults.Abuse.Misbehaved;
import org.posthouse.faults.Abuse.Probe;
import org.posthouse.faults.Abuse.Victim;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.RefusedException;
import org.posthouse.testkit.SampleCluster;

/// What is tried on IMAP.
final class ImapAbuse {
    private static final int MEGABYTE = 1 << 20;
    private static final int LITERAL_BYTES = 100_000_000;

    private ImapAbuse() {}

    static List<Probe> probes() {
        return List.of(
                new Probe("IMAP unknown command", ImapAbuse::unknownCommand),
                new Probe("IMAP line of 1 MB", victim -> refuses(victim, longLine("x1 NOOP ", MEGABYTE))),
                new Probe("IMAP NUL in a command", victim -> refuses(victim, ascii("x1 LOGIN us\0er secret\r\n"))),
                new Probe("IMAP nothing but a tag", victim -> refuses(victim, ascii("x1\r\n"))),
                new Probe(
                        "IMAP 100 MB literal before login",
                        victim -> refuses(victim, ascii("x1 LOGIN {" + LITERAL_BYTES + "}\r\n"))),
                new Probe("IMAP 100 MB literal+ before login", ImapAbuse::literalPlusBeforeLogin),
                new Probe("IMAP 100 MB literal dropped", ImapAbuse::droppedLiteral),
                new Probe("IMAP literal of 99999999999999999999", ImapAbuse::absurdLiteral),
                new Probe("IMAP nesting of 100,000", ImapAbuse::deepNesting),
                new Probe("IMAP random bytes", ImapAbuse::randomBytes),
                new Probe("IMAP broken MIME", ImapAbuse::brokenMime),
                new Probe("IMAP wrong passwords", ImapAbuse::wrongPasswords));
    }

    private static ImapClient connect(Victim victim) throws IOException {
        return ImapClient.connect(victim.imap(), ANSWER_LIMIT);
    }

    private static ImapClient login(Victim victim) throws IOException {
        return ImapClient.login(victim.imap(), victim.user(), SampleCluster.PASSWORD, ANSWER_LIMIT);
    }

    private static String unknownCommand(Victim victim) throws IOException, Misbehaved {
        try (ImapClient client = login(victim)) {
            try {
                var _ = client.command("XYZZY plugh");
                throw new Misbehaved("answered OK");
            } catch (RefusedException e) {
                var _ = client.command("NOOP");
                client.logout();
                return brief(e.answer());
            }
        }
    }

    private static String refuses(Victim victim, byte[] line) throws IOException, Misbehaved {
        try (ImapClient client = connect(victim)) {
            String answer;
            try {
                client.raw(line);
                answer = client.rawLine();
            } catch (IOException _) {
                return "hung up";
            }
            String upper = answer.toUpperCase(Locale.ROOT);
            if (!upper.contains("BAD") && !upper.contains("BYE") && !upper.contains(" NO")) {
                throw new Misbehaved("answered " + brief(answer));
            }
            return brief(answer);
        }
    }

    private static String literalPlusBeforeLogin(Victim victim) throws IOException, Misbehaved {
        try (ImapClient client = connect(victim)) {
            client.raw(ascii("x1 LOGIN {" + LITERAL_BYTES + "+}\r\n"));
            for (int sent = 0; sent < 50; sent++) {
                client.raw(new byte[MEGABYTE]);
            }
            client.limit(Duration.ofSeconds(2));
            client.raw(new byte[1]);
            String answer = client.rawLine();
            String upper = answer.toUpperCase(Locale.ROOT);
            if (!upper.contains("BAD") && !upper.contains("BYE") && !upper.contains(" NO")) {
                throw new Misbehaved("answered " + brief(answer));
            }
            return brief(answer);
        } catch (SocketTimeoutException _) {
            return "reads on, keeping nothing";
        } catch (IOException _) {
            return "hung up";
        }
    }

    private static String droppedLiteral(Victim victim) throws IOException, Misbehaved {
        long before = messages(victim);
        String how = "announced, accepted, 50 MB sent, dropped";
        try (ImapClient client = login(victim)) {
            client.raw(ascii("x1 APPEND INBOX {" + LITERAL_BYTES + "}\r\n"));
            String answer = client.rawLine();
            if (answer.startsWith("+")) {
                for (int sent = 0; sent < 50; sent++) {
                    client.raw(new byte[MEGABYTE]);
                }
            } else {
                how = brief(answer);
            }
        } catch (IOException e) {
            how = "hung up: " + brief(String.valueOf(e.getMessage()));
        }
        if (messages(victim) != before) {
            throw new Misbehaved("a message that was not sent whole was appended");
        }
        return how;
    }

    private static String absurdLiteral(Victim victim) throws IOException, Misbehaved {
        try (ImapClient client = login(victim)) {
            client.raw(ascii("x1 APPEND INBOX {99999999999999999999}\r\n"));
            String answer = client.rawLine();
            if (answer.startsWith("+") || answer.startsWith("x1 OK")) {
                throw new Misbehaved("answered " + brief(answer));
            }
            return brief(answer);
        }
    }

    private static String deepNesting(Victim victim) throws IOException, Misbehaved {
        try (ImapClient client = login(victim)) {
            var _ = client.select("INBOX");
            var _ = client.command("SEARCH " + "(".repeat(100_000) + "ALL" + ")".repeat(100_000));
            return "OK";
        } catch (RefusedException e) {
            return brief(e.answer());
        }
    }

    private static String randomBytes(Victim victim) throws IOException, Misbehaved {
        byte[] noise = new byte[20_000];
        victim.random().nextBytes(noise);
        int lines = 0;
        try (ImapClient client = connect(victim)) {
            client.raw(noise);
            client.raw(ascii("\r\nx1 LOGOUT\r\n"));
            for (String line = client.rawLine(); !line.startsWith("x1 OK"); line = client.rawLine()) {
                lines++;
            }
            return lines + " answers, then OK LOGOUT";
        } catch (IOException _) {
            return lines + " answers, then hung up";
        }
    }

    private static String brokenMime(Victim victim) throws IOException, Misbehaved {
        try (ImapClient client = login(victim)) {
            var _ = client.select("INBOX");
            for (String broken : Abuse.brokenMessages()) {
                byte[] sent = ascii(broken);
                var _ = client.append("INBOX", "", sent);
                byte[] stored = lastBody(client);
                if (!Arrays.equals(stored, sent)) {
                    throw new Misbehaved(
                            "served " + stored.length + " bytes for " + sent.length + " of: " + brief(broken));
                }
                client.fetch(false, "*", "(ENVELOPE BODYSTRUCTURE BODY.PEEK[1] BODY.PEEK[HEADER])", _ -> {});
            }
            client.logout();
            return Abuse.brokenMessages().size() + " kept byte for byte, structure told";
        }
    }

    private static String wrongPasswords(Victim victim) throws IOException, Misbehaved {
        List<String> millis = new ArrayList<>();
        String last = "nothing";
        try (ImapClient client = connect(victim)) {
            for (int attempt = 0; attempt < Abuse.PASSWORDS_MAX; attempt++) {
                long begun = System.nanoTime();
                try {
                    client.login(victim.user(), "not the password");
                    throw new Misbehaved("a wrong password was accepted");
                } catch (RefusedException e) {
                    millis.add(Long.toString((System.nanoTime() - begun) / 1_000_000));
                    last = e.answer();
                    if (last.startsWith("* BYE")) {
                        return "BYE after " + millis.size() + " (ms: " + String.join(", ", millis) + "): "
                                + brief(last);
                    }
                }
            }
        } catch (IOException _) {
            return "hung up after " + millis.size() + " (ms: " + String.join(", ", millis) + "), last " + brief(last);
        }
        throw new Misbehaved(Abuse.PASSWORDS_MAX + " wrong passwords on one connection, and no end");
    }

    /// The newest message of the user's INBOX.
    static byte[] last(Victim victim) throws IOException {
        try (ImapClient client = login(victim)) {
            var _ = client.select("INBOX");
            return lastBody(client);
        }
    }

    private static byte[] lastBody(ImapClient client) throws IOException {
        var _ = client.command("NOOP");
        List<byte[]> bodies = new ArrayList<>();
        client.fetch(false, "*", "BODY.PEEK[]", answer -> bodies.addAll(answer.literals()));
        if (bodies.isEmpty()) {
            throw new IOException("FETCH * BODY.PEEK[] gave no body");
        }
        return bodies.getLast();
    }

    private static long messages(Victim victim) throws IOException {
        try (ImapClient client = login(victim)) {
            return client.messages("INBOX");
        }
    }
}
