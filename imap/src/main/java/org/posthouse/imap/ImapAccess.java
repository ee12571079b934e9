package org.posthouse.imap;

import java.time.Duration;
import org.posthouse.wire.SaslExchange.Bearers;

/// Who may connect how often, and how long a client may take.
///
/// @param bearers whether access tokens are taken
/// @param connectionsPerUserMax logged in at one time, on one server or front end
/// @param loginTime from the greeting to the log-in, all commands before it included
/// @param commandTime from a command's first byte to its last, one second more for each so many bytes as
///     `bytesPerSecondMin`; and for what a command does without sending anything
/// @param bytesPerSecondMin the slowest that a long command may come
/// @param compressedMax connections that use COMPRESS at one time on one server: each takes about 350 kB outside the
///     heap
public record ImapAccess(
        Bearers bearers,
        int connectionsPerUserMax,
        Duration loginTime,
        Duration commandTime,
        int bytesPerSecondMin,
        int compressedMax) {
    /// No tokens, 100 connections of one user, 3 min to log in, 5 min for a command, 1 kB/s, 1,000 compressed.
    public static final ImapAccess DEFAULT =
            new ImapAccess(Bearers.NONE, 100, Duration.ofMinutes(3), Duration.ofMinutes(5), 1 << 10, 1_000);

    /// With tokens, or not.
    public ImapAccess bearers(Bearers taken) {
        return new ImapAccess(taken, connectionsPerUserMax, loginTime, commandTime, bytesPerSecondMin, compressedMax);
    }

    /// With another number of connections of one user.
    public ImapAccess connectionsPerUserMax(int most) {
        return new ImapAccess(bearers, most, loginTime, commandTime, bytesPerSecondMin, compressedMax);
    }

    /// With other times.
    public ImapAccess times(Duration login, Duration command, int bytesPerSecond) {
        return new ImapAccess(bearers, connectionsPerUserMax, login, command, bytesPerSecond, compressedMax);
    }

    /// With another number of compressed connections.
    public ImapAccess compressedMax(int most) {
        return new ImapAccess(bearers, connectionsPerUserMax, loginTime, commandTime, bytesPerSecondMin, most);
    }
}
