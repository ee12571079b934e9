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
/// @param progressNotice how often a command that takes long says how far it is (RFC 9585)
public record ImapAccess(
        Bearers bearers,
        int connectionsPerUserMax,
        Duration loginTime,
        Duration commandTime,
        int bytesPerSecondMin,
        int compressedMax,
        Duration progressNotice) {
    /// No tokens, 100 connections of one user, 3 min to log in, 5 min for a command, 1 kB/s, 1,000 compressed, a notice
    /// every 10 s.
    public static final ImapAccess DEFAULT = new ImapAccess(
            Bearers.NONE, 100, Duration.ofMinutes(3), Duration.ofMinutes(5), 1 << 10, 1_000, Duration.ofSeconds(10));

    /// With tokens, or not.
    public ImapAccess bearers(Bearers taken) {
        return new ImapAccess(
                taken, connectionsPerUserMax, loginTime, commandTime, bytesPerSecondMin, compressedMax, progressNotice);
    }

    /// With another number of connections of one user.
    public ImapAccess connectionsPerUserMax(int most) {
        return new ImapAccess(bearers, most, loginTime, commandTime, bytesPerSecondMin, compressedMax, progressNotice);
    }

    /// With other times.
    public ImapAccess times(Duration login, Duration command, int bytesPerSecond) {
        return new ImapAccess(
                bearers, connectionsPerUserMax, login, command, bytesPerSecond, compressedMax, progressNotice);
    }

    /// With another number of compressed connections.
    public ImapAccess compressedMax(int most) {
        return new ImapAccess(
                bearers, connectionsPerUserMax, loginTime, commandTime, bytesPerSecondMin, most, progressNotice);
    }

    /// With another pace of notices.
    public ImapAccess progressNotice(Duration every) {
        return new ImapAccess(
                bearers, connectionsPerUserMax, loginTime, commandTime, bytesPerSecondMin, compressedMax, every);
    }
}
