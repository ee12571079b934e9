package org.posthouse.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;

/// The conditions under which figures were measured; figures without them mean nothing.
public final class Machine {
    private static final int BLOCK_BYTES = 10_000;

    private Machine() {}

    /// Some lines for the head of a report: CPUs, load, memory, Java, and the disk under a folder.
    public static String conditions(Path folder, Duration diskFor) throws IOException {
        FileStore store = Files.getFileStore(folder);
        return String.format(
                Locale.ROOT,
                "  machine  %d CPUs (%s), load average %.2f, %s of memory, %s %s%n"
                        + "  java     %s %s, heap at most %d MB%n"
                        + "  disk     %s on %s (%s): %,.0f appends/s of 10 kB with fdatasync on one thread%n",
                Runtime.getRuntime().availableProcessors(),
                cpu(),
                loadAverage(),
                memory(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.runtime.version"),
                Runtime.getRuntime().maxMemory() >> 20,
                folder,
                store.name(),
                store.type(),
                appendsPerSecond(folder, diskFor));
    }

    /// Processes that ran or waited to run, on average over the last minute.
    public static double loadAverage() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    /// How often a second 10 kB can be appended to a file under this folder and made durable, one after the other.
    public static double appendsPerSecond(Path folder, Duration duration) throws IOException {
        Path file = Files.createTempFile(folder, "appends", ".bin");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
            long start = System.nanoTime();
            long end = start + duration.toNanos();
            long appends = 0;
            do {
                block.clear();
                while (block.hasRemaining()) {
                    var _ = channel.write(block);
                }
                channel.force(false);
                appends++;
            } while (System.nanoTime() - end < 0);
            return appends * 1e9 / (System.nanoTime() - start);
        } finally {
            Files.delete(file);
        }
    }

    private static String cpu() throws IOException {
        return fact(Path.of("/proc/cpuinfo"), "model name");
    }

    private static String memory() throws IOException {
        String kilobytes = fact(Path.of("/proc/meminfo"), "MemTotal").replace(" kB", "");
        return kilobytes.matches("\\d+") ? (Long.parseLong(kilobytes) >> 20) + " GB" : kilobytes;
    }

    private static String fact(Path file, String name) throws IOException {
        if (!Files.isReadable(file)) {
            return "unknown";
        }
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(name)) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return "unknown";
    }
}
