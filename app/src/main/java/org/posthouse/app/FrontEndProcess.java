package org.posthouse.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.posthouse.app.SampleCluster.ClientPorts;
import org.posthouse.frontend.FrontEnd;
import org.posthouse.frontend.FrontEndSettings;
import org.posthouse.frontend.FrontEndSettings.Port;
import org.posthouse.imap.ImapLimits;
import org.posthouse.imap.ImapSettings;
import org.posthouse.smtp.SmtpOptions;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.TlsIdentity;

/// A process that is a front end of a sample cluster.
final class FrontEndProcess {
    private FrontEndProcess() {}

    /// Runs until the process is told to end.
    static void run(ClusterFolder folder, String name) throws IOException, InterruptedException {
        FrontEnd frontEnd = start(folder, name);
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
    static FrontEnd start(ClusterFolder folder, String name) throws IOException {
        SampleCluster sample = folder.sample();
        Path tls = folder.tls(name);
        Map<String, InetSocketAddress> nodes = new TreeMap<>();
        for (String node : sample.nodeNames()) {
            nodes.put(node, new InetSocketAddress(sample.nodeAddress(node), sample.linkPort()));
        }
        ClientPorts ports = sample.ports(name);
        InetAddress loopback = InetAddress.getLoopbackAddress();
        Map<Port, InetSocketAddress> listeners = new TreeMap<>(Map.of(
                Port.SMTP, new InetSocketAddress(loopback, ports.smtp()),
                Port.SUBMISSION, new InetSocketAddress(loopback, ports.submission()),
                Port.IMAP, new InetSocketAddress(loopback, ports.imap()),
                Port.IMAPS, new InetSocketAddress(loopback, ports.imaps())));
        // The owner knows the quotas; a front end counts nothing.
        ImapSettings imap = new ImapSettings(
                name,
                true,
                ImapLimits.DEFAULT,
                _ -> 0,
                new LoginThrottle(LoginThrottle.Limits.DEFAULT, System::nanoTime));
        return FrontEnd.start(
                FrontEndSettings.of(
                        name,
                        nodes,
                        listeners,
                        TlsIdentity.load(tls.resolve("server.pem"), tls.resolve("server.key")),
                        folder.process(name).resolve("spool"),
                        SmtpOptions.of(name + "." + SampleCluster.DOMAIN, SampleCluster.DOMAIN)
                                .authInClear(true),
                        imap),
                PeerIdentity.load(tls));
    }
}
