package org.posthouse.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.cluster.LeaseBook;
import org.posthouse.cluster.NodeLease;
import org.posthouse.cluster.ResourceType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One outside program, see [GenericService].
final class Program implements ResourceType.Resource {
    private static final Logger LOG = LoggerFactory.getLogger(Program.class);

    /// Who ends at once has not started.
    private static final long SETTLES_MILLIS = 300;
    private static final long LOOK_MILLIS = 100;
    private static final long TELL_MILLIS = 500;

    /// What is left of the second between the end of this node's lease and the next node's: in it the program may
    /// end in order.
    private static final long ENDING_MILLIS = LeaseBook.FREE_AFTER_MILLIS - NodeLease.HELD_MILLIS - 200;

    /// The same where the lease has ended already, which was noticed a moment later.
    private static final long WITHOUT_LEASE_MILLIS = 600;

    private static final long KILLED_WITHIN_MILLIS = 2_000;

    private final ServiceContext context;
    private final Path script;
    private final Path note;
    private final BoundedLog log;
    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private Guard guard; // under lock; null while it is not to run
    private long endings; // under lock: what began before one of them must not start anything after it

    /// The guard of a running program.
    private record Guard(Process process, OutputStream orders) {
        boolean lives() {
            return process.isAlive();
        }
    }

    /// @param script the guard's file
    /// @param note file that says which process it is
    Program(ServiceContext context, Path script, Path note, BoundedLog log) {
        this.context = context;
        this.script = script;
        this.note = note;
        this.log = log;
        this.name = context.virtualServer() + "/" + context.resource();
    }

    private String property(String property) {
        return context.properties().get(property);
    }

    private int seconds(String property) {
        return Integer.parseInt(property(property));
    }

    // ---- coming online

    @Override
    public void online() throws IOException {
        long begun = endings();
        killLeftOver();
        Guard started = start(begun);
        LOG.info("{}: started; what it prints is in {}", name, log.file());
        for (long settled = 0; settled < SETTLES_MILLIS; settled += LOOK_MILLIS) {
            pause(LOOK_MILLIS);
            tellOnce(started); // It looks then whether the program has ended.
        }
        pause(LOOK_MILLIS);
        while (true) {
            if (!started.lives()) {
                throw new IOException(
                        "the program ended with status " + started.process().exitValue()
                                + " just after it was started; what it printed is in " + log.file());
            }
            // Without a health command it is online once it runs. Waiting for its health is no progress.
            if (isAlive()) {
                return;
            }
            pause(LOOK_MILLIS);
        }
    }

    private long endings() {
        lock.lock();
        try {
            return endings;
        } finally {
            lock.unlock();
        }
    }

    private Guard start(long begun) throws IOException {
        long left = leftMillis();
        if (left == 0) {
            throw new IOException("this node does not hold the node lease");
        }
        ProcessBuilder builder = command(
                List.of("bash", script.toString(), property(GenericService.START), note.toString(), text(left)));
        lock.lock();
        try {
            if (endings != begun) {
                throw new IOException("it was taken offline meanwhile");
            }
            Process process = builder.start();
            guard = new Guard(process, process.getOutputStream());
            Guard started = guard;
            Thread.ofVirtual().name("output-" + name).start(() -> log.take(process.getInputStream()));
            // A platform thread: native calls elsewhere may hold all carriers of virtual ones for a while.
            Thread.ofPlatform().daemon().name("guard-" + name).start(() -> tell(started));
            return started;
        } finally {
            lock.unlock();
        }
    }

    private ProcessBuilder command(List<String> words) {
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(Path.of(property(GenericService.FOLDER)).toFile())
                .redirectErrorStream(true);
        for (String variable : property(GenericService.ENVIRONMENT).split(";")) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                builder.environment().put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        return builder;
    }

    /// Tells the guard for how long the program may go on, until it is gone.
    private void tell(Guard running) {
        while (running.lives()) {
            tellOnce(running);
            pause(TELL_MILLIS);
        }
    }

    private void tellOnce(Guard running) {
        long left = leftMillis();
        if (left > 0) {
            order(running, text(left));
        }
    }

