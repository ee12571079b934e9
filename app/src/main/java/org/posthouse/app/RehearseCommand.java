package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.posthouse.agent.NodeAgent;
import org.posthouse.app.SampleCluster.ClientPorts;
import org.posthouse.cluster.Command.AddUser;
import org.posthouse.frontend.FrontEnd;
import picocli.CommandLine.Command;

/// `posthouse rehearse`: what the launcher runs once after a build, so that the JVM can write its AOT cache (JEP 514):
/// a node and a front end in this process, mail through both, the end. Nodes that start with the cache have their
/// classes loaded and linked already; without it six of them on two cores would need a minute.
@Command(name = "rehearse", hidden = true, description = "Run once through everything, for the AOT cache.")
final class RehearseCommand implements Callable<Integer> {
    private static final Duration WITHIN = Duration.ofSeconds(60);
    private static final int MESSAGES = 200;
    private static final int BASE_PORTS_TRIED = 40;
    private static final String USER = "user1@" + SampleCluster.DOMAIN;

    @Override
    public Integer call() throws Exception {
        Path dir = Files.createTempDirectory("posthouse-rehearsal");
        try {
            var sample = new SampleCluster(
                    "rehearsal", UUID.randomUUID(), System.currentTimeMillis(), freeBasePort(), 1, 1, 1, 1, List.of());
            rehearse(ClusterFolder.create(dir.resolve("data"), sample));
        } finally {
            ClusterFolder.delete(dir);
        }
        return 0;
    }

    private static void rehearse(ClusterFolder folder) throws IOException {
        try (NodeAgent _ = NodeProcess.start(folder.node("n1"));
                FrontEnd _ = FrontEndProcess.start(folder.frontEnd("f1"));
                ClusterControl control = ClusterControl.open(folder)) {
            control.awaitReport(WITHIN);
            String hash =
                    UserCommand.hash(SampleCluster.PASSWORD, control.image().id(), USER);
            var _ = control.submit(new AddUser(USER, hash, Optional.empty(), 0));
            ClientPorts ports = folder.sample().ports("f1");
            MailProbe probe = new MailProbe("127.0.0.1", WITHIN);
            probe.receives(ports.smtp(), USER);
            for (int i = 0; i < MESSAGES; i++) {
                probe.deliver(ports.smtp(), USER, "Subject: " + i + "\r\n\r\n" + "rehearsal\r\n".repeat(100));
            }
            probe.reads(ports.imap(), USER, SampleCluster.PASSWORD);
        }
    }

    private static int freeBasePort() throws IOException {
        for (int i = 0; i < BASE_PORTS_TRIED; i++) {
            int base = 20_000 + i * 1000;
            if (free("127.0.0.1", base + 25) && free("127.0.0.11", base + 800) && free("127.0.0.11", base + 25)) {
                return base;
            }
        }
        throw new IOException("no free ports for a rehearsal between 20000 and 60000");
    }

    private static boolean free(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
