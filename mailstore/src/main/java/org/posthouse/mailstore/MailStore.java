package org.posthouse.mailstore;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.LongFunction;
import org.posthouse.mail.UidSet;

/// A virtual server's mail as the services on its owner use it. Reads come from the owner's own index at once
/// and count only once [#confirm] has returned for the epoch under which they began; mutations go through the
/// log and need no confirmation. Every method may be called by many threads and throws a [StoreException]; kind
/// `NOT_OPEN` means that this node does not own the virtual server (any more).
public interface MailStore {

    /// Longest summary of a body.
    int SUMMARY_BYTES_MAX = 4 << 10;

    /// Begins a command: the epoch under which this node owns the virtual server.
    ///
    /// @throws StoreException `NOT_OPEN` at once if it does not
    Epoch enter();

    /// To be called after a read's answer was computed and before it is sent: returns if this node owned the
    /// virtual server, under the same epoch, at some instant after the call.
    ///
    /// @throws StoreException `NOT_OPEN` if not, or if that cannot be learned within 2 s
    void confirm(Epoch epoch);

    /// A user's mailboxes, INBOX first, then by name. A user who was never named has an INBOX and nothing else.
    ///
    /// @param user an address, or [Mailbox#SHARED]
    List<Mailbox> mailboxes(String user);

    /// One mailbox. `INBOX` in any case means the same; other names are compared exactly.
    Optional<Mailbox> mailbox(String user, String name);

    /// The mailbox with this id, also after a rename.
    Optional<Mailbox> mailbox(long mailboxId);

    /// Mailboxes of others whose access control list grants something to a user, or to anyone. What exactly,
    /// and whether that is withheld again, [Mailbox#acl] says.
    List<Mailbox> grantedTo(String user);

    /// Another number whenever some mailbox' access control list was changed, so that a session looks at its own again.
    long accessVersion();

    /// Metadata of a mailbox, or with 0 of the server, by entry: the shared entries and the user's own.
    List<Annotation> annotations(long mailboxId, String user);

    /// Names a user subscribed to, sorted, whether or not such mailboxes exist.
    List<String> subscriptions(String user);

    /// Counts for STATUS and SELECT.
    MailboxStatus status(long mailboxId);

    /// All messages of a mailbox in UID order, as of one applied entry. Immutable and compact; cached while the
    /// mailbox is in use, so cheap to ask for again.
    MailboxView view(long mailboxId);

    /// What happened after a mod-sequence: rows changed or added (in UID order) and UIDs expunged, by
    /// (mod-sequence, UID).
    ///
    /// @throws StoreException `HISTORY_GONE` if the expunge history no longer reaches back so far
    Changes changes(long mailboxId, long afterModSeq);

    /// UIDs that were expunged after a mod-sequence.
    ///
    /// @throws StoreException `HISTORY_GONE` if the expunge history no longer reaches back so far
    UidSet expunged(long mailboxId, long afterModSeq);

    /// The row of one message; also of one expunged within the last hour (its row says so).
    Optional<MessageRow> message(long mailboxId, long uid);

    /// The rows of those messages of a set that are there, in UID order.
    List<MessageRow> messages(long mailboxId, UidSet uids);

    /// What was kept of bodies so that they need not be opened ([#keepSummaries]), in the order of their ids; null
    /// where nothing is. Each replica has its own or none: no log entry makes them, and a crash may lose them.
    byte[][] summaries(long[] bodyIds);

    /// Keeps summaries, by body id, as the service made them of the bodies, in a form that is its own business. One
    /// longer than [#SUMMARY_BYTES_MAX], or of a body that is not there any more, is left out.
    void keepSummaries(SortedMap<Long, byte[]> made);

    /// A user's access key of a mailbox (RFC 4467), if one was made.
    Optional<byte[]> urlKey(long mailboxId, String user);

    /// Some bytes of a body, checked against its checksum at least once per opening.
    ///
    /// @throws StoreException `CORRUPT` if it is damaged here
    Body body(long bodyId);

    /// The same for several that are to be opened one after the other: what the index knows of them is looked up at
    /// once.
    ///
    /// @param bodyIds of messages that follow each other, some hundred
    /// @return opens any of them
    default LongFunction<Body> bodies(long[] bodyIds) {
        return this::body;
    }

    /// Bodies that messages have, in the order of their ids, above one of these.
    ///
    /// @param max how many at most
    List<KeptBody> keptBodies(long afterBodyId, int max);

    /// What a user has stored.
    Usage usage(String user);

    /// Wakes a watcher after each applied entry that touched the mailbox, or with 0 the server's metadata; the callback
    /// returns at once.
    Watch watch(long mailboxId, Runnable changed);

    /// Wakes a watcher after each applied entry that touched a user's mailboxes or subscriptions, or a mailbox whose
    /// access control list names the user; the callback returns at once.
    ///
    /// @param user an address, [Mailbox#SHARED], or [Acl#ANYONE]
    Watch watch(String user, Runnable changed);

    /// Wakes a watcher after each applied entry; the callback returns at once.
    Watch watch(Runnable applied);

    /// Takes in a message's bytes before it is delivered or appended: inline up to 256 kB, staged beyond.
    Upload upload();

    /// Carries out one user action as one log entry.
    ///
    /// @param command identifies a session's command so that a repeat gets the recorded result;
    ///     [CommandId#NONE] for none
    /// @param deadline how long to wait for a majority
    /// @return the result, applied here
    /// @throws StoreException `UNKNOWN` if the outcome is open (a repeat with the same id tells)
    <R> R execute(CommandId command, Action<R> action, Duration deadline);

    /// Bytes on the way in. Closed without [#finish] they are dropped.
    abstract class Upload extends OutputStream {
        /// No more bytes; to be named in one action.
        public abstract NewBody finish() throws IOException;

        /// The same, sent ahead whatever its length where the store does that: for one of many messages that come in
        /// one action, which must not wait in memory.
        public NewBody finishAhead() throws IOException {
            return finish();
        }
    }

    /// An open body. Close it; until then its bytes stay.
    interface Body extends AutoCloseable {
        /// Length in bytes.
        long length();

        /// Fills `into` from an offset on.
        ///
        /// @return how many bytes were read, fewer only at the end
        int read(long offset, byte[] into, int at, int length);

        /// From an offset to the end or `length` bytes.
        InputStream stream(long offset, long length);

        @Override
        void close();
    }

    /// A registered watcher.
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
