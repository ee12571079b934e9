package org.posthouse.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.posthouse.faults.ClientDesk.Seen;

/// Thunderbird on a screen that nobody sees: the password is typed, a message opened by its key, and pictures
/// are taken. What its list counts is not compared (docs/clients.md says why that matters).
final class Thunderbird implements MailClient {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int COUNT_MAX = 200;
    private static final Pattern ID = Pattern.compile("X-Posthouse-Id: (\\S+)");

    @Override
    public String name() {
        return "thunderbird";
    }

    @Override
    public Map<String, String> programs() {
        Map<String, String> programs = new TreeMap<>(Map.of("thunderbird", "thunderbird", "Xvfb", "xvfb"));
        programs.putAll(Map.of("import", "imagemagick", "xdotool", "xdotool", "certutil", "libnss3-tools"));
        return programs;
    }

    @Override
    public void use(ClientDesk desk) throws IOException {
        int count = Math.min(COUNT_MAX, desk.messages());
        desk.fill("INBOX", 0, count);
        Path profile = profile(desk);
        Path shown = desk.home().resolve("display");
        Process screen =
                desk.start(shown, "Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp");
        try {
            desk.await("there is a screen", LIMIT, () -> Files.readString(shown).endsWith("\n"));
            String display =
                    "DISPLAY=:" + Files.readString(shown).lines().toList().getLast();
            Process reader = desk.start(
                    desk.home().resolve("thunderbird.out"),
                    "env",
                    display,
                    "LIBGL_ALWAYS_SOFTWARE=1",
                    "thunderbird",
                    "--profile",
                    profile.toString());
            try {
                read(desk, display, profile, count);
            } finally {
                ClientDesk.end(reader);
            }
        } finally {
            ClientDesk.end(screen);
        }
    }

    private static void read(ClientDesk desk, String display, Path profile, int count) throws IOException {
        type(desk, display, "Enter your password", "type", desk.password());
        type(desk, display, "Enter your password", "key", "Return");
        Path kept = profile.resolve("ImapMail").resolve("127.0.0.1");
        desk.await("Thunderbird fetched all messages", LIMIT, () -> ids(kept).size() >= count);
        desk.expectSame(ids(kept), desk.read("INBOX").keySet(), "thunderbird: all messages, and no other");

        type(desk, display, "Mozilla Thunderbird", "key", "n"); // the next unread one, in whichever folder
        desk.await("the message that it shows is read", LIMIT, () -> seen(desk) == 1);
        desk.fill("INBOX", count, count + 1);
        desk.await("Thunderbird hears of a new message", LIMIT, () -> ids(kept).size() > count);
        picture(desk, display);
        SortedMap<String, Seen> inbox = desk.read("INBOX");
        desk.expectSame(ids(kept), inbox.keySet(), "thunderbird: the same with the new one");
        desk.expectSame(
                ClientDesk.flagged(inbox, "").size(),
                count,
                "thunderbird: the one that was shown is read, the others are not");
    }

    private static long seen(ClientDesk desk) throws IOException {
        try (var client = desk.connect()) {
            var _ = client.select("INBOX");
            long seen = client.search(false, "SEEN").size();
            client.logout();
            return seen;
        }
    }

    /// Ids of the messages that it has kept whole, in a file `INBOX`, or `INBOX-1` if it began twice.
    private static Set<String> ids(Path kept) throws IOException {
        Set<String> ids = new TreeSet<>();
        if (!Files.exists(kept)) {
            return ids;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(kept, "INBOX{,-*[0-9]}")) {
            for (Path file : files) {
                Matcher id = ID.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
                while (id.find()) {
                    ids.add(id.group(1));
                }
            }
        }
        return ids;
    }

    /// Waits for a window and does something there with the keyboard.
    private static void type(ClientDesk desk, String display, String window, String how, String what)
            throws IOException {
        String found = desk.run(LIMIT, "env", display, "xdotool", "search", "--sync", "--onlyvisible", "--name", window)
                .strip();
        String last = found.lines().toList().getLast();
        var _ = desk.run(LIMIT, "env", display, "xdotool", "windowfocus", "--sync", last, how, what);
    }

    private static void picture(ClientDesk desk, String display) throws IOException {
        Path file = desk.pictures().resolve("thunderbird.png");
        var _ = desk.run(LIMIT, "env", display, "import", "-window", "root", file.toString());
        desk.report().expect(Files.size(file) > 0, "thunderbird: a picture of its list: %s", file);
    }

    /// A profile with the account, which trusts the cluster's authority and asks no questions but for the password.
    private static Path profile(ClientDesk desk) throws IOException {
        Path profile = Files.createDirectories(desk.home().resolve("profile"));
        desk.write("profile/user.js", """
                user_pref("mail.accountmanager.accounts", "account1");
                user_pref("mail.accountmanager.defaultaccount", "account1");
                user_pref("mail.account.account1.server", "server1");
                user_pref("mail.account.account1.identities", "id1");
                user_pref("mail.identity.id1.fullName", "A user");
                user_pref("mail.identity.id1.useremail", "%1$s");
                user_pref("mail.identity.id1.valid", true);
                user_pref("mail.server.server1.type", "imap");
                user_pref("mail.server.server1.hostname", "127.0.0.1");
                user_pref("mail.server.server1.port", %2$s);
                user_pref("mail.server.server1.socketType", 2);
                user_pref("mail.server.server1.authMethod", 3);
                user_pref("mail.server.server1.userName", "%1$s");
                user_pref("mail.server.server1.name", "%1$s");
                user_pref("mail.server.server1.login_at_startup", true);
                user_pref("mail.server.server1.check_new_mail", true);
                user_pref("mail.rights.version", 1);
                user_pref("mail.provider.suppress_dialog_on_startup", true);
                user_pref("mail.spotlight.firstRunDone", true);
                user_pref("mail.shell.checkDefaultClient", false);
                user_pref("mail.inappnotifications.enabled", false);
                user_pref("mail.biff.show_alert", false);
                user_pref("mailnews.nav_crosses_folders", 0);
                user_pref("mailnews.start_page.enabled", false);
                user_pref("mailnews.start_page_override.mstone", "ignore");
                user_pref("datareporting.policy.dataSubmissionPolicyBypassNotification", true);
                user_pref("datareporting.policy.dataSubmissionEnabled", false);
                user_pref("toolkit.telemetry.enabled", false);
                user_pref("app.update.enabled", false);
                user_pref("app.donation.eoy.version.viewed", 999);
                user_pref("extensions.update.enabled", false);
                user_pref("network.captive-portal-service.enabled", false);
                user_pref("network.connectivity-service.enabled", false);
                """.formatted(desk.user(), desk.port()));
        String store = "sql:" + profile;
        var _ = desk.run(LIMIT, "certutil", "-N", "-d", store, "--empty-password");
        var _ = desk.run(
                LIMIT,
                "certutil",
                "-A",
                "-n",
                "authority",
                "-t",
                "C,,",
                "-i",
                desk.authority().toString(),
                "-d",
                store);
        return profile;
    }
}
