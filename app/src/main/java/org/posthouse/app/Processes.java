package org.posthouse.app;

import java.io.IOException;
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

/// The processes of a sample cluster: each has a folder with `run/pid` (process id and start time, so that a
/// number used again by another process is not mistaken for it) and `log/`.
final class Processes {
    private static final Duration STOP_WAIT = Duration.ofSeconds(15);

    private Processes() {}

    /// Starts a process of our own program that outlives this one and takes no signals from its terminal.
    ///
    /// @param folder of the node or front end
    /// @param jvmOptions memory and logging
    /// @param arguments of [Main]
    static ProcessHandle start(Path folder, List<String> jvmOptions, List<String> arguments) throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        Path log = Files.createDirectories(folder.resolve("log"));
        List<String> command = new ArrayList<>(List.of("setsid", javaExecutable()));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
        ProcessBuilder process = new ProcessBuilder(command);
        // RocksDB unpacks its library there; in /tmp each process that is killed would leave a copy of 15 MB.
        process.environment().put("ROCKSDB_SHAREDLIB_DIR", run.toString());
        ProcessHandle handle = process.redirectInput(
                        ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        log.resolve("console.log").toFile()))
                .start()
                .toHandle();
        Files.writeString(run.resolve("pid"), handle.pid() + " " + startTicks(handle.pid()) + "\n");
        return handle;
    }

    /// The process of a folder, if it lives (frozen counts as living).
    static Optional<ProcessHandle> find(Path folder) throws IOException {
        try {
            String[] words = Files.readString(folder.resolve("run/pid")).strip().split(" ");
            long pid = Long.parseLong(words[0]);
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(_ -> startTicks(pid)
                    .equals(words[1]));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    /// Sends a signal by its name (`KILL`, `STOP`, `CONT`, `TERM`).
    static void signal(ProcessHandle process, String name) throws IOException {
        Process kill = new ProcessBuilder("kill", "-s", name, Long.toString(process.pid()))
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(kill.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IOException("signal " + name + " to process " + process.pid() + ": " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while sending a signal", e);
        }
    }

    /// Ends processes in order, all at once: TERM, and KILL for those that are still there after 15 s.
    static void stop(List<ProcessHandle> processes) throws IOException {
        for (ProcessHandle process : processes) {
            signal(process, "CONT");
            process.destroy();
        }
        long until = System.nanoTime() + STOP_WAIT.toNanos();
        for (ProcessHandle process : processes) {
            if (!ended(process, Duration.ofNanos(until - System.nanoTime()))) {
                process.destroyForcibly();
                if (!ended(process, Duration.ofSeconds(5))) {
                    throw new IOException("process " + process.pid() + " does not end, not even by SIGKILL");
                }
            }
        }
    }

    /// Waits for the end of a process.
    static boolean ended(ProcessHandle process, Duration wait) {
        try {
            process.onExit().get(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// Field 22 of `/proc/PID/stat` (proc(5)): when the process started, in clock ticks since boot.
    private static String startTicks(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
        } catch (IOException _) {
            return "gone";
        }
    }

    private static String javaExecutable() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
