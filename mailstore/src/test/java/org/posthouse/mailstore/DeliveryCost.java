package org.posthouse.mailstore;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.posthouse.mail.Flags;
import org.posthouse.testkit.LocalLog;

/// Measures what a delivery of 10 kB costs without replication. No test: run it by hand, it prints what it did.
final class DeliveryCost {
    private DeliveryCost() {}

    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory(Path.of(args.length > 0 ? args[0] : "."), "cost");
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 4;
        int count = 40_000;
        byte[] text = new byte[10_240];
        new java.util.Random(1).nextBytes(text);
        byte[] header = "Subject: a message\r\n\r\n".getBytes(StandardCharsets.UTF_8);
        System.arraycopy(header, 0, text, 0, header.length);
        try (StoreMemory memory = new StoreMemory()) {
            StorageGroup group = new StorageGroup(folder, memory, StoreSettings.defaults(), new Gate("n1.1"));
            StoreService store = StoreService.openAlone(group, new LocalLog(group));
            long inbox =
                    store.mailbox("user0@example.org", "INBOX").orElseThrow().id();
            AtomicInteger next = new AtomicInteger();
            for (int round = 0; round < rounds; round++) {
                for (int callers : new int[] {1, 32}) {
                    int until = next.get() + count;
                    long start = System.nanoTime();
                    long startCpu = cpuNanos();
                    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
                        for (int caller = 0; caller < callers; caller++) {
                            pool.execute(() -> {
                                for (int i = next.getAndIncrement(); i < until; i = next.getAndIncrement()) {
                                    deliver(store, i, text);
                                }
                            });
                        }
                    }
                    double seconds = (System.nanoTime() - start) / 1e9;
                    double cpuMicros = (cpuNanos() - startCpu) / 1e3 / count;
                    String what = count + " deliveries of 10 kB, " + callers + " callers";
                    System.out.printf("%s: %.0f/s, CPU %.1f us each%n", what, count / seconds, cpuMicros);
                }
            }
            Runtime.getRuntime().gc();
            System.out.println(Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS"))
                    .toList());
            long start = System.nanoTime();
            group.prepareCheckpoint();
            long prepared = System.nanoTime();
            int files = group.checkpoint(Files.createDirectory(folder.resolve("checkpoint")))
                    .size();
            System.out.printf(
                    "checkpoint: %d files, prepared in %d ms, %d ms on the apply thread%n",
                    files, (prepared - start) / 1_000_000, (System.nanoTime() - prepared) / 1_000_000);
            group.views().clear();
            start = System.nanoTime();
            int size = store.view(inbox).size();
            System.out.printf("view of %d loaded in %d ms%n", size, (System.nanoTime() - start) / 1_000_000);
            group.close();
        } finally {
            FileSums.deleteAll(folder);
        }
    }

    /// CPU time of the whole process: what counts on a busy machine, RocksDB's background work included.
    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static void deliver(StoreService store, int i, byte[] text) {
        // Every second message goes to one large mailbox, whose view is cached.
        String user = "user" + (i % 2 == 0 ? 0 : i % 100) + "@example.org";
        Action.Delivered delivered = store.execute(
                CommandId.NONE,
                new Action.Deliver(
                        "delivery-" + i,
                        List.of(new Action.Target(user, "INBOX", Flags.NONE)),
                        new NewBody.Inline(text),
                        new Action.Stamp(i, 0)),
                StoreFixture.SOON);
        if (delivered.placed().getFirst().repeated()) {
            throw new AssertionError("delivery " + i + " was there before");
        }
    }
}
