package org.posthouse.mailstore;

import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Rights;
import org.posthouse.mail.UidSet;

/// One user action: one deciding log entry. `R` is its result. The owner resolves what the client said (sequence
/// numbers, names) before; apply checks only what may have changed since.
public sealed interface Action<R> {

    /// Delivers one message to mailboxes of this group, all or nothing, each at most once by
    /// (delivery id, mailbox). Creates a user's INBOX if this is the first entry that names the user.
    record Deliver(String deliveryId, List<Target> targets, NewBody body, Stamp stamp) implements Action<Delivered> {}

    /// Where a message is delivered.
    ///
    /// @param mailbox name; must exist unless it is INBOX
    record Target(String user, String mailbox, Flags flags) {}

    /// Date of a message.
    record Stamp(long seconds, int zoneMinutes) {}

    /// In the order of the targets.
    record Delivered(List<Placed> placed) {}

    /// @param repeated whether it had been delivered before (then the UID is that of the first time)
    record Placed(long mailboxId, long uid, boolean repeated) {}

    /// APPEND and MULTIAPPEND: all or nothing.
    record Append(String user, String mailbox, List<NewMessage> messages) implements Action<Appended> {}

    /// One message of an append.
    record NewMessage(NewBody body, Flags flags, Stamp stamp) {}

    /// For APPENDUID.
    record Appended(long mailboxId, long uidValidity, UidSet uids) {}

    /// REPLACE (RFC 8508): the one message of `with` comes, that with the UID goes; `GONE` if it went meanwhile.
    record Replace(long mailboxId, long uid, Append with) implements Action<Appended> {}

    /// STORE, and the `\Seen` of a FETCH.
    ///
    /// @param uids as the client's view resolved them; those gone meanwhile are skipped
    /// @param unchangedSince RFC 7162 section 3.1.3
    /// @param rights only flags that these cover are changed (RFC 4314 section 4)
    record StoreFlags(
            long mailboxId, UidSet uids, Change change, Flags flags, OptionalLong unchangedSince, Rights rights)
            implements Action<Stored> {
        /// By somebody who may change every flag.
        public StoreFlags(long mailboxId, UidSet uids, Change change, Flags flags, OptionalLong unchangedSince) {
            this(mailboxId, uids, change, flags, unchangedSince, Rights.ALL);
        }
    }

    /// How flags, or rights, are changed.
    enum Change {
        ADD,
        REMOVE,
        REPLACE
    }

    /// @param modSeq given to what changed; 0 if nothing did
    /// @param changed rows whose flags are now different
    /// @param modified refused because changed since (MODIFIED)
    record Stored(long modSeq, UidSet changed, UidSet modified) {}

    /// COPY: all or nothing; `GONE` if a source message went meanwhile.
    ///
    /// @param rights in the target: flags that these do not cover are left behind (RFC 4314 section 4)
    record Copy(long mailboxId, UidSet uids, long toMailboxId, Rights rights) implements Action<Copied> {
        /// By somebody who may set every flag there.
        public Copy(long mailboxId, UidSet uids, long toMailboxId) {
            this(mailboxId, uids, toMailboxId, Rights.ALL);
        }
    }

    /// MOVE: those still there.
    ///
    /// @param rights as for [Copy]
    record Move(long mailboxId, UidSet uids, long toMailboxId, Rights rights) implements Action<Copied> {
        /// By somebody who may set every flag there.
        public Move(long mailboxId, UidSet uids, long toMailboxId) {
            this(mailboxId, uids, toMailboxId, Rights.ALL);
        }
    }

    /// For COPYUID: both in the same order.
    record Copied(long uidValidity, List<Long> from, List<Long> to) {}

    /// EXPUNGE: those of the set that are still there and `\Deleted`.
    record Expunge(long mailboxId, UidSet uids) implements Action<Expunged> {}

    /// What went.
    record Expunged(long modSeq, UidSet uids) {}

    /// CREATE, with missing parents, each with the access control list of the one above it (RFC 4314 section 3). A name
    /// that exists is `MAILBOX_EXISTS`.
    record Create(String user, String name, String specialUse) implements Action<Created> {}

    /// The new mailbox.
    record Created(long mailboxId, long uidValidity) {}

    /// DELETE. INBOX is `REFUSED`, a mailbox with children `HAS_CHILDREN`.
    record Delete(String user, String name) implements Action<Done> {}

    /// RENAME with children; of INBOX it moves the messages (RFC 3501 section 6.3.5).
    record Rename(String user, String from, String to) implements Action<Done> {}

    /// SUBSCRIBE and UNSUBSCRIBE.
    record Subscribe(String user, String name, boolean subscribed) implements Action<Done> {}

    /// SETACL and DELETEACL (RFC 4314 sections 3.1 and 3.2).
    ///
    /// @param identifier as in [Acl#entries]
    /// @param change `REPLACE` with no rights removes the identifier
    record SetAcl(long mailboxId, String identifier, Change change, Rights rights) implements Action<Done> {}

    /// SETMETADATA (RFC 5464 section 4.3): all or nothing.
    ///
    /// @param mailboxId 0 for the server's
    /// @param user whose private entries are meant
    record Annotate(long mailboxId, String user, List<Annotation> entries) implements Action<Done> {}

    /// SELECT takes the recent messages: the new first-recent UID becomes `uidNext`.
    record ClaimRecent(long mailboxId) implements Action<RecentClaimed> {}

    /// UIDs from here on are recent to the claiming session.
    record RecentClaimed(long firstRecent) {}

    /// GENURLAUTH (RFC 4467): makes the user's access key of a mailbox unless there is one.
    ///
    /// @param key random, for the case that there is none
    record MakeUrlKey(long mailboxId, String user, byte[] key) implements Action<UrlKey> {}

    /// The key that counts.
    record UrlKey(byte[] key) {}

    /// RESETKEY: the user's access keys of these mailboxes go, and every URL made with them.
    record DropUrlKeys(UidSet mailboxIds, String user) implements Action<Done> {}

    /// Names a user for the first time, so that its INBOX exists; nothing if it was named before.
    record Welcome(String user) implements Action<Created> {}

    /// The front end needs a session's records no more.
    record Forget(UUID session) implements Action<Done> {}

    /// Nothing more to say.
    record Done() {}
}
