package org.posthouse.mailstore;

/// Why the store did not do what it was asked. The message is safe to show to the client.
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// What a protocol makes an answer of.
    public enum Kind {
        /// This node does not own the virtual server, or its group has no majority: try again (elsewhere).
        NOT_OPEN,
        /// The outcome is open; a repeat with the same id tells.
        UNKNOWN,
        /// Too much is waiting: try again later.
        OVERLOADED,
        /// The disk is full: only expunging is possible.
        FULL,
        /// No such mailbox (TRYCREATE where it is a target).
        NO_SUCH_MAILBOX,
        /// A mailbox of that name exists.
        MAILBOX_EXISTS,
        /// The mailbox cannot be deleted before those below it.
        HAS_CHILDREN,
        /// More metadata entries than one may have there.
        TOO_MANY_ANNOTATIONS,
        /// The name or the request is not allowed; the message says why.
        REFUSED,
        /// Source messages of a copy or a body went meanwhile.
        GONE,
        /// The expunge history no longer reaches back so far.
        HISTORY_GONE,
        /// A command id was used before for another command.
        REPEAT_DIFFERS,
        /// A limit named in the message was reached.
        LIMIT,
        /// A body is damaged on this replica.
        CORRUPT
    }

    private final Kind kind;

    /// With a message safe to show.
    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /// The same, and a cause for the log.
    public StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /// What a protocol makes an answer of.
    public Kind kind() {
        return kind;
    }
}
