package org.posthouse.faults;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.MarkedMessage;
import org.posthouse.testkit.Processes;
import org.posthouse.testkit.RefusedException;
import org.posthouse.testkit.SampleCluster;
import org.posthouse.testkit.SmtpClient;
import org.posthouse.testkit.SmtpClient.Protocol;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The disk under a node fills up, and is freed again.
@Command(
        name = "full-disk",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "A node's disk (a small tmpfs; needs root) fills up: new mail is refused for now, what is there is"
                        + " served, expunging works, and all recovers when space is freed.")
final class FullDisk extends Campaign {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int MESSAGE_BYTES = 1_000_000;
    private static final String USER = "user1@example.org";

    @Option(names = "--disk-mb", defaultValue = "1024", description = "Size of the disk. Default: ${DEFAULT-VALUE}.")
    private int diskMegabytes;

    @Option(
            names = "--left-mb",
            defaultValue = "150",
            description = "What the node finds free before mail fills it. Default: ${DEFAULT-VALUE}.")
    private int leftMegabytes;

    private final Ledger ledger = new Ledger();

    @Override
    String title() {
        return "a full disk of " + diskMegabytes + " MB";
    }

    @Override
    Duration limit() {
        return Duration.ofMinutes(20);
    }

    @Override
    void run() throws IOException {
        if (!System.getProperty("user.name").equals("root")) {
            report().say("skipped: only root may mount a small disk, and this is %s", System.getProperty("user.name"));
            return;
        }
        Path disk = Files.createTempDirectory(parent(), "posthouse-disk");
        mount(disk);
        try {
            fill(disk);
        } finally {
            unmount(disk);
        }
    }

    private void fill(Path disk) throws IOException {
        try (SampleCluster cluster = start(disk.resolve("cluster"), SampleCluster.Layout.single())) {
            Path ballast = disk.resolve("ballast");
            long free = disk.toFile().getUsableSpace();
            take(ballast, free - ((long) leftMegabytes << 20));
            List<Long> pids = cluster.processes();
            report().say("%d MB free before mail fills the disk", disk.toFile().getUsableSpace() >> 20);
            RefusedException refusal = untilRefused(cluster);
            report().expect(
                            refusal.temporary(),
                            "with %d MB free, after %d messages of 1 MB, mail is refused for now: %s",
                            disk.toFile().getUsableSpace() >> 20,
                            ledger.count(Ledger.Outcome.ACKNOWLEDGED),
                            refusal.answer());
            expectAppendRefused(cluster);
            report().expect(pids.stream().allMatch(Processes::alive), "every process lives on a full disk");
            var _ = expectKept(cluster, ledger);
            expectExpungeWorks(cluster);
            Files.delete(ballast);
            long freed = System.nanoTime();
            awaitDelivery(cluster);
            report().say("mail is taken again %.1f s after space was freed", (System.nanoTime() - freed) / 1e9);
        }
    }

    private RefusedException untilRefused(SampleCluster cluster) throws IOException {
        for (int n = 0; n < diskMegabytes; n++) {
            try {
                deliver(cluster, "full-" + n);
            } catch (RefusedException e) {
                return e;
            }
        }
        throw new IOException(
                diskMegabytes + " messages of 1 MB were taken by a disk with " + leftMegabytes + " MB free");
    }

    private void deliver(SampleCluster cluster, String id) throws IOException {
        boolean noted = false;
        try (SmtpClient client = SmtpClient.connect(Protocol.SMTP, cluster.smtp(1), LIMIT)) {
            var _ = client.deliver("load@example.org", USER, MarkedMessage.of(id, USER, MESSAGE_BYTES));
            ledger.note(id, USER, Ledger.Outcome.ACKNOWLEDGED);
            noted = true;
        } catch (RefusedException e) {
            ledger.note(id, USER, e.temporary() ? Ledger.Outcome.REFUSED_FOR_NOW : Ledger.Outcome.REFUSED_FOR_GOOD);
            noted = true;
            throw e;
        } finally {
            if (!noted) {
                ledger.note(id, USER, Ledger.Outcome.UNKNOWN);
            }
        }
    }

    private void expectAppendRefused(SampleCluster cluster) throws IOException {
        try (ImapClient client = ImapClient.login(cluster.imap(1), USER, SampleCluster.PASSWORD, LIMIT)) {
            var _ = client.append("INBOX", "", MarkedMessage.of("append", USER, MESSAGE_BYTES));
            ledger.note("append", USER, Ledger.Outcome.ACKNOWLEDGED);
            report().failed("APPEND was taken on a full disk that refuses deliveries");
        } catch (RefusedException e) {
            report().expect(!e.answer().startsWith("* BYE"), "APPEND is refused: %s", e.answer());
        }
    }

    private void expectExpungeWorks(SampleCluster cluster) throws IOException {
        try (ImapClient client = ImapClient.login(cluster.imap(1), USER, SampleCluster.PASSWORD, LIMIT)) {
            long before = client.select("INBOX").exists();
            var _ = client.store(false, "1", "+FLAGS.SILENT (\\Deleted)");
            var _ = client.command("EXPUNGE");
            long after = client.messages("INBOX");
            report().expect(after == before - 1, "EXPUNGE works on a full disk: %d before, %d after", before, after);
        } catch (RefusedException e) {
            report().failed("EXPUNGE on a full disk: " + e.getMessage());
        }
    }

    private void awaitDelivery(SampleCluster cluster) throws IOException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        for (int n = 0; ; n++) {
            try {
                deliver(cluster, "freed-" + n);
                report().expect(true, "mail is taken again");
                return;
            } catch (RefusedException e) {
                if (System.nanoTime() - deadline > 0) {
                    report().failed("mail is still refused " + LIMIT.toSeconds() + " s after space was freed: "
                            + e.answer());
                    return;
                }
                letPass(Duration.ofMillis(500));
            }
        }
    }

    private static void take(Path file, long bytes) throws IOException {
        try (RandomAccessFile ballast = new RandomAccessFile(file.toFile(), "rw")) {
            byte[] block = new byte[1 << 20];
            for (long taken = 0; taken < bytes; taken += block.length) {
                ballast.write(block);
            }
        }
    }

    private void mount(Path disk) throws IOException {
        command("mount", "-t", "tmpfs", "-o", "size=" + diskMegabytes + "m", "posthouse-faults", disk.toString());
    }

    private static void unmount(Path disk) throws IOException {
        command("umount", "--lazy", disk.toString());
        Files.delete(disk);
    }

    private static void command(String... words) throws IOException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!Processes.ended(process, Duration.ofSeconds(10)) || process.exitValue() != 0) {
            throw new IOException(String.join(" ", words) + ": " + output.strip());
        }
    }
}
