package org.posthouse.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// isync's mbsync.
final class Mbsync extends TwoWaySync {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Override
    public String name() {
        return "mbsync";
    }

    @Override
    public Map<String, String> programs() {
        return Map.of("mbsync", "isync");
    }

    @Override
    int count(ClientDesk desk) {
        return desk.messages();
    }

    @Override
    void prepare(ClientDesk desk) throws IOException {
        Files.createDirectories(desk.home().resolve("mail"));
        desk.write(
                ".mbsyncrc", """
                IMAPAccount there
                Host 127.0.0.1
                Port %s
                User %s
                Pass %s
                SSLType STARTTLS
                SystemCertificates no
                CertificateFile %s

                IMAPStore there
                Account there

                MaildirStore here
                Path %5$s/mail/
                Inbox %5$s/mail/INBOX
                SubFolders Verbatim

                Channel all
                Far :there:
                Near :here:
                Patterns *
                Create Both
                Expunge Both
                Sync All
                SyncState *
                """.formatted(desk.port(), desk.user(), desk.password(), desk.authority(), desk.home()));
    }

    @Override
    void sync(ClientDesk desk) throws IOException {
        var _ = desk.run(LIMIT, "mbsync", "-c", desk.home().resolve(".mbsyncrc").toString(), "-a");
    }

    @Override
    Path folder(ClientDesk desk, String mailbox) {
        return desk.home().resolve("mail").resolve(mailbox);
    }
}
