package org.posthouse.replication;

/// Why a group did not do what it was asked.
public final class ReplicationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// What the caller may conclude.
    public enum Kind {
        /// This process does not lead the group; the entry was not and will not be committed.
        NOT_LEADER,
        /// The outcome is open: leadership was lost, or the deadline passed, while the entry was under way.
        UNKNOWN,
        /// Too much is waiting already; nothing was appended.
        OVERLOADED,
        /// The group is not here, was closed, or its log or disk failed.
        UNAVAILABLE,
        /// The request itself is wrong: too large, or a change of members that is not allowed.
        REFUSED
    }

    private final Kind kind;

    /// An exception with what happened to which group.
    public ReplicationException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /// The same with its cause.
    public ReplicationException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /// What the caller may conclude.
    public Kind kind() {
        return kind;
    }
}
