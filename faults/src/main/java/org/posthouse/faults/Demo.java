package org.posthouse.faults;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.ClusterStatus.VirtualServer;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The story: mail flows, a machine dies, another goes on, and every acknowledged message is counted.
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = "Tell the story, on a cluster of its own in a temporary folder: mail flows, an IMAP"
                + " session is open, the owner of its virtual server is killed; then a timeline, and a count of every"
                + " acknowledged message.")
final class Demo implements Callable<Integer> {
    private static final String SERVER = "vs1";
    private static final Load.Pace PACE = new Load.Pace(8, 80, 6 << 10);
    private static final Duration BEFORE = Duration.ofSeconds(5);
    private static final Duration AFTER = Duration.ofSeconds(4);
    private static final Duration NEXT_WRITE_LIMIT = Duration.ofSeconds(30);
    private static final Duration SAFE_LIMIT = Duration.ofSeconds(90);

    @Spec
    private CommandSpec spec;

    private PrintWriter out;

    /// A line of the timeline.
    private record Moment(double millis, String what) {}

    @Override
    public Integer call() throws IOException {
        out = spec.commandLine().getOut();
        Optional<String> missing = SampleCluster.missing();
        if (missing.isPresent()) {
            throw new IOException(missing.get());
        }
        say("Starting a cluster of its own: four nodes, three virtual servers, two front ends ...");
        Path folder = Files.createTempDirectory("posthouse-demo");
        long begun = System.nanoTime();
        try (SampleCluster cluster = SampleCluster.start(folder, SampleCluster.Layout.standard())) {
            say("Up after %.1f s.", (System.nanoTime() - begun) / 1e9);
            return tell(cluster);
        }
    }

    private int tell(SampleCluster cluster) throws IOException {
        ClusterStatus before = cluster.status();
        owners(before);
        Map<String, String> users = cluster.users();
        String user = users.entrySet().stream()
                .filter(entry -> entry.getValue().equals(SERVER))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IOException("no user has mailboxes on " + SERVER));
        Ledger ledger = new Ledger();
        say(
                "%nEight SMTP connections send through both front ends; an IMAP session of %s (%s) asks NOOP all the"
                        + " time.",
                user, SERVER);
        try (Load load = Load.start(cluster, ledger, PACE, new Random().nextLong());
                SessionWatch session = SessionWatch.start(cluster.imap(1), user)) {
            Campaign.letPass(BEFORE);
            String victim = server(before).owner();
            long pid = before.node(victim).pid();
            say("%nkill -9 %d: %s, the owner of %s, is dead.", pid, victim, SERVER);
            long wallMillis = System.currentTimeMillis();
            long killed = System.nanoTime();
            if (!Processes.kill(pid)) {
                throw new IOException("process " + pid + " of " + victim + " was not there");
            }
            Optional<Load.Acknowledgement> next = load.next(SERVER, killed, NEXT_WRITE_LIMIT);
            Campaign.letPass(AFTER);
            ClusterStatus after = cluster.status();
            timeline(after, session, victim, killed, wallMillis, next);
            owners(after);
            load.stop();
            restart(cluster, victim);
        }
        return count(cluster, ledger);
    }

    private void restart(SampleCluster cluster, String victim) throws IOException {
        say("%nThe load has ended. Starting %s again ...", victim);
        long back = System.nanoTime();
        cluster.startNode(victim);
        ClusterStatus safe =
                cluster.await("every virtual server survives the loss of its owner", SAFE_LIMIT, ClusterStatus::safe);
        say(
                "%.1f s later every virtual server survives the loss of its owner again.",
                (System.nanoTime() - back) / 1e9);
        owners(safe);
    }

    private void timeline(
            ClusterStatus after,
            SessionWatch session,
            String victim,
            long killed,
            long wallMillis,
            Optional<Load.Acknowledgement> next) {
        List<Moment> moments = new ArrayList<>();
        moments.add(new Moment(0, victim + " is killed"));
        for (ClusterStatus.Event event : after.events()) {
            boolean told = event.text().contains(SERVER) || event.text().contains(victim);
            if (event.at() >= wallMillis && told) {
                moments.add(new Moment(event.at() - wallMillis, "coordinator: " + event.text()));
            }
        }
        session.firstTroubleAfter(killed)
                .ifPresent(at -> moments.add(new Moment((at - killed) / 1e6, "the IMAP session is told BYE")));
        session.firstAnswerAfterTrouble(killed)
                .ifPresent(at -> moments.add(
                        new Moment((at - killed) / 1e6, "the IMAP client has logged in again and is answered")));
        next.ifPresent(write -> moments.add(
                new Moment((write.answeredNanos() - killed) / 1e6, "first new message acknowledged by " + SERVER)));
        moments.sort(Comparator.comparingDouble(Moment::millis));
        say("");
        for (Moment moment : moments) {
            say("  %+7.0f ms  %s", moment.millis(), moment.what());
        }
        say("%nLongest pause that the IMAP client saw: %.0f ms, its new log-in included.", session.longestGapMillis());
    }

    private int count(SampleCluster cluster, Ledger ledger) throws IOException {
        Ledger.Verdict verdict = ledger.check(Reading.everything(cluster));
        long refused = verdict.sent(Ledger.Outcome.REFUSED_FOR_NOW) + verdict.sent(Ledger.Outcome.REFUSED_FOR_GOOD);
        say(
                "%nMessages: %d acknowledged, %d found, %d lost, %d doubled (%d refused, %d without an answer).",
                verdict.sent(Ledger.Outcome.ACKNOWLEDGED),
                verdict.found(),
                verdict.lost().count(),
                verdict.doubled().count(),
                refused,
                verdict.sent(Ledger.Outcome.UNKNOWN));
        say(verdict.kept() ? "Nothing acknowledged was lost, nothing came twice." : "THAT IS NOT AS IT SHOULD BE.");
        return verdict.kept() ? 0 : 1;
    }

    private void owners(ClusterStatus status) {
        for (VirtualServer server : status.virtualServers()) {
            say(
                    "  %s is %s on %s%s",
                    server.name(),
                    server.state(),
                    server.owner(),
                    server.heir() == null || server.heir().isEmpty() ? "" : ", its heir is " + server.heir());
        }
    }

    private static VirtualServer server(ClusterStatus status) throws IOException {
        return status.virtualServer(SERVER).orElseThrow(() -> new IOException("status lists no " + SERVER));
    }

    @SuppressWarnings("AnnotateFormatMethod")
    // Justification: the annotation would be the only use of a library of annotations.
    private void say(String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, format, arguments));
        out.flush();
    }
}
