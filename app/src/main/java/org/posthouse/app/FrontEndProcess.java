package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.posthouse.frontend.FrontEnd;
import org.posthouse.frontend.FrontEndSettings;
import org.posthouse.imap.ImapLimits;
import org.posthouse.imap.ImapSettings;
import org.posthouse.imap.Sharing;
import org.posthouse.smtp.SmtpOptions;
import org.posthouse.wire.Join;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.TlsIdentity;

/// A process that is a front end.
final class FrontEndProcess {
    private FrontEndProcess() {}

    /// Runs until the process is told to end.
    static void run(FrontEndSetup setup) throws IOException, InterruptedException {
        FrontEnd frontEnd = start(setup);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            frontEnd.close();
                            ended.countDown();
                        },
                        "end-front-end"));
        ended.await();
    }

    /// Starts the front end in this process.
    static FrontEnd start(FrontEndSetup setup) throws IOException {
        Path tls = setup.tls();
        AccessFile access = AccessFile.of(setup.folder());
        // The owner knows the quotas and who shares; a front end counts nothing.
        ImapSettings imap = new ImapSettings(
                setup.name(),
                setup.loginInClear(),
                ImapLimits.DEFAULT,
                _ -> 0,
                Sharing.UNCHECKED,
                new LoginThrottle(LoginThrottle.Limits.DEFAULT, System::nanoTime),
                access.imap());
        return FrontEnd.start(
                FrontEndSettings.of(
                                setup.name(),
                                setup.nodes(),
                                setup.listeners(),
                                TlsIdentity.load(
                                        tls.resolve(Join.SERVER_CHAIN_FILE), tls.resolve(Join.SERVER_KEY_FILE)),
                                setup.folder().resolve("spool"),
                                SmtpOptions.of(setup.hostName(), setup.domain()).authInClear(setup.loginInClear()),
                                imap)
                        .clients(access.listener(), access.through()),
                PeerIdentity.load(tls));
    }
}
