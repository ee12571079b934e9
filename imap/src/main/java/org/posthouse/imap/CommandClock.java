package org.posthouse.imap;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;

/// Bounds how long a client may take for what it says. A read timeout bounds silence only: a byte now and then would
/// hold a connection for ever. Before the log-in the clock runs from the greeting on; after it, from a command's first
/// byte to its answer.
final class CommandClock {
    private final ImapAccess access;
    private long since = System.nanoTime();
    private long bytes;
    private boolean running = true;
    private boolean loggedIn;

    CommandClock(ImapAccess access) {
        this.access = access;
    }

    /// A client was too slow.
    static final class SlowException extends SocketTimeoutException {
        private static final long serialVersionUID = 1;

        SlowException() {
            super("too slow");
        }
    }

    /// From here on each command has its own time.
    void loggedIn() {
        loggedIn = true;
        running = false;
    }

    /// A command begins.
    void begin() {
        if (loggedIn) {
            since = System.nanoTime();
            bytes = 0;
            running = true;
        }
    }

    /// It was answered, or the client may now take its time (IDLE).
    void rest() {
        running = !loggedIn;
    }

    /// Whether the command under way has taken longer than a command may.
    boolean tookTooLong() {
        return tookTooLong(System.nanoTime());
    }

    /// The same for who has just looked at the clock.
    boolean tookTooLong(long nowNanos) {
        return running && nowNanos - since > limitNanos();
    }

    /// The input of a conversation, under this clock.
    InputStream guard(InputStream in) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (tookTooLong()) {
                    throw new SlowException();
                }
                int taken = in.read(into, offset, length);
                bytes += Math.max(taken, 0);
                return taken;
            }
        };
    }

    private long limitNanos() {
        return loggedIn
                ? access.commandTime()
                        .plusSeconds(bytes / access.bytesPerSecondMin())
                        .toNanos()
                : access.loginTime().toNanos();
    }
}
