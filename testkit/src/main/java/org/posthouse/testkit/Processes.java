package org.posthouse.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What can be done to, and asked about, processes by their ids. Linux only: it reads `/proc`.
public final class Processes {
    private static final Path PROC = Path.of("/proc");
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(5);
    private static final Pattern NUMBERS = Pattern.compile("(?m)^(VmRSS|Pss|Threads):\\s+(\\d+)");
    // Linux has counted CPU time in hundredths of a second towards user space since 2.6 (USER_HZ).
    private static final long MILLIS_PER_TICK = 10;

    private Processes() {}

    /// Sends a signal, as in `signal(pid, "STOP")`.
    ///
    /// @throws IOException if there is no such process, or the signal may not be sent
    public static void signal(long pid, String name) throws IOException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .redirectErrorStream(true)
                .start();
        String output = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!ended(kill, SIGNAL_LIMIT)) {
            throw new IOException("kill -" + name + " " + pid + " did not return");
        }
        if (kill.exitValue() != 0) {
            throw new IOException("kill -" + name + " " + pid + ": " + output.strip());
        }
    }

    /// SIGKILL at once, with no process in between.
    ///
    /// @return whether there was such a process
    public static boolean kill(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
    }

    /// Whether the process exists and is no zombie.
    public static boolean alive(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"));
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state != 'Z' && state != 'X';
        } catch (IOException _) {
            return false;
        }
    }

    /// Waits until a process of this one's has ended, after which its exit value is known; by its handle alone it may
    /// be gone a moment before that.
    ///
    /// @return whether it has
    public static boolean ended(Process process, Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /// Waits until the process is gone.
    ///
    /// @return whether it is
    public static boolean ended(ProcessHandle process, Duration limit) {
        try {
            var _ = process.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException _) {
            return !alive(process.pid());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return !alive(process.pid());
        }
    }

    /// Processes whose command line contains this text, for finding every process of one temporary folder.
    public static List<Long> naming(String text) throws IOException {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                String line = read(entry.resolve("cmdline")).orElse("").replace('\0', ' ');
                long pid = Long.parseLong(entry.getFileName().toString());
                if (line.contains(text) && pid != ProcessHandle.current().pid() && alive(pid)) {
                    found.add(pid);
                }
            }
        }
        return found;
    }

    /// Memory of the process that is in RAM, in bytes; 0 if it is gone.
    public static long residentBytes(long pid) {
        return number(pid, "status", "VmRSS") << 10;
    }

    /// The same with pages shared by several processes counted in parts, in bytes; 0 if it is gone.
    public static long proportionalBytes(long pid) {
        return number(pid, "smaps_rollup", "Pss") << 10;
    }

    /// CPU time used so far by the process, in milliseconds; 0 if it is gone.
    public static long cpuMillis(long pid) {
        String stat = read(PROC.resolve(Long.toString(pid)).resolve("stat")).orElse("");
        if (stat.isEmpty()) {
            return 0;
        }
        // Fields 14 and 15 of proc(5), counted from the state, which is field 3.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK;
    }

    /// How many threads the process has; 0 if it is gone.
    public static long threads(long pid) {
        return number(pid, "status", "Threads");
    }

    private static long number(long pid, String file, String line) {
        Matcher matcher = NUMBERS.matcher(
                read(PROC.resolve(Long.toString(pid)).resolve(file)).orElse(""));
        while (matcher.find()) {
            if (matcher.group(1).equals(line)) {
                return Long.parseLong(matcher.group(2));
            }
        }
        return 0;
    }

    /// A file of `/proc`; empty if the process went meanwhile or its file may not be read.
    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException _) {
            // Linux answers "no such process" from inside the read when the process ends between open and read.
            return Optional.empty();
        }
    }
}
