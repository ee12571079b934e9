package org.posthouse.faults;

import static org.posthouse.faults.Abuse.ANSWER_LIMIT;
import static org.posthouse.faults.Abuse.ascii;
import static org.posthouse.faults.Abuse.brief;
import static org.posthouse.faults.Abuse.longLine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.posthouse.faults.Abuse.Misbehaved;
import org.posthouse.faults.Abuse.Probe;
import org.posthouse.faults.Abuse.Victim;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.SampleCluster;
import org.posthouse.testkit.SmtpClient;
import org.posthouse.testkit.SmtpClient.Protocol;
import org.posthouse.testkit.SmtpClient.Reply;

/// What is tried on SMTP.
final class SmtpAbuse {
    private static final int MEGABYTE = 1 << 20;
    private static final int DROPPED_BYTES = 100_000_000;
    private static final int IDLE_CONNECTIONS = 200;
    private static final List<String> FALSE_ENDS =
            List.of("\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n");

    private SmtpAbuse() {}

    static List<Probe> probes() {
        return List.of(
                new Probe("SMTP unknown command", SmtpAbuse::unknownCommand),
                new Probe("SMTP line of 1 MB", victim -> refuses(victim, longLine("NOOP ", MEGABYTE))),
                new Probe("SMTP line that never ends", SmtpAbuse::endlessLine),
                new Probe(
                        "SMTP NUL in a command", victim -> refuses(victim, ascii("MAIL FROM:<a\0b@example.org>\r\n"))),
                new Probe(
                        "SMTP SIZE of 100 GB",
                        victim -> refuses(victim, ascii("MAIL FROM:<a@example.org> SIZE=100000000000\r\n"))),
                new Probe("SMTP random bytes", SmtpAbuse::randomBytes),
                new Probe("SMTP false ends of data", SmtpAbuse::smuggling),
                new Probe("SMTP 100 MB dropped in DATA", SmtpAbuse::droppedContent),
                new Probe("SMTP broken MIME", SmtpAbuse::brokenMime),
                new Probe("SMTP wrong passwords", SmtpAbuse::wrongPasswords),
                new Probe("SMTP " + IDLE_CONNECTIONS + " silent connections", SmtpAbuse::silentConnections));
    }

    private static SmtpClient connect(Victim victim) throws IOException {
        return SmtpClient.connect(Protocol.SMTP, victim.smtp(), ANSWER_LIMIT);
    }

