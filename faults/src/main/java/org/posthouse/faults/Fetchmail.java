package org.posthouse.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.faults.ClientDesk.Seen;
import org.posthouse.testkit.MarkedMessage;

/// fetchmail, which takes all mail away and hands each message to a program; then it idles and is woken.
final class Fetchmail implements MailClient {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int COUNT_MAX = 100;
    private static final int NO_MAIL = 1;

    @Override
    public String name() {
        return "fetchmail";
    }

    @Override
    public Map<String, String> programs() {
        return Map.of("fetchmail", "fetchmail");
    }

    @Override
    public void use(ClientDesk desk) throws IOException {
        int count = Math.min(COUNT_MAX, desk.messages());
        desk.fill("INBOX", 0, count);
        Path taken = Files.createDirectories(desk.home().resolve("taken"));
        Path agent = desk.write("agent", """
                #!/bin/sh
                file=$(mktemp "%s/XXXXXXXX") && cat >"$file" && mv "$file" "$file.mail"
                """.formatted(taken));
        // The name must be one that the certificate has as a host's name: fetchmail looks at no addresses there.
        Path configuration = desk.write(
                ".fetchmailrc", """
                set no bouncemail
                poll localhost service %s protocol IMAP timeout 60
                  user "%s" password "%s"
                  sslproto TLS1.2+ sslcertck sslcertfile "%s"
                  no keep no rewrite mda "%s"
                """.formatted(desk.port(), desk.user(), desk.password(), desk.authority(), agent));
        String[] once = {
            "fetchmail",
            "-f",
            configuration.toString(),
            "--pidfile",
            desk.home().resolve("pid").toString()
        };
        var _ = desk.run(LIMIT, once);
        expectTaken(desk, taken, count, "each message once, and whole");
        var _ = desk.run(LIMIT, NO_MAIL, once);
        expectTaken(desk, taken, count, "another run takes nothing");
        desk.expectSame(desk.read("INBOX").size(), 0, "fetchmail: left on the server");

        idle(desk, taken, count, once);
    }

    private static void idle(ClientDesk desk, Path taken, int count, String[] once) throws IOException {
        Path said = desk.home().resolve("idle.out");
        String[] idle = {once[0], once[1], once[2], once[3], once[4], "--idle", "--nodetach", "-v", "-d", "300"};
        Process process = desk.start(said, idle);
        try {
            desk.await("fetchmail idles", LIMIT, () -> Files.readString(said).contains(" IDLE\n"));
            desk.fill("INBOX", count, count + 1);
            desk.await("fetchmail was woken", LIMIT, () -> mail(taken).size() > count);
            desk.await("it has said so", LIMIT, () -> Files.readString(said).contains("EXISTS"));
        } finally {
            ClientDesk.end(process);
        }
        expectTaken(desk, taken, count + 1, "a message that came while it idled");
    }

    private static void expectTaken(ClientDesk desk, Path taken, int count, String what) throws IOException {
        SortedMap<String, Seen> wanted = new TreeMap<>();
        for (int number = 0; number < count; number++) {
            wanted.put(ClientDesk.id(number), new Seen("", true));
        }
        SortedMap<String, Seen> mail = mail(taken);
        desk.report().expect(mail.equals(wanted), "fetchmail: %s: %d", what, mail.size());
    }

    private static SortedMap<String, Seen> mail(Path taken) throws IOException {
        SortedMap<String, Seen> found = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(taken, "*.mail")) {
            for (Path file : files) {
                var read = MarkedMessage.read(Maildir.crlf(Files.readString(file, StandardCharsets.ISO_8859_1)));
                String id = read.map(MarkedMessage.Read::id).orElse("unmarked " + file.getFileName());
                Seen seen = new Seen("", read.map(MarkedMessage.Read::intact).orElse(false));
                if (found.put(id, seen) != null) {
                    found.put(id + ", a second time", seen);
                }
            }
        }
        return found;
    }
}
