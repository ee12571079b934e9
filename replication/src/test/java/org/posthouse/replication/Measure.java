package org.posthouse.replication;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.posthouse.replication.TestCluster.Node;

/// Measures replication in one process; run by hand, never by a test.
///
/// ```
/// Measure throughput <replicas> <callers> <seconds> [entry bytes]
/// Measure failover <rounds> [warm]
/// Measure reunion <seconds alone>
/// Measure idle <groups> <seconds>
/// ```
public final class Measure {
    private Measure() {}

    /// See above.
    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("measure");
        try {
            switch (args[0]) {
                case "throughput" ->
                    throughput(
                            folder,
                            Integer.parseInt(args[1]),
                            Integer.parseInt(args[2]),
                            Integer.parseInt(args[3]),
                            args.length > 4 ? Integer.parseInt(args[4]) : 10_000);
                case "failover" -> failover(folder, Integer.parseInt(args[1]), args.length > 2);
                case "reunion" -> reunion(folder, Integer.parseInt(args[1]));
                case "idle" -> idle(folder, Integer.parseInt(args[1]), Integer.parseInt(args[2]));
                default -> throw new IllegalArgumentException(args[0]);
            }
        } finally {
            Durable.deleteTree(folder);
        }
        System.exit(0);
    }

    private static TestCluster cluster(Path folder) {
        TestCluster cluster = new TestCluster(folder);
        cluster.limits = Limits.DEFAULTS;
        return cluster;
    }

    private static void throughput(Path folder, int replicas, int callers, int seconds, int bytes) throws Exception {
        try (TestCluster cluster = cluster(folder).formed(replicas)) {
            cluster.nodes.values().forEach(node -> node.ledger.remember = false);
            load(cluster, callers, Duration.ofSeconds(Math.max(5, seconds / 2)), bytes, false);
            load(cluster, callers, Duration.ofSeconds(seconds), bytes, true);
            confirm(cluster.leader());
        }
    }

    private static void load(TestCluster cluster, int callers, Duration time, int bytes, boolean print)
            throws InterruptedException {
        Node leader = cluster.leader();
        List<List<Long>> latencies = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        long began = System.nanoTime();
        AtomicLong failed = new AtomicLong();
        for (int i = 0; i < callers; i++) {
            List<Long> mine = new ArrayList<>();
            latencies.add(mine);
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() - began < time.toNanos()) {
                    long start = System.nanoTime();
                    try {
                        leader.member.propose(new byte[bytes]).join();
                        mine.add(System.nanoTime() - start);
                    } catch (CompletionException e) {
                        failed.incrementAndGet();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        double took = (System.nanoTime() - began) / 1e9;
        List<Long> all = new ArrayList<>();
        latencies.forEach(all::addAll);
        Collections.sort(all);
        if (print && !all.isEmpty()) {
            System.out.printf(
                    Locale.ROOT,
                    "%d replicas, %d callers, %d bytes: %.0f/s, p50 %.2f ms, p99 %.2f ms, %d failed%n",
                    cluster.nodes.size(),
                    callers,
                    bytes,
                    all.size() / took,
                    all.get(all.size() / 2) / 1e6,
                    all.get(all.size() * 99 / 100) / 1e6,
                    failed.get());
        }
    }

    private static void confirm(Node leader) {
        int n = 20_000;
        long began = System.nanoTime();
        for (int i = 0; i < n; i++) {
            leader.member.confirmLeadership().join();
        }
        System.out.printf(
                Locale.ROOT,
                "leadership confirmed in %.3f ms, one after the other%n",
                (System.nanoTime() - began) / 1e6 / n);
    }

    private static void failover(Path folder, int rounds, boolean warm) throws IOException {
        try (TestCluster cluster = cluster(folder).formed(3)) {
            if (warm) {
                cluster.leader().host.warmUp();
            }
            List<Long> times = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                Node leader = cluster.leader();
                for (int i = 0; i < 50; i++) {
                    leader.propose("r" + round + "-" + i);
                }
                List<Node> others = cluster.others(leader);
                Thread crash = Thread.ofVirtual().unstarted(leader::crash);
                long began = System.nanoTime();
                crash.start();
                long took = firstWrite(others, began, round);
                times.add(took);
                System.out.printf(Locale.ROOT, "round %d: %d ms%n", round, took);
                join(crash);
                leader.restart();
                TestCluster.await(
                        "it to follow",
                        () -> leader.ledger.count() >= others.getFirst().ledger.count());
            }
            Collections.sort(times);
            System.out.printf(
                    Locale.ROOT,
                    "%d losses of the leader: %d / %d / %d ms to the first write (min, median, max)%n",
                    rounds,
                    times.getFirst(),
                    times.get(times.size() / 2),
                    times.getLast());
        }
    }

    /// The member with the newest entry is alone for a while; then one comes back that cannot lead without it.
    private static void reunion(Path folder, int seconds) throws Exception {
        try (TestCluster cluster = cluster(folder).formed(3)) {
            Node newest = cluster.leader();
            Node behind = cluster.others(newest).get(0);
            Node lost = cluster.others(newest).get(1);
            newest.propose("a");
            behind.stop();
            newest.propose("b");
            lost.stop();
            TimeUnit.SECONDS.sleep(seconds); // what is measured
            long began = System.nanoTime();
            behind.restart();
            long up = System.nanoTime();
            firstWrite(List.of(newest), began, 0);
            System.out.printf(
                    Locale.ROOT,
                    "alone for %d s; the other took %d ms to start, the first write came %d ms later%n",
                    seconds,
                    (up - began) / 1_000_000,
                    (System.nanoTime() - up) / 1_000_000);
        }
    }

    private static long firstWrite(List<Node> others, long began, int round) {
        byte[] entry = ("after-" + round).getBytes(StandardCharsets.UTF_8);
        while (true) {
            for (Node node : others) {
                try {
                    node.member.propose(entry).join();
                    return (System.nanoTime() - began) / 1_000_000;
                } catch (CompletionException _) {
                    Thread.onSpinWait();
                }
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void idle(Path folder, int groups, int seconds) throws Exception {
        try (TestCluster cluster = cluster(folder).formed(3)) {
            cluster.leader();
            List<Node> nodes = List.copyOf(cluster.nodes.values());
            List<Member> members = nodes.stream().map(Node::voter).toList();
            for (int i = 2; i <= groups; i++) {
                GroupName name = new GroupName("vs" + i);
                for (Node node : nodes) {
                    node.host.form(
                            name, members, new Ledger(node.folder.resolve("store" + i)), new TestCluster.Events());
                }
            }
            TimeUnit.SECONDS.sleep(5); // to settle
            long cpu = cpuMillis();
            TimeUnit.SECONDS.sleep(seconds); // what is measured
            System.gc();
            System.out.printf(
                    Locale.ROOT,
                    "3 hosts in one process, %d groups each: %.1f%% of a core, %d MB resident, %d threads%n",
                    groups,
                    (cpuMillis() - cpu) / (seconds * 10.0),
                    residentMegabytes(),
                    Thread.getAllStackTraces().size());
        }
    }

    private static long cpuMillis() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis();
    }

    private static long residentMegabytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        return -1;
    }
}
