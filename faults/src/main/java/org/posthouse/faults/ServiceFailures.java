package org.posthouse.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.posthouse.testkit.ClusterStatus;
import org.posthouse.testkit.ClusterStatus.VirtualServer;
import org.posthouse.testkit.SampleCluster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// One service of a virtual server stops and fails; the others must not notice until the group moves for its sake.
@Command(
        name = "services",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "The IMAP service of vs1 is taken offline, brought back, and fails four times: it is restarted"
                + " three times in place, then vs1 moves. SMTP goes on all the while, but for the move.")
final class ServiceFailures extends Campaign {
    private static final String SERVER = "vs1";
    private static final String SERVICE = "vs1/imap";

    /// More often the fourth time than the policy allows.
    private static final int RESTARTS = 3;

    @Mixin
    private LoadOptions load;

    @Override
    String title() {
        return "a service that is taken offline and fails";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(15);
    }

    @Override
    void run() throws IOException {
        SampleCluster cluster = start(layout());
        ClusterStatus before = awaitSafe(cluster);
        String owner = server(before).owner();
        Ledger ledger = new Ledger();
        Map<String, String> users = new TreeMap<>(cluster.users());
        users.values().removeIf(server -> !server.equals(SERVER));
        try (Load running = Load.start(ledger, cluster.smtpDoors(), users, load.pace(), seed())) {
            letPass(Duration.ofSeconds(3));
            long begun = System.nanoTime();
            report().say(
                            "%s",
                            cluster.command("resource", "offline", SERVICE, "--wait")
                                    .strip());
            ClusterStatus offline = cluster.await(SERVER + " is partially-online", SAFE_LIMIT, now -> server(now)
                    .state()
                    .equals("partially-online"));
            report().expect(server(offline).owner().equals(owner), "%s stays on %s without IMAP", SERVER, owner);
            report().say(
                            "%s",
                            cluster.command("resource", "online", SERVICE, "--wait")
                                    .strip());
            for (int restart = 1; restart <= RESTARTS; restart++) {
                fail(cluster);
                ClusterStatus again = cluster.await(
                        "IMAP runs again", SAFE_LIMIT, now -> server(now).online());
                report().expect(
                                server(again).owner().equals(owner),
                                "failure %d: restarted in place on %s",
                                restart,
                                owner);
            }
            expectGap(running, begun, "SMTP while IMAP stopped and failed");
            long last = System.nanoTime();
            fail(cluster);
            ClusterStatus moved = cluster.await(
                    SERVER + " has moved",
                    SAFE_LIMIT,
                    now -> server(now).online() && !server(now).owner().equals(owner));
            report().expect(
                            true,
                            "failure %d: moved to %s",
                            RESTARTS + 1,
                            server(moved).owner());
            letPass(Duration.ofSeconds(3));
            expectGap(running, last, "SMTP over the move");
            running.stop();
            report().say("refusals: %s", running.refusals());
        }
        Ledger.Verdict verdict = expectKept(cluster, ledger);
        report().expect(
                        verdict.sent(Ledger.Outcome.ACKNOWLEDGED) == verdict.found(),
                        "every message was acknowledged or refused, and those acknowledged are there");
        expectDigestsAgree(cluster);
    }

    private void fail(SampleCluster cluster) throws IOException {
        report().say("%s", cluster.command("resource", "fail", SERVICE).strip());
    }

    private static VirtualServer server(ClusterStatus status) {
        return status.virtualServer(SERVER).orElseThrow();
    }

    private void expectGap(Load running, long since, String what) {
        int messages = running.between(since, System.nanoTime()).size();
        report().expect(
                        messages > 0,
                        "%s: %d messages, longest time without one %d ms",
                        what,
                        messages,
                        running.longestGapNanos(since) / 1_000_000);
    }
}
