package org.posthouse.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.posthouse.testkit.Dovecot;
import org.posthouse.testkit.SampleCluster;
import org.posthouse.testkit.SmtpClient.Protocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Measures mail servers: a sample cluster of its own in both forms, or any server given by host and port, and
/// beside it, in turns, another server.
@Command(
        name = "bench",
        subcommands = ImapCommand.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures deliveries, IMAP APPEND and FETCH: on sample clusters that it starts for itself (one"
                + " unreplicated node, then the replicated cluster), or on a server given by host and port; and in"
                + " turns (A B A B) the same on another server, with the ratio. A delivery counts when DATA was"
                + " answered and IMAP shows the message.")
public final class BenchCommand implements Callable<Integer> {
    /// A sample cluster compiles without optimisation, to start fast; a node on a machine of its own does not.
    private static final String OPTIMISED = "-XX:TieredStopAtLevel=4";

    private static final int WARM_UP_CONNECTIONS = 32;

    /// What can be left out.
    public enum Part {
        /// SMTP or LMTP delivery.
        DELIVERY,
        /// IMAP APPEND.
        APPEND,
        /// FETCH of flags and bodies.
        FETCH
    }

    /// Which sample clusters are measured.
    public enum Clusters {
        /// One unreplicated node, then the replicated cluster.
        BOTH,
        /// One unreplicated node.
        SINGLE,
        /// Four nodes, three virtual servers, two front ends.
        REPLICATED,
        /// None: the peer alone is measured.
        NONE
    }

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "PART",
            arity = "0..*",
            description = "What to measure: ${COMPLETION-CANDIDATES}. Default: all.")
    private List<Part> parts = List.of(Part.values());

    @Option(
            names = "--clusters",
            paramLabel = "WHICH",
            defaultValue = "BOTH",
            description = "Sample clusters to measure: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Clusters clusters;

    @Option(
            names = "--smtp",
            paramLabel = "HOST:PORT",
            converter = HostPort.class,
            description = "Measure this server instead, by SMTP ...")
    private InetSocketAddress smtp;

    @Option(
            names = "--lmtp",
            paramLabel = "HOST:PORT",
            converter = HostPort.class,
            description = "... or by LMTP; --imap is needed too.")
    private InetSocketAddress lmtp;

    @Option(
            names = "--imap",
            paramLabel = "HOST:PORT",
            converter = HostPort.class,
            description = "Where that server speaks IMAP.")
    private InetSocketAddress imap;

    @Option(
            names = "--user",
            paramLabel = "PATTERN",
            defaultValue = "user%d@example.org",
            description = "Its users; %%d counts from 1. Default: user%%d@example.org.")
    private String user;

    @Option(names = "--password", defaultValue = "secret", description = "Their password. Default: ${DEFAULT-VALUE}.")
    private String password;

    @Option(names = "--with-dovecot", description = "Compare with a throw-away Dovecot, if it is installed.")
    private boolean withDovecot;

    @Option(
            names = "--peer-smtp",
            paramLabel = "HOST:PORT",
            converter = HostPort.class,
            description = "Compare with this server, by SMTP ...")
    private InetSocketAddress peerSmtp;

    @Option(
            names = "--peer-lmtp",
            paramLabel = "HOST:PORT",
            converter = HostPort.class,
            description = "... or by LMTP; --peer-imap too.")
    private InetSocketAddress peerLmtp;

    @Option(
            names = "--peer-imap",
            paramLabel = "HOST:PORT",
            converter = HostPort.class,
            description = "Where that server speaks IMAP.")
    private InetSocketAddress peerImap;

    @Option(
            names = "--peer-user",
            paramLabel = "PATTERN",
            defaultValue = "user%d@example.org",
            description = "Its users. Default: user%%d@example.org.")
    private String peerUser;

    @Option(names = "--peer-password", defaultValue = "secret", description = "Default: ${DEFAULT-VALUE}.")
    private String peerPassword;

    @Option(names = "--users", defaultValue = "10", description = "How many users. Default: ${DEFAULT-VALUE}.")
    private int users;

    @Option(
            names = "--connections",
            split = ",",
            defaultValue = "1,32",
            description = "Connections at the same time. Default: ${DEFAULT-VALUE}.")
    private List<Integer> connections;

    @Option(names = "--size", defaultValue = "10240", description = "Bytes of a message. Default: ${DEFAULT-VALUE}.")
    private int sizeBytes;

    @Option(names = "--fetched", defaultValue = "10000", description = "Messages to fetch. Default: ${DEFAULT-VALUE}.")
    private int fetched;

    @Option(names = "--seconds", defaultValue = "5", description = "Length of a turn. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(names = "--rounds", defaultValue = "2", description = "Turns of each. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            defaultValue = "180",
            description = "Deliveries to the replicated cluster before it is measured: six processes on one machine"
                    + " take minutes until what is used often is compiled. Default: ${DEFAULT-VALUE}; 0 for none.")
    private int warmUpSeconds;

    @Option(
            names = "--dir",
            paramLabel = "FOLDER",
            defaultValue = "/tmp",
            description = "Where temporary folders are made; its disk is measured. Default: ${DEFAULT-VALUE}.")
    private Path parent;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "Posthouse bench: messages of %,d bytes, %d users, turns of %d s, %d of each, after warming up%n",
                sizeBytes, users, seconds, rounds);
        out.print(Machine.conditions(parent, Duration.ofSeconds(2)));
        out.flush();
        try (Peer peer = peer(out)) {
            if (imap != null) {
                match(out, Optional.of(given("server", smtp, lmtp, imap, user, password)), peer.target());
                return 0;
            }
            Optional<String> missing = clusters == Clusters.NONE ? Optional.empty() : SampleCluster.missing();
            if (missing.isPresent()) {
                out.println("No sample cluster is measured: " + missing.get() + ".");
                out.flush();
                return 1;
            }
            if (clusters == Clusters.BOTH || clusters == Clusters.SINGLE) {
                sample(out, "unreplicated", SampleCluster.Layout.single(), 0, peer.target());
            }
            if (clusters == Clusters.BOTH || clusters == Clusters.REPLICATED) {
                SampleCluster.Layout optimised =
                        SampleCluster.Layout.standard().with("POSTHOUSE_NODE_JAVA_OPTS", OPTIMISED);
                sample(out, "replicated", optimised, warmUpSeconds, peer.target());
            }
            if (clusters == Clusters.NONE) {
                match(out, Optional.empty(), peer.target());
            }
            return 0;
        }
    }

    private void sample(PrintWriter out, String name, SampleCluster.Layout standard, int warmUp, Optional<Target> peer)
            throws IOException {
        SampleCluster.Layout layout = new SampleCluster.Layout(
                standard.nodes(), standard.virtualServers(), standard.frontEnds(), users, standard.environment());
        Path folder = Files.createTempDirectory(parent, "posthouse-bench");
        try (SampleCluster cluster = SampleCluster.start(folder, layout)) {
            int doors = Math.max(1, layout.frontEnds());
            out.printf(
                    "%n%s: %d nodes, %d virtual servers, %d front ends on this machine%n",
                    name, layout.nodes(), layout.virtualServers(), layout.frontEnds());
            List<InetSocketAddress> smtpDoors = new ArrayList<>();
            List<InetSocketAddress> imapDoors = new ArrayList<>();
            for (int k : IntStream.rangeClosed(1, doors).toArray()) {
                smtpDoors.add(cluster.smtp(k));
                imapDoors.add(cluster.imap(k));
            }
            List<String> addresses = Target.users("user%d@example.org", users);
            Target target = new Target(name, Protocol.SMTP, smtpDoors, imapDoors, addresses, SampleCluster.PASSWORD);
            if (warmUp > 0) {
                out.printf("  warming up for %d s%n", warmUp);
                out.flush();
                var _ = new DeliveryLoad(WARM_UP_CONNECTIONS, new Mold(sizeBytes))
                        .turn(target, Duration.ofSeconds(warmUp));
            }
            match(out, Optional.of(target), peer);
        }
    }

    private void match(PrintWriter out, Optional<Target> target, Optional<Target> peer) throws IOException {
        List<Target> targets = new ArrayList<>();
        target.ifPresent(targets::add);
        peer.ifPresent(targets::add);
        if (targets.isEmpty()) {
            out.println("Nothing to measure: --clusters NONE needs --with-dovecot or --peer-imap.");
            return;
        }
        Mold mold = new Mold(sizeBytes);
        List<Workload> workloads = new ArrayList<>();
        for (int each : connections) {
            if (parts.contains(Part.DELIVERY)) {
                workloads.add(new DeliveryLoad(each, mold));
            }
        }
        for (int each : connections) {
            if (parts.contains(Part.APPEND)) {
                workloads.add(new AppendLoad(each, mold));
            }
        }
        if (parts.contains(Part.FETCH)) {
            workloads.add(new FetchLoad(false, fetched, mold));
            workloads.add(new FetchLoad(true, fetched, mold));
        }
        new Match(targets, Duration.ofSeconds(seconds), rounds, out).run(workloads);
    }

    private Peer peer(PrintWriter out) throws IOException {
        if (peerImap != null) {
            return new Peer(
                    Optional.of(given("peer", peerSmtp, peerLmtp, peerImap, peerUser, peerPassword)), Optional.empty());
        }
        if (!withDovecot) {
            return new Peer(Optional.empty(), Optional.empty());
        }
        Optional<String> missing = Dovecot.missing();
        if (missing.isPresent()) {
            out.println("  peer     skipped: " + missing.get());
            return new Peer(Optional.empty(), Optional.empty());
        }
        Dovecot dovecot = Dovecot.start(parent);
        out.println(
                "  peer     Dovecot " + Dovecot.version() + ", mdbox, LMTP and IMAP, settings of storage untouched");
        out.flush();
        Target target = new Target(
                "dovecot",
                Protocol.LMTP,
                List.of(dovecot.lmtp()),
                List.of(dovecot.imap()),
                Target.users("user%d@example.org", users),
                Dovecot.PASSWORD);
        return new Peer(Optional.of(target), Optional.of(dovecot));
    }

    private Target given(
            String name,
            InetSocketAddress smtpDoor,
            InetSocketAddress lmtpDoor,
            InetSocketAddress imapDoor,
            String pattern,
            String theirPassword)
            throws IOException {
        if (smtpDoor == null && lmtpDoor == null) {
            throw new IOException("where the " + name + " takes mail is not given: by SMTP or LMTP");
        }
        return new Target(
                name,
                lmtpDoor == null ? Protocol.SMTP : Protocol.LMTP,
                List.of(lmtpDoor == null ? smtpDoor : lmtpDoor),
                List.of(imapDoor),
                Target.users(pattern, users),
                theirPassword);
    }

    private record Peer(Optional<Target> target, Optional<Dovecot> dovecot) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (dovecot.isPresent()) {
                dovecot.get().close();
            }
        }
    }
}
