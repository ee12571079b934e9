package org.posthouse.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Milliseconds since the machine was started, the time for which it was suspended included: a machine that slept
/// must not believe that its lease goes on. The JVM's own monotonic clock stands still meanwhile; where the
/// kernel does not tell the time (it is not Linux), that clock is used, and machines must not be suspended.
public final class BootClock implements LongSupplier {
    private static final Logger LOG = LoggerFactory.getLogger(BootClock.class);
    private static final Path UPTIME = Path.of("/proc/uptime");

    private final LongSupplier clock;

    /// Chooses the clock.
    public BootClock() {
        clock = choose();
    }

    private static LongSupplier choose() {
        try {
            uptime();
            return BootClock::uptimeOrFail;
        } catch (IOException | NumberFormatException e) {
            LOG.warn("{} does not tell the time ({}): this machine must not be suspended", UPTIME, e.toString());
            return Pulse::millis;
        }
    }

    @Override
    public long getAsLong() {
        return clock.getAsLong();
    }

    private static long uptimeOrFail() {
        try {
            return uptime();
        } catch (IOException e) {
            // Nothing may be held by a clock that has stopped; callers' next turn tries again.
            throw new IllegalStateException(UPTIME + " does not tell the time any more", e);
        }
    }

    /// `12345.67 ...`: seconds, by CLOCK_BOOTTIME.
    private static long uptime() throws IOException {
        String text = Files.readString(UPTIME, StandardCharsets.US_ASCII);
        int dot = text.indexOf('.');
        long seconds = Long.parseLong(text.substring(0, dot));
        return 1000 * seconds + 10 * Long.parseLong(text.substring(dot + 1, dot + 3));
    }
}
