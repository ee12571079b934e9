package org.posthouse.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.posthouse.cluster.ResourceState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A small file, on a disk of the machine's own, that says every second how this process stands: for a monitor that
/// must be cheap. One that is not renewed tells of a process that hangs.
///
/// Lines `name=value`: `pid`; `uptime`, seconds since the machine was started; `epoch`; `state`:
/// - `starting`: not online yet,
/// - `online`: all that shall be online is,
/// - `offline`: taken offline by an operator's command,
/// - `failed`: not online, and restarts here have not helped for [#TROUBLE_MILLIS_MAX].
///
/// `reason` says why where it is not as it shall be.
final class StateFile {
    /// So long restarts of its own may help, before the whole counts as failed.
    static final long TROUBLE_MILLIS_MAX = 30_000;

    private static final Logger LOG = LoggerFactory.getLogger(StateFile.class);
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    /// While somebody waits for the start.
    private static final long STARTING_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final Path UPTIME = Path.of("/proc/uptime");

    private final Path file;
    private final LongSupplier epoch;
    private final Supplier<Optional<Seen>> look;
    private final LongSupplier monotonicMillis;
    private boolean wasOnline;
    private long troubleSince = -1;

    /// @param epoch of the folder; 0 while it is not taken over
    /// @param look empty until there is something to see
    StateFile(Path file, LongSupplier epoch, Supplier<Optional<Seen>> look) {
        this(file, epoch, look, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    }

    StateFile(Path file, LongSupplier epoch, Supplier<Optional<Seen>> look, LongSupplier monotonicMillis) {
        this.file = file;
        this.epoch = epoch;
        this.look = look;
        this.monotonicMillis = monotonicMillis;
    }

    /// Begins to write it.
    void start() {
        Thread.ofPlatform().daemon().name("state-file").start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    write();
                } catch (IOException e) {
                    LOG.error("cannot say in {} how this process stands; whoever watches it will end it", file, e);
                }
                LockSupport.parkNanos(wasOnline ? EVERY_NANOS : STARTING_NANOS);
            }
        });
    }

    /// Writes it once.
    void write() throws IOException {
        String text = "pid=" + ProcessHandle.current().pid() + "\nepoch=" + epoch.getAsLong() + "\n" + state()
                + "uptime=" + Files.readString(UPTIME).split(" ")[0] + "\n";
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private String state() {
        Outlook outlook = outlook();
        return "state=" + outlook.state() + "\n"
                + (outlook.reason().isEmpty()
                        ? ""
                        : "reason=" + outlook.reason().replaceAll("\\s+", " ") + "\n");
    }

    /// A state, and why.
    record Outlook(String state, String reason) {}

    /// What the virtual server is like in this process, not as it was when the image was recorded.
    ///
    /// @param wanted whether it shall be online at all
    /// @param open whether this process owns it
    /// @param resources of those that shall be online, the states here
    record Seen(boolean wanted, boolean open, SortedMap<String, ResourceState> resources) {
        private boolean online() {
            return open && resources.values().stream().allMatch(state -> state == ResourceState.ONLINE);
        }

        private boolean broken() {
            return resources.containsValue(ResourceState.FAILED);
        }

        private String lacking() {
            return open ? "not online: " + resources : "it is not open here";
        }
    }

    Outlook outlook() {
        Optional<Seen> now = look.get();
        if (now.isEmpty()) {
            return new Outlook("starting", "the folder is being taken over");
        }
        Seen seen = now.get();
        if (!seen.wanted() || seen.online()) {
            wasOnline = true;
            troubleSince = -1;
            return new Outlook(seen.wanted() ? "online" : "offline", "");
        }
        if (!wasOnline && !seen.broken()) {
            return new Outlook("starting", seen.lacking());
        }
        long millis = monotonicMillis.getAsLong();
        if (troubleSince < 0) {
            troubleSince = millis;
        }
        if (millis - troubleSince > TROUBLE_MILLIS_MAX) {
            return new Outlook("failed", seen.lacking());
        }
        return new Outlook(wasOnline ? "online" : "starting", seen.lacking());
    }
}
