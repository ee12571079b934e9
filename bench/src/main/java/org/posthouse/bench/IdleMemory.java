package org.posthouse.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.posthouse.testkit.Processes;

/// What connections in IDLE cost, all processes of the server together, without what the kernel keeps of sockets. A
/// Java process gives memory back late and has room to spare, so what it holds after a full collection counts where
/// that has grown by more; and what a second batch costs on top of the first, which brought in what all share.
final class IdleMemory {
    private static final Path JCMD = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");

    private IdleMemory() {}

    /// @param resident of all processes
    /// @param live in the heaps of those that are Java's
    private record Memory(long resident, long live) {
        static Memory of(List<Long> processes) throws IOException {
            long live = 0;
            for (long pid : processes) {
                live += liveBytes(pid);
            }
            return new Memory(
                    processes.stream().mapToLong(Processes::proportionalBytes).sum(), live);
        }

        long since(Memory before) {
            return Math.max(resident - before.resident, live - before.live);
        }
    }

    /// Measures and prints it; nothing where the server's processes are not known.
    ///
    /// @param count of connections in each batch
    /// @param processes of the server, as of the call
    static void measure(PrintWriter out, Target target, int count, Supplier<List<Long>> processes) throws IOException {
        if (count == 0 || processes.get().isEmpty()) {
            return;
        }
        List<RawImap> idlers = new ArrayList<>();
        try {
            idlers.addAll(ImapLoads.idlers(target, count));
            Memory before = Memory.of(processes.get());
            idlers.addAll(ImapLoads.idlers(target, count));
            Memory after = Memory.of(processes.get());
            out.printf(
                    Locale.ROOT,
                    "  idle         %,d connections more cost %-12s %,.1f kB each (%,.1f of them live in heaps)%n",
                    count,
                    target.name(),
                    after.since(before) / 1e3 / count,
                    (after.live - before.live) / 1e3 / count);
            out.flush();
        } finally {
            for (RawImap client : idlers) {
                client.close();
            }
        }
    }

    /// What a Java process' heap holds after a full collection; 0 of any other process.
    private static long liveBytes(long pid) throws IOException {
        boolean java = ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .filter(command -> command.endsWith("/java"))
                .isPresent();
        if (!java) {
            return 0;
        }
        Process asked = new ProcessBuilder(JCMD.toString(), Long.toString(pid), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher total = TOTAL.matcher(answer);
        return total.find() ? Long.parseLong(total.group(1)) : 0;
    }
}
