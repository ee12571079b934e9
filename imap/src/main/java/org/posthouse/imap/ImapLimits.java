package org.posthouse.imap;

import java.time.Duration;

/// What one client may ask for. Everything has a limit.
///
/// @param lineBytesMax longest command line after login, literals not counted
/// @param lineBytesBeforeLoginMax the same before
/// @param argumentBytesMax all literals of one command together, APPEND's message not counted
/// @param appendBytesMax longest message that APPEND takes
/// @param dropBytesMax how much of a literal that is refused, but comes unasked (LITERAL+), is read and dropped
/// @param searchKeysMax keys in one SEARCH
/// @param depthMax parentheses inside each other
/// @param messagesMax messages that one command deals with (RFC 9738), 0 for no limit
/// @param notifyMailboxesMax mailboxes of a user who may be notified about them (RFC 5465)
/// @param searchMailboxesMax mailboxes that one ESEARCH looks through (RFC 7377)
/// @param badCommandsMax after so many in a row that were `BAD` the client is sent away
/// @param loginFailuresMax the same for wrong passwords
/// @param commandsBeforeLoginMax commands that a client may send without logging in
/// @param loginTimeout how long a client may say nothing before login
/// @param idleTimeout the same after login, IDLE included (RFC 3501 section 5.4: at least 30 min)
/// @param idleNotice how often IDLE says that the connection still stands
/// @param commitDeadline how long a change waits for a majority
public record ImapLimits(
        int lineBytesMax,
        int lineBytesBeforeLoginMax,
        int argumentBytesMax,
        long appendBytesMax,
        long dropBytesMax,
        int searchKeysMax,
        int depthMax,
        int messagesMax,
        int notifyMailboxesMax,
        int searchMailboxesMax,
        int badCommandsMax,
        int loginFailuresMax,
        int commandsBeforeLoginMax,
        Duration loginTimeout,
        Duration idleTimeout,
        Duration idleNotice,
        Duration commitDeadline) {

    /// Lines of 64 kB (8 kB before login), messages of 64 MB, 30 min of silence (1 min before login).
    public static final ImapLimits DEFAULT = new ImapLimits(
            64 << 10,
            8 << 10,
            256 << 10,
            64L << 20,
            128L << 20,
            1_000,
            50,
            0,
            1_000,
            20_000,
            20,
            4,
            50,
            Duration.ofMinutes(1),
            Duration.ofMinutes(30),
            Duration.ofMinutes(2),
            Duration.ofSeconds(30));

    /// With another longest message.
    public ImapLimits appendBytesMax(long bytes) {
        return new ImapLimits(
                lineBytesMax,
                lineBytesBeforeLoginMax,
                argumentBytesMax,
                bytes,
                dropBytesMax,
                searchKeysMax,
                depthMax,
                messagesMax,
                notifyMailboxesMax,
                searchMailboxesMax,
                badCommandsMax,
                loginFailuresMax,
                commandsBeforeLoginMax,
                loginTimeout,
                idleTimeout,
                idleNotice,
                commitDeadline);
    }

    /// With another limit on the messages of one command.
    public ImapLimits messagesMax(int messages) {
        return new ImapLimits(
                lineBytesMax,
                lineBytesBeforeLoginMax,
                argumentBytesMax,
                appendBytesMax,
                dropBytesMax,
                searchKeysMax,
                depthMax,
                messages,
                notifyMailboxesMax,
                searchMailboxesMax,
                badCommandsMax,
                loginFailuresMax,
                commandsBeforeLoginMax,
                loginTimeout,
                idleTimeout,
                idleNotice,
                commitDeadline);
    }

    /// With another limit on the mailboxes to be notified about.
    public ImapLimits notifyMailboxesMax(int mailboxes) {
        return new ImapLimits(
                lineBytesMax,
                lineBytesBeforeLoginMax,
                argumentBytesMax,
                appendBytesMax,
                dropBytesMax,
                searchKeysMax,
                depthMax,
                messagesMax,
                mailboxes,
                searchMailboxesMax,
                badCommandsMax,
                loginFailuresMax,
                commandsBeforeLoginMax,
                loginTimeout,
                idleTimeout,
                idleNotice,
                commitDeadline);
    }

    /// With another limit on the mailboxes of one search.
    public ImapLimits searchMailboxesMax(int mailboxes) {
        return new ImapLimits(
                lineBytesMax,
                lineBytesBeforeLoginMax,
                argumentBytesMax,
                appendBytesMax,
                dropBytesMax,
                searchKeysMax,
                depthMax,
                messagesMax,
                notifyMailboxesMax,
                mailboxes,
                badCommandsMax,
                loginFailuresMax,
                commandsBeforeLoginMax,
                loginTimeout,
                idleTimeout,
                idleNotice,
                commitDeadline);
    }

    /// With other times of silence.
    public ImapLimits timeouts(Duration beforeLogin, Duration afterLogin, Duration notice) {
        return new ImapLimits(
                lineBytesMax,
                lineBytesBeforeLoginMax,
                argumentBytesMax,
                appendBytesMax,
                dropBytesMax,
                searchKeysMax,
                depthMax,
                messagesMax,
                notifyMailboxesMax,
                searchMailboxesMax,
                badCommandsMax,
                loginFailuresMax,
                commandsBeforeLoginMax,
                beforeLogin,
                afterLogin,
                notice,
                commitDeadline);
    }
}
