package org.posthouse.mailstore;

/// Limits that apply enforces. They are part of the replicated state machine: every replica must have the same,
/// so they are constants and no settings.
final class Limits {
    /// A body up to here travels inside the entry; a `Stage` entry holds no more.
    static final int INLINE_BYTES_MAX = 256 << 10;
    /// A body, staged.
    static final long BODY_BYTES_MAX = 1L << 30;
    /// Different keywords ever used in one mailbox: with five system flags they share one 64-bit word.
    static final int KEYWORDS_MAX = 58;
    /// One keyword.
    static final int KEYWORD_BYTES_MAX = 100;
    /// A mailbox name.
    static final int NAME_BYTES_MAX = 1000;
    /// Levels of a mailbox name.
    static final int NAME_LEVELS_MAX = 30;
    /// Mailboxes of one user: twice the largest tree that has to stay usable.
    static final int MAILBOXES_MAX = 20_000;
    /// Identifiers in the access control list of one mailbox: it is part of the row that each new message rewrites.
    static final int ACL_ENTRIES_MAX = 64;
    /// One identifier.
    static final int IDENTIFIER_BYTES_MAX = 300;
    /// Metadata entries of one mailbox, or of the server, of one user; the shared ones count by themselves.
    static final int ANNOTATIONS_MAX = 100;
    /// The name of a metadata entry.
    static final int ANNOTATION_NAME_BYTES_MAX = 500;
    /// The value of a metadata entry.
    static final int ANNOTATION_BYTES_MAX = 64 << 10;
    /// Subscriptions of one user.
    static final int SUBSCRIPTIONS_MAX = 20_000;
    /// Messages that one action may touch: it is one entry, and everything else waits while it is applied.
    static final int ACTION_MESSAGES_MAX = 200_000;
    /// Records kept of one session (pipelining).
    static final int SESSION_RECORDS_MAX = 16;
    /// Sessions with records in one virtual server.
    static final int SESSIONS_MAX = 200_000;
    /// A delivery id.
    static final int DELIVERY_ID_BYTES_MAX = 200;
    /// Time between two `Expire` entries that counts at most. Whatever happened between them is taken to have
    /// happened at the later one, by adding this much to every term ([Expiry]).
    static final long EXPIRE_STEP_MILLIS_MAX = 120_000;

    private Limits() {}
}
