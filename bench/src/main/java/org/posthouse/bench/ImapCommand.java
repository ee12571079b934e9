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
import java.util.regex.Pattern;
import org.posthouse.testkit.Dovecot;
import org.posthouse.testkit.SampleCluster;
import org.posthouse.testkit.SmtpClient.Protocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// IMAP line by line, beside another server.
@Command(
        name = "imap",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures what IMAP clients ask for, one line each, on one unreplicated node that it starts for"
                + " itself, and in turns on another server: the one given, or a throw-away Dovecot if that is"
                + " installed. A ratio above 1 means that Posthouse is faster. The other server needs the same"
                + " users; their mailboxes are filled.")
final class ImapCommand implements Callable<Integer> {
    private static final int USERS = 10;
    private static final Duration WARM_UP = Duration.ofSeconds(4);
    private static final int SCALE_LETTER_BYTES = 1_000;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--peer",
            paramLabel = "HOST:PORT",
            converter = HostPort.class,
            description = "Compare with this server. Default: a Dovecot started for this.")
    private InetSocketAddress peer;

    @Option(names = "--no-peer", description = "Compare with none.")
    private boolean alone;

    @Option(
            names = "--peer-user",
            paramLabel = "PATTERN",
            defaultValue = "user%d@example.org",
            description = "Its users, ten of them. Default: user%%d@example.org.")
    private String peerUser;

    @Option(names = "--peer-password", defaultValue = "secret", description = "Default: ${DEFAULT-VALUE}.")
    private String peerPassword;

    @Option(names = "--lines", paramLabel = "REGEX", description = "Only those whose name contains this.")
    private Pattern lines = Pattern.compile("");

    @Option(
            names = "--scale",
            description = "Measure instead what must stay usable when there is much: a mailbox of a hundred times as"
                    + " many messages, small ones, and a tree of as many folders as --messages says.")
    private boolean scale;

    @Option(names = "--messages", defaultValue = "10000", description = "In the mailbox. Default: ${DEFAULT-VALUE}.")
    private int messages;

    @Option(names = "--size", defaultValue = "10000", description = "Bytes of a message. Default: ${DEFAULT-VALUE}.")
    private int sizeBytes;

    @Option(names = "--seconds", defaultValue = "3", description = "Length of a turn. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(names = "--rounds", defaultValue = "3", description = "Turns of each. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--idle",
            paramLabel = "COUNT",
            defaultValue = "400",
            description =
                    "Connections in IDLE whose memory is measured, of ten users; 0 for none, 500 at most, as a user"
                            + " may have 100 and there are twice as many. Default: ${DEFAULT-VALUE}.")
    private int idle;

    @Option(
            names = "--dir",
            paramLabel = "FOLDER",
            defaultValue = "/tmp",
            description = "Where temporary folders are made; its disk is measured. Default: ${DEFAULT-VALUE}.")
    private Path parent;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Optional<String> missing = SampleCluster.missing();
        if (missing.isPresent()) {
            out.println("Nothing is measured: " + missing.get() + ".");
            return 1;
        }
        out.printf(
                "Posthouse bench imap: %,d messages of %,d bytes, turns of %d s, %d of each%n",
                messages, sizeBytes, seconds, rounds);
        out.print(Machine.conditions(parent, Duration.ofSeconds(2)));
        out.flush();
        SampleCluster.Layout layout = SampleCluster.Layout.single();
        Path folder = Files.createTempDirectory(parent, "posthouse-bench");
        try (SampleCluster cluster = SampleCluster.start(folder, layout);
                Other other = other(out)) {
            List<Side> sides = new ArrayList<>();
            List<String> users = Target.users("user%d@example.org", USERS);
            Target here = new Target(
                    "posthouse", Protocol.SMTP, List.of(), List.of(cluster.imap(1)), users, SampleCluster.PASSWORD);
            sides.add(new Side(here, cluster.processes()));
            other.target().ifPresent(target -> sides.add(new Side(target, List.of())));
            TextIndexSwitch index = new TextIndexSwitch(cluster, here);
            List<Workload> all = scale
                    ? new ImapScale(messages, new Letters(SCALE_LETTER_BYTES), WARM_UP).all()
                    : new ImapLoads(messages, new Letters(sizeBytes), WARM_UP, index::off, index::on).all();
            List<Workload> workloads = all.stream()
                    .filter(load -> lines.matcher(load.name()).find())
                    .toList();
            new Match(sides.stream().map(Side::target).toList(), Duration.ofSeconds(seconds), rounds, out)
                    .run(workloads);
            for (Side side : sides) {
                IdleMemory.measure(out, side.target(), idle, () -> side.processes(other));
            }
            return 0;
        }
    }

    /// One of those measured.
    ///
    /// @param processes empty where they are to be asked for, or not known
    private record Side(Target target, List<Long> processes) {
        /// Those of a Dovecot come and go with its connections.
        List<Long> processes(Other other) {
            return processes.isEmpty() ? other.dovecot().map(Dovecot::processes).orElse(List.of()) : processes;
        }
    }

    private Other other(PrintWriter out) throws IOException {
        if (alone) {
            return new Other(Optional.empty(), Optional.empty());
        }
        if (peer != null) {
            Target given = new Target(
                    "peer", Protocol.SMTP, List.of(), List.of(peer), Target.users(peerUser, USERS), peerPassword);
            return new Other(Optional.of(given), Optional.empty());
        }
        Optional<String> missing = Dovecot.missing();
        if (missing.isPresent()) {
            out.println("  peer     skipped: " + missing.get());
            return new Other(Optional.empty(), Optional.empty());
        }
        Dovecot dovecot = Dovecot.start(parent);
        out.println("  peer     Dovecot " + Dovecot.version() + ", mdbox, settings of storage untouched");
        Target target = new Target(
                "dovecot",
                Protocol.LMTP,
                List.of(),
                List.of(dovecot.imap()),
                Target.users("user%d@example.org", USERS),
                Dovecot.PASSWORD);
        return new Other(Optional.of(target), Optional.of(dovecot));
    }

    private record Other(Optional<Target> target, Optional<Dovecot> dovecot) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (dovecot.isPresent()) {
                dovecot.get().close();
            }
        }
    }
}
