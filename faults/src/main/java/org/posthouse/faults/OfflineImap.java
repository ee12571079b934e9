package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// offlineimap3. It asks for each message by itself, and uses neither CONDSTORE nor QRESYNC, whatever is offered.
final class OfflineImap extends TwoWaySync {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Override
    public String name() {
        return "offlineimap";
    }

    @Override
    public Map<String, String> programs() {
        return Map.of("offlineimap", "offlineimap3");
    }

    @Override
    int count(ClientDesk desk) {
        return Math.max(10, desk.messages() / 5);
    }

    @Override
    void prepare(ClientDesk desk) throws IOException {
        desk.write(".offlineimaprc", """
                [general]
                accounts = main
                metadata = %5$s/state
                ui = basic

                [Account main]
                localrepository = here
                remoterepository = there

                [Repository here]
                type = Maildir
                localfolders = %5$s/mail

                [Repository there]
                type = IMAP
                remotehost = 127.0.0.1
                remoteport = %1$s
                remoteuser = %2$s
                remotepass = %3$s
                ssl = no
                starttls = yes
                sslcacertfile = %4$s
                usecompression = yes
                maxconnections = 2
                """.formatted(
                        desk.port(), desk.user(), desk.password(), desk.authority(), desk.home()));
    }

    @Override
    void sync(ClientDesk desk) throws IOException {
        var _ = desk.run(
                LIMIT,
                "offlineimap",
                "-o",
                "-c",
                desk.home().resolve(".offlineimaprc").toString());
    }

    @Override
    Path folder(ClientDesk desk, String mailbox) {
        return desk.home().resolve("mail").resolve(mailbox);
    }
}
