package org.posthouse.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.posthouse.agent.NodeAgent;
import org.posthouse.agent.NodeSettings;
import org.posthouse.cluster.DirectoryImage;
import org.posthouse.cluster.DirectoryImage.User;
import org.posthouse.directory.Directory;
import org.posthouse.directory.DirectoryService;
import org.posthouse.directory.PasswordVerifier;
import org.posthouse.imap.ImapService;
import org.posthouse.mailstore.StoreSettings;
import org.posthouse.replication.Limits;
import org.posthouse.smtp.DeliverService;
import org.posthouse.smtp.Quotas;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.TlsIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A process that is a node of a sample cluster: the agent, and the mail services that it brings online.
final class NodeProcess {
    private static final Logger LOG = LoggerFactory.getLogger(NodeProcess.class);
    private static final Duration NEWEST_IMAGE_WITHIN = Duration.ofSeconds(5);
    private static final int EXIT_HALTED = 75;
    private static final long WARM_UP_AFTER_SECONDS = 15;

    /// How often the index is flushed, in bytes of changes: for tests of crashes, which need many flushes.
    private static final String FLUSH_BYTES = "POSTHOUSE_FLUSH_BYTES";

    /// Shortest and longest election timeout in milliseconds, as `300-600`: for networks and machines slower than
    /// those that the product's times are meant for. The same on all nodes.
    private static final String ELECTION_MILLIS = "POSTHOUSE_ELECTION_MILLIS";

    private final ClusterFolder folder;
    private final String name;
    private final CompletableFuture<NodeAgent> agent = new CompletableFuture<>();

    private NodeProcess(ClusterFolder folder, String name) {
        this.folder = folder;
        this.name = name;
    }

    /// Runs until the process is told to end.
    static void run(ClusterFolder folder, String name) throws IOException, InterruptedException {
        NodeAgent agent = start(folder, name);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            agent.close();
                            ended.countDown();
                        },
                        "end-node"));
        ended.await();
    }

    /// Starts the node in this process.
    static NodeAgent start(ClusterFolder folder, String name) throws IOException {
        return new NodeProcess(folder, name).start();
    }

    private NodeAgent start() throws IOException {
        Path tls = folder.tls(name);
        Directory directory = new Directory(
                () -> image(agent.getNow(null)),
                () -> agent().linearizableImage(NEWEST_IMAGE_WITHIN).directory(),
                new PasswordVerifier(System::nanoTime, new SecureRandom()));
        MailServices mail = new MailServices(
                folder.sample(),
                name,
                TlsIdentity.load(tls.resolve("server.pem"), tls.resolve("server.key")),
                directory,
                this::quota);
        LinkServices services = services(directory, mail);
        NodeAgent started = NodeAgent.start(settings(tls, services), List.of(mail.imapType(), mail.smtpType()));
        agent.complete(started);
        // Checking a password takes a second in a process that has never done it, which would be just after a failover,
        // for every client at once; and so early after a start it would only be in the way.
        CompletableFuture.delayedExecutor(WARM_UP_AFTER_SECONDS, TimeUnit.SECONDS)
                .execute(() -> UserCommand.hash("warm-up"));
        return started;
    }

    private LinkServices services(Directory directory, MailServices mail) {
        LinkServices services = new LinkServices();
        DirectoryService lookUp = new DirectoryService(directory);
        services.register(DirectoryService.LOCATE, LinkServices::nodesAndFrontEnds, lookUp);
        services.register(DirectoryService.VERIFY, LinkServices::nodesAndFrontEnds, lookUp);
        Quotas quotas = this::quota;
        DeliverService deliver = new DeliverService(mail::store, quotas);
        services.register(DeliverService.DELIVER, LinkServices::nodesAndFrontEnds, deliver);
        services.register(DeliverService.RECIPIENT, LinkServices::nodesAndFrontEnds, deliver);
        ImapService imap = new ImapService(mail.imapSettings(name), mail::imap);
        services.register(ImapService.KIND, LinkServices::nodesAndFrontEnds, imap);
        return services;
    }

    private NodeSettings settings(Path tls, LinkServices services) throws IOException {
        SampleCluster sample = folder.sample();
        SortedMap<String, InetSocketAddress> peers = new TreeMap<>();
        for (String node : sample.nodeNames()) {
            if (!node.equals(name)) {
                peers.put(node, new InetSocketAddress(sample.nodeAddress(node), sample.linkPort()));
            }
        }
        Optional<NodeSettings.Forming> forming = folder.forming(name)
                ? Optional.of(new NodeSettings.Forming(sample.plan().image(sample.createdMillis()), this::formed))
                : Optional.empty();
        return new NodeSettings(
                sample.id(),
                name,
                folder.process(name),
                sample.nodeAddress(name),
                sample.raftPort(),
                sample.linkPort(),
                PeerIdentity.load(tls),
                services,
                LinkSettings.DEFAULT,
                peers,
                forming,
                limits(),
                storeSettings(),
                NodeProcess::halt);
    }

    private static Limits limits() throws IOException {
        String range = System.getenv(ELECTION_MILLIS);
        if (range == null) {
            return Limits.DEFAULTS;
        }
        if (!range.matches("\\d{2,5}-\\d{2,5}")) {
            throw new IOException(ELECTION_MILLIS + " is to be as 300-600 (shortest and longest), not '" + range + "'");
        }
        String[] ends = range.split("-");
        Duration shortest = Duration.ofMillis(Long.parseLong(ends[0]));
        Duration longest = Duration.ofMillis(Long.parseLong(ends[1]));
        if (shortest.compareTo(longest) >= 0) {
            throw new IOException(ELECTION_MILLIS + " has the shortest first, not '" + range + "'");
        }
        return Limits.DEFAULTS.withElection(shortest, longest);
    }

    private static StoreSettings storeSettings() {
        String flushBytes = System.getenv(FLUSH_BYTES);
        StoreSettings settings = StoreSettings.defaults();
        return flushBytes == null ? settings : settings.withFlushBytes(Long.parseLong(flushBytes));
    }

    private void formed() {
        try {
            folder.formed(name);
        } catch (IOException e) {
            LOG.error(
                    "{} has formed its groups and cannot delete the mark that tells it to: delete {} before its folder"
                            + " is ever lost",
                    name,
                    folder.process(name).resolve("forming"),
                    e);
        }
    }

    private long quota(String user) {
        User known = image(agent.getNow(null)).users().get(user);
        return known == null ? 0 : known.quotaBytes();
    }

    private NodeAgent agent() throws IOException {
        NodeAgent started = agent.getNow(null);
        if (started == null) {
            throw new IOException(name + " is still starting");
        }
        return started;
    }

    private static DirectoryImage image(NodeAgent agent) {
        return agent == null
                ? new DirectoryImage(new TreeMap<>(), new TreeMap<>(), new TreeMap<>())
                : agent.image().directory();
    }

    /// Ends the process at once, shutdown hooks and all left out: what hangs would hang them too.
    private static void halt(String reason) {
        LOG.error("Halting this process: {}", reason);
        Runtime.getRuntime().halt(EXIT_HALTED);
    }
}
