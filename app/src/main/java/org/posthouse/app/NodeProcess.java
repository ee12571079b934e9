package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.posthouse.agent.GenericService;
import org.posthouse.agent.IpAddress;
import org.posthouse.agent.NodeAgent;
import org.posthouse.agent.NodeSettings;
import org.posthouse.agent.SystemAttendant;
import org.posthouse.agent.Warrant;
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
import org.posthouse.wire.Join;
import org.posthouse.wire.LinkServices;
import org.posthouse.wire.LinkSettings;
import org.posthouse.wire.PeerIdentity;
import org.posthouse.wire.TlsIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A process that is a node: the agent, and the mail services that it brings online.
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

    private final NodeSetup setup;
    private final Optional<Outside> outside;
    private final CompletableFuture<NodeAgent> agent = new CompletableFuture<>();

    /// What differs under a third-party cluster service.
    ///
    /// @param warrant its word, as far as this process hears it
    /// @param listen address on which mail clients are listened for
    record Outside(Warrant warrant, String listen) {}

    private NodeProcess(NodeSetup setup, Optional<Outside> outside) {
        this.setup = setup;
        this.outside = outside;
    }

    /// Runs until the process is told to end.
    static void run(NodeSetup setup) throws IOException, InterruptedException {
        awaitEnd(start(setup), () -> {});
    }

    /// The same, started by a third-party cluster service.
    ///
    /// @param begun called with the node; what it returns is called when the node has ended
    static void run(NodeSetup setup, Outside outside, Function<NodeAgent, Runnable> begun)
            throws IOException, InterruptedException {
        NodeAgent agent = new NodeProcess(setup, Optional.of(outside)).start();
        awaitEnd(agent, begun.apply(agent));
    }

    private static void awaitEnd(NodeAgent agent, Runnable afterwards) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            agent.close();
                            afterwards.run();
                            ended.countDown();
                        },
                        "end-node"));
        ended.await();
    }

    /// Starts the node in this process.
    static NodeAgent start(NodeSetup setup) throws IOException {
        return new NodeProcess(setup, Optional.empty()).start();
    }

    private NodeAgent start() throws IOException {
        Path tls = setup.tls();
        Path own = setup.folder();
        AccessFile access = AccessFile.ofNode(own);
        Directory directory = new Directory(
                () -> image(agent.getNow(null)),
                () -> agent().linearizableImage(NEWEST_IMAGE_WITHIN).directory(),
                new PasswordVerifier(System::nanoTime, new SecureRandom()),
                this::clusterId,
                access.tokens(own));
        MailServices mail = new MailServices(
                outside.map(Outside::listen).orElse(setup.address()),
                setup.loginInClear(),
                TlsIdentity.load(tls.resolve(Join.SERVER_CHAIN_FILE), tls.resolve(Join.SERVER_KEY_FILE)),
                directory,
                this::quota,
                access,
                own.resolve("fulltext"));
        LinkServices services = services(directory, mail);
        NodeAgent started = NodeAgent.start(
                settings(tls, services),
                List.of(
                        mail.imapType(),
                        mail.smtpType(),
                        new SystemAttendant(),
                        new GenericService(own.resolve("log"), own.resolve("run")),
                        new IpAddress()));
        agent.complete(started);
        // Checking a password takes a second in a process that has never done it, which would be just after a failover,
        // for every client at once; and so early after a start it would only be in the way.
        CompletableFuture.delayedExecutor(WARM_UP_AFTER_SECONDS, TimeUnit.SECONDS)
                .execute(() -> UserCommand.hash("warm-up", "", ""));
        return started;
    }

    private LinkServices services(Directory directory, MailServices mail) {
        LinkServices services = new LinkServices();
        DirectoryService lookUp = new DirectoryService(directory);
        services.register(DirectoryService.LOCATE, LinkServices::nodesAndFrontEnds, lookUp);
        services.register(DirectoryService.VERIFY, LinkServices::nodesAndFrontEnds, lookUp);
        services.register(DirectoryService.SALT, LinkServices::nodesAndFrontEnds, lookUp);
        Quotas quotas = this::quota;
        DeliverService deliver = new DeliverService(mail::store, quotas);
        services.register(DeliverService.DELIVER, LinkServices::nodesAndFrontEnds, deliver);
        services.register(DeliverService.RECIPIENT, LinkServices::nodesAndFrontEnds, deliver);
        ImapService imap = new ImapService(mail.imapSettings(setup.name()), mail::imap);
        services.register(ImapService.KIND, LinkServices::nodesAndFrontEnds, imap);
        return services;
    }

    private NodeSettings settings(Path tls, LinkServices services) throws IOException {
        Optional<NodeSettings.Forming> forming =
                setup.planned().map(image -> new NodeSettings.Forming(image, this::formed));
        return new NodeSettings(
                setup.clusterId(),
                setup.name(),
                setup.folder(),
                setup.address(),
                setup.replicationPort(),
                setup.linkPort(),
                PeerIdentity.load(tls),
                services,
                LinkSettings.DEFAULT,
                setup.peers(),
                forming,
                limits(),
                storeSettings(),
                NodeProcess::halt,
                outside.map(Outside::warrant));
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
            setup.formed();
        } catch (IOException e) {
            LOG.error(
                    "{} has formed its groups and cannot delete the mark that tells it to: delete {} before its folder"
                            + " is ever lost",
                    setup.name(),
                    setup.folder().resolve(NodeSetup.FORMING),
                    e);
        }
    }

    private long quota(String user) {
        User known = image(agent.getNow(null)).users().get(user);
        return known == null ? 0 : known.quotaBytes();
    }

    /// As the image has it, and so as `user password` knows it.
    private String clusterId() {
        NodeAgent started = agent.getNow(null);
        return started == null ? "" : started.image().id();
    }

    private NodeAgent agent() throws IOException {
        NodeAgent started = agent.getNow(null);
        if (started == null) {
            throw new IOException(setup.name() + " is still starting");
        }
        return started;
    }

    private static DirectoryImage image(NodeAgent agent) {
        return agent == null
                ? new DirectoryImage(new TreeMap<>(), new TreeMap<>(), new TreeMap<>())
                : agent.image().directory();
    }

    /// Ends the process at once, shutdown hooks and all left out: what hangs would hang them too.
    static void halt(String reason) {
        LOG.error("Halting this process: {}", reason);
        Runtime.getRuntime().halt(EXIT_HALTED);
    }
}