    /// The next reply; empty if the server hung up instead.
    private static Optional<Reply> reply(SmtpClient client) {
        try {
            return Optional.of(client.reply());
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static String unknownCommand(Victim victim) throws IOException, Misbehaved {
        try (SmtpClient client = connect(victim)) {
            Reply answer = client.command("XYZZY plugh");
            if (answer.code() != 500 && answer.code() != 502) {
                throw new Misbehaved("answered " + answer);
            }
            if (client.command("NOOP").code() != 250) {
                throw new Misbehaved("the connection was of no use behind " + answer);
            }
            client.quit();
            return brief(answer.toString());
        }
    }

    private static String refuses(Victim victim, byte[] line) throws IOException, Misbehaved {
        try (SmtpClient client = connect(victim)) {
            client.raw(line);
            Optional<Reply> answer = reply(client);
            if (answer.isPresent() && answer.get().positive()) {
                throw new Misbehaved("answered " + answer.get());
            }
            return answer.map(reply -> brief(reply.toString())).orElse("hung up");
        }
    }

    private static String endlessLine(Victim victim) throws IOException {
        byte[] block = new byte[MEGABYTE];
        Arrays.fill(block, (byte) 'x');
        try (SmtpClient client = connect(victim)) {
            for (int sent = 0; sent < 50; sent++) {
                try {
                    client.raw(block);
                } catch (IOException _) {
                    return "hung up within " + (sent + 1) + " MB";
                }
            }
            return "read 50 MB and went on waiting";
        }
    }

    private static String randomBytes(Victim victim) throws IOException, Misbehaved {
        byte[] noise = new byte[20_000];
        victim.random().nextBytes(noise);
        try (SmtpClient client = connect(victim)) {
            client.raw(noise);
            client.raw(ascii("\r\nQUIT\r\n"));
            int refused = 0;
            for (Optional<Reply> answer = reply(client); answer.isPresent(); answer = reply(client)) {
                if (answer.get().code() == 221 || answer.get().code() == 421) {
                    return refused + " refusals, then " + brief(answer.get().toString());
                }
                refused++;
            }
            return refused + " refusals, then hung up";
        } catch (IOException e) {
            return "hung up: " + brief(String.valueOf(e.getMessage()));
        }
    }

    /// A line end that one server takes for the end of the message and another does not lets a sender smuggle a
    /// second message in (RFC 5321 section 4.1.1.4 knows CR LF . CR LF only).
    private static String smuggling(Victim victim) throws IOException, Misbehaved {
        List<String> outcomes = new ArrayList<>();
        for (String end : FALSE_ENDS) {
            long before = messages(victim);
            try (SmtpClient client = connect(victim)) {
                client.open("outer@example.org", List.of(victim.user()));
                client.raw(ascii("Subject: outer\r\n\r\nfirst" + end + "MAIL FROM:<inner@example.org>\r\nRCPT TO:<"
                        + victim.user() + ">\r\nDATA\r\nSubject: inner\r\n\r\nsecond\r\n.\r\n"));
                outcomes.add(reply(client)
                        .map(reply -> Integer.toString(reply.code()))
                        .orElse("hung up"));
            }
            long more = messages(victim) - before;
            if (more > 1) {
                throw new Misbehaved("one message became " + more + " by "
                        + end.replace("\r", "CR ").replace("\n", "LF "));
            }
        }
        return String.join(" ", outcomes);
    }

    private static String droppedContent(Victim victim) throws IOException, Misbehaved {
        long before = messages(victim);
        byte[] block = longLine("", 998);
        try (SmtpClient client = connect(victim)) {
            client.open("dropper@example.org", List.of(victim.user()));
            for (int sent = 0; sent < DROPPED_BYTES; sent += block.length) {
                client.raw(block);
            }
        } catch (IOException e) {
            return "refused on the way: " + brief(String.valueOf(e.getMessage()));
        }
        if (messages(victim) != before) {
            throw new Misbehaved("a message without its final dot was delivered");
        }
        return "nothing was delivered";
    }

    private static String brokenMime(Victim victim) throws IOException, Misbehaved {
        int kept = 0;
        int refused = 0;
        for (String broken : Abuse.brokenMessages()) {
            // Lines over 998 bytes are not SMTP (RFC 5321 section 4.5.3.1.6).
            byte[] sent = ascii(broken);
            try (SmtpClient client = connect(victim)) {
                client.open("broken@example.org", List.of(victim.user()));
                client.content(sent);
                Optional<Reply> answer = reply(client);
                if (answer.isEmpty() || !answer.get().positive()) {
                    refused++;
                    continue;
                }
            }
            byte[] stored = ImapAbuse.last(victim);
            if (!endsWith(stored, sent)) {
                throw new Misbehaved("served other bytes than were sent for: " + brief(broken));
            }
            kept++;
        }
        if (refused > 0) {
            throw new Misbehaved(refused + " of " + (kept + refused) + " were refused");
        }
        return kept + " kept byte for byte";
    }

    /// Servers put headers in front, and a line end at the end where there was none.
    private static boolean endsWith(byte[] stored, byte[] sent) {
        byte[] expected = sent;
        if (sent[sent.length - 1] != '\n') {
            expected = Arrays.copyOf(sent, sent.length + 2);
            expected[sent.length] = '\r';
            expected[sent.length + 1] = '\n';
        }
        return stored.length >= expected.length
                && Arrays.equals(stored, stored.length - expected.length, stored.length, expected, 0, expected.length);
    }

    private static String wrongPasswords(Victim victim) throws IOException, Misbehaved {
        String response = Base64.getEncoder()
                .encodeToString(("\0" + victim.user() + "\0not the password").getBytes(StandardCharsets.UTF_8));
        List<String> millis = new ArrayList<>();
        Reply last = null;
        try (SmtpClient client = SmtpClient.connect(Protocol.SMTP, victim.submission(), ANSWER_LIMIT)) {
            for (int attempt = 0; attempt < Abuse.PASSWORDS_MAX; attempt++) {
                long begun = System.nanoTime();
                last = client.command("AUTH PLAIN " + response);
                millis.add(Long.toString((System.nanoTime() - begun) / 1_000_000));
                if (last.positive()) {
                    throw new Misbehaved("a wrong password was accepted: " + last);
                }
            }
        } catch (IOException _) {
            return "hung up after " + millis.size() + " (ms: " + String.join(", ", millis) + "), last "
                    + brief(String.valueOf(last));
        }
        throw new Misbehaved(Abuse.PASSWORDS_MAX + " wrong passwords on one connection, and no end");
    }

    private static String silentConnections(Victim victim) throws IOException, Misbehaved {
        List<SmtpClient> silent = new ArrayList<>();
        String limit = "all were accepted";
        try {
            for (int k = 0; k < IDLE_CONNECTIONS; k++) {
                silent.add(connect(victim));
            }
        } catch (IOException e) {
            limit = silent.size() + " were accepted, then: " + brief(String.valueOf(e.getMessage()));
        } finally {
            silent.forEach(SmtpClient::close);
        }
        try (SmtpClient client = connect(victim)) {
            client.quit();
        }
        return limit;
    }

    private static long messages(Victim victim) throws IOException {
        try (ImapClient client = ImapClient.login(victim.imap(), victim.user(), SampleCluster.PASSWORD, ANSWER_LIMIT)) {
            return client.messages("INBOX");
        }
    }
}
