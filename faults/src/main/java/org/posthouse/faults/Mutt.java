package org.posthouse.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.posthouse.faults.ClientDesk.Seen;
import org.posthouse.testkit.ImapClient;

/// mutt, whose keys a script presses. It keeps headers; so the second time it asks by QRESYNC what has changed.
final class Mutt implements MailClient {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int COUNT = 30;
    private static final String FIRST = "push \"<tag-pattern>~s message-1[0-4]$<enter><tag-prefix><flag-message>"
            + "<untag-pattern>~A<enter><jump>3<enter><display-message><exit>"
            + "<delete-pattern>~s message-2[0-4]$<enter>"
            + "<tag-pattern>~s message-5$<enter><tag-prefix><copy-message>=copied<enter>"
            + "<sync-mailbox><quit>\"\n";
    private static final String SECOND = "push \"<delete-pattern>~F<enter><sync-mailbox><quit>\"\n";

    @Override
    public String name() {
        return "mutt";
    }

    @Override
    public Map<String, String> programs() {
        return Map.of("mutt", "mutt", "script", "bsdutils");
    }

    @Override
    public void use(ClientDesk desk) throws IOException {
        desk.fill("INBOX", 0, COUNT);
        Files.createDirectories(desk.home().resolve("headers"));
        desk.write("muttrc", """
                set imap_user="%2$s" imap_pass="%3$s"
                set folder="imap://127.0.0.1:%1$s/" spoolfile="imap://127.0.0.1:%1$s/INBOX"
                set ssl_starttls=yes ssl_force_tls=yes ssl_use_system_certs=no
                set ssl_ca_certificates_file="%4$s" certificate_file="%5$s/certificates"
                set header_cache="%5$s/headers/" imap_condstore=yes imap_qresync=yes
                set delete=yes quit=yes confirmappend=no confirmcreate=no wait_key=no mark_old=no sort=mailbox-order
                """.formatted(desk.port(), desk.user(), desk.password(), desk.authority(), desk.home()));
        var _ = press(desk, FIRST);
        SortedMap<String, Seen> inbox = desk.read("INBOX");
        desk.expectSame(inbox.size(), COUNT - 5, "mutt: left after it deleted five");
        desk.expectSame(ClientDesk.flagged(inbox, "\\flagged"), ids(10, 15), "mutt: what it flagged");
        desk.expectSame(ClientDesk.flagged(inbox, "\\seen"), ids(2, 3), "mutt: what it showed");
        desk.expectSame(List.copyOf(desk.read("copied").keySet()), ids(5, 6), "mutt: what it copied");

        try (ImapClient client = desk.connect()) {
            var _ = client.select("INBOX");
            var _ = client.store(false, "16:20", "+FLAGS.SILENT (\\Flagged)");
            var _ = client.store(false, "1:2", "+FLAGS.SILENT (\\Deleted)");
            var _ = client.command("EXPUNGE");
            client.logout();
        }
        desk.fill("INBOX", COUNT, COUNT + 5);
        String said = press(desk, SECOND);
        desk.report()
                .expect(
                        said.contains("* VANISHED (EARLIER) "),
                        "mutt: the second time it asks what has changed since, and is told");
        SortedMap<String, Seen> left = desk.read("INBOX");
        desk.expectSame(
                left.keySet(),
                new TreeSet<>(IntStream.concat(IntStream.range(2, 10), IntStream.range(25, COUNT + 5))
                        .mapToObj(ClientDesk::id)
                        .toList()),
                "mutt: left after it deleted what is flagged, by it or elsewhere");
    }

    /// Has it press keys in a terminal; what it wrote into its log.
    private static String press(ClientDesk desk, String keys) throws IOException {
        Path rc = desk.home().resolve("muttrc");
        Path script = desk.write("keys", keys);
        var _ = desk.run(LIMIT, "script", "-qec", "mutt -F " + rc + " -d 3 -e 'source " + script + "'", "/dev/null");
        return Files.readString(desk.home().resolve(".muttdebug0"), StandardCharsets.ISO_8859_1);
    }

    private static List<String> ids(int from, int until) {
        return IntStream.range(from, until).mapToObj(ClientDesk::id).toList();
    }
}