    private long leftMillis() {
        long left = context.lease().leftMillis();
        return left == 0 ? 0 : left + ENDING_MILLIS;
    }

    private static String text(long millis) {
        return String.format(Locale.ROOT, "%.1f", millis / 1000.0);
    }

    private static void order(Guard running, String line) {
        try {
            synchronized (running.orders()) {
                running.orders().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
                running.orders().flush();
            }
        } catch (IOException e) {
            LOG.debug("a guard that has ended takes no orders", e);
        }
    }

    // ---- going offline

    @Override
    public void offline() {
        Guard running = taken();
        if (running == null) {
            return;
        }
        int patience = seconds(GenericService.STOP_TIMEOUT);
        String stop = property(GenericService.STOP);
        if (stop.isEmpty()) {
            order(running, "term " + text(Math.max(leftMillis(), WITHOUT_LEASE_MILLIS)));
        } else {
            runs(stop, patience, "stop");
        }
        for (int second = 0; second < patience && running.lives(); second++) {
            context.progress().report("waiting for the program to end, " + second + " of " + patience + " s");
            for (int look = 0; look < 10 && running.lives(); look++) {
                pause(LOOK_MILLIS);
                tellOnce(running);
            }
        }
        if (running.lives()) {
            LOG.warn("{}: the program did not end within {} s and is killed", name, patience);
        }
        kill(running);
    }

    @Override
    public void terminate() {
        Guard running = taken();
        if (running != null) {
            kill(running);
        }
    }

    @Override
    public void close() {
        terminate();
    }

    private Guard taken() {
        lock.lock();
        try {
            endings++;
            Guard running = guard;
            guard = null;
            return running;
        } finally {
            lock.unlock();
        }
    }

    /// Ends the guard, which kills the program with all that it started; if it does not, they are killed from here.
    private void kill(Guard running) {
        try {
            running.orders().close();
        } catch (IOException e) {
            LOG.debug("{}: the guard has ended already", name, e);
        }
        try {
            if (!running.process().waitFor(KILLED_WITHIN_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.warn("{}: the guard does not end; it is killed", name);
                running.process().destroyForcibly();
            }
            killLeftOver();
        } catch (IOException e) {
            LOG.warn("{}: the program may live on", name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Kills what an earlier process of this node left behind, if it is still the process that was noted.
    void killLeftOver() throws IOException {
        if (Files.notExists(note)) {
            return;
        }
        String[] noted = Files.readString(note).strip().split(" ");
        if (noted.length == 2 && noted[1].equals(startTime(noted[0]))) {
            LOG.warn("{}: its program of before still lives as process {}; it is killed", name, noted[0]);
            Process killing = new ProcessBuilder("kill", "-KILL", "--", "-" + noted[0]).start();
            try {
                killing.waitFor(KILLED_WITHIN_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        Files.deleteIfExists(note);
    }

    /// When a process was started, as the kernel counts it: the 22nd field of `/proc/PID/stat`. `""` if there is
    /// none, or if it has ended and only waits to be noticed.
    private static String startTime(String process) {
        try {
            String stat = Files.readString(Path.of("/proc", process, "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") ? "" : fields[19];
        } catch (IOException e) {
            LOG.debug("there is no process {}", process, e);
            return "";
        }
    }

    // ---- health

    @Override
    public boolean looksAlive() {
        lock.lock();
        try {
            return guard != null && guard.lives();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isAlive() {
        String health = property(GenericService.HEALTH);
        return looksAlive() && (health.isEmpty() || runs(health, seconds(GenericService.HEALTH_DEADLINE), "health"));
    }

    /// Whether a command exits with status 0 in time; it is killed if it does not.
    private boolean runs(String command, int seconds, String what) {
        try {
            Process running = command(List.of("bash", "-c", command))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            running.getOutputStream().close();
            if (running.waitFor(seconds, TimeUnit.SECONDS)) {
                return running.exitValue() == 0;
            }
            LOG.warn("{}: its {} command did not end within {} s", name, what, seconds);
            running.descendants().forEach(ProcessHandle::destroyForcibly);
            running.destroyForcibly();
            return false;
        } catch (IOException e) {
            LOG.warn("{}: its {} command cannot be run", name, what, e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void pause(long millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
