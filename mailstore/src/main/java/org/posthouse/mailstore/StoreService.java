package org.posthouse.mailstore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.StoreException.Kind;
import org.posthouse.replication.ReplicatedLog;
import org.posthouse.replication.ReplicationException;

/// The mail store of one virtual server on a node that has a replica of it: reads come from the storage group,
/// mutations go through the log, and the gate decides whether this node may do either.
public final class StoreService implements MailStore {
    private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration STAGE_TIMEOUT = Duration.ofSeconds(20);
    private static final int SESSION_STRIPES = 1024;
    /// Entries proposed and not applied yet.
    private static final int IN_FLIGHT_KB_MAX = 32 << 10;
    /// Staged pieces under way at once: with 256 kB each, a small entry never waits behind 1 MB.
    private static final int STAGES_IN_FLIGHT_MAX = 3;
    /// Inline bodies of one append beyond this are staged, to stay below the largest entry.
    private static final int APPEND_INLINE_BYTES_MAX = 1 << 20;

    private final StorageGroup group;
    private final ReplicatedLog log;
    private final Gate gate;
    private final LongSupplier wallMillis;
    private final Reads reads;
    private final Confirmations confirmations;
    private final Summaries summaries;
    private final FreeSpace space;
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_KB_MAX);
    private final Semaphore stages = new Semaphore(STAGES_IN_FLIGHT_MAX, true);
    private final ReentrantLock[] sessions = new ReentrantLock[SESSION_STRIPES];

    /// @param wallMillis the clock that entries carry, Unix time
    public StoreService(StorageGroup group, ReplicatedLog log, LongSupplier wallMillis) {
        this.group = group;
        this.log = log;
        this.gate = group.gate();
        this.wallMillis = wallMillis;
        this.reads = new Reads(group);
        this.summaries = new Summaries(group);
        this.confirmations = new Confirmations(log);
        this.space = new FreeSpace(group.folder(), group.settings().reserveBytes());
        for (int i = 0; i < sessions.length; i++) {
            sessions[i] = new ReentrantLock();
        }
    }

    /// A store whose log has no other member and is at term 1, already owned by this process: for tests, and
    /// for measuring without replication.
    public static StoreService openAlone(StorageGroup group, ReplicatedLog log) {
        StoreService store = new StoreService(group, log, System::currentTimeMillis);
        group.gate().leaderReady(1);
        long version = group.openedBy().map(OpenedBy::imageVersion).orElse(0L) + 1;
        store.proposeOpen(version).join();
        return store;
    }

    // ---- for the agent

    /// Proposes to own the virtual server, under the permission of an image version. To be called on the leader,
    /// after [Gate#leaderReady]. Completes when applied; the latch is open then if this node still leads.
    /// Completes exceptionally with a [StoreException] `NOT_OPEN` if that permission was withdrawn, else with a
    /// [ReplicationException].
    ///
    /// @param generation that the epoch is to have at least
    public CompletableFuture<Void> proposeOpen(long imageVersion, long generation) {
        return log.propose(Entry.encode(new Entry.Open(wallMillis.getAsLong(), gate.self(), imageVersion, generation)))
                .thenAccept(Answer::decode);
    }

    /// The same in the generation that the epochs are in.
    public CompletableFuture<Void> proposeOpen(long imageVersion) {
        return proposeOpen(imageVersion, 1);
    }

    /// Proposes to take the virtual server offline, as an image version orders. On the leader, open or not.
    public CompletableFuture<Void> proposeClose(long imageVersion) {
        return log.propose(Entry.encode(new Entry.Close(wallMillis.getAsLong(), imageVersion)))
                .thenAccept(Answer::decode);
    }

    /// The latch.
    public Gate gate() {
        return gate;
    }

    /// The replica behind it.
    public StorageGroup group() {
        return group;
    }

    /// What is wrong, for an operator; empty while nothing is.
    public Optional<String> health() {
        return space.health();
    }

    // ---- the gate

    @Override
    public Epoch enter() {
        return gate.require();
    }

    @Override
    public void confirm(Epoch epoch) {
        gate.require(epoch);
        try {
            confirmations.confirm().get(CONFIRM_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new StoreException(Kind.NOT_OPEN, "this node cannot confirm that it owns the virtual server", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Kind.NOT_OPEN, "interrupted", e);
        }
        gate.require(epoch);
    }

    // ---- reads

    @Override
    public List<Mailbox> mailboxes(String user) {
        welcome(user);
        return reads.mailboxes(user);
    }

    @Override
    public Optional<Mailbox> mailbox(String user, String name) {
        if (MailboxNames.canonical(name).equals(MailboxNames.INBOX)) {
            welcome(user);
        }
        return reads.mailbox(user, name);
    }

    /// A user's INBOX comes into being by the first entry that names the user; a read that names one is no
    /// exception, so that every mailbox shown has an id and a UIDVALIDITY that stay.
    private void welcome(String user) {
        if (!reads.knows(user) && !user.equals(Mailbox.SHARED)) {
            execute(CommandId.NONE, new Action.Welcome(user), CONFIRM_TIMEOUT);
        }
    }

    @Override
    public Optional<Mailbox> mailbox(long mailboxId) {
        return reads.mailbox(mailboxId);
    }

    @Override
    public List<Mailbox> grantedTo(String user) {
        return reads.grantedTo(user);
    }

    @Override
    public long accessVersion() {
        return group.accessVersion();
    }

    @Override
    public List<Annotation> annotations(long mailboxId, String user) {
        return reads.annotations(mailboxId, user);
    }

    @Override
    public List<String> subscriptions(String user) {
        return reads.subscriptions(user);
    }

    @Override
    public MailboxStatus status(long mailboxId) {
        return reads.status(mailboxId);
    }

    @Override
    public MailboxView view(long mailboxId) {
        return reads.view(mailboxId);
    }

    @Override
    public Changes changes(long mailboxId, long afterModSeq) {
        return reads.changes(mailboxId, afterModSeq);
    }

    @Override
    public UidSet expunged(long mailboxId, long afterModSeq) {
        return reads.expunged(mailboxId, afterModSeq);
    }

    @Override
    public Optional<MessageRow> message(long mailboxId, long uid) {
        return reads.message(mailboxId, uid);
    }

    @Override
    public List<MessageRow> messages(long mailboxId, UidSet uids) {
        return reads.messages(mailboxId, uids);
    }

    @Override
    public byte[][] summaries(long[] bodyIds) {
        return summaries.get(bodyIds);
    }

    @Override
    public void keepSummaries(SortedMap<Long, byte[]> made) {
        summaries.keep(made);
    }

    @Override
    public Optional<byte[]> urlKey(long mailboxId, String user) {
        return reads.urlKey(mailboxId, user);
    }

    @Override
    public Body body(long bodyId) {
        return StoredBody.open(group, bodyId);
    }

    @Override
    public LongFunction<Body> bodies(long[] bodyIds) {
        return StoredBody.opener(group, bodyIds);
    }

    @Override
    public List<KeptBody> keptBodies(long afterBodyId, int max) {
        return reads.keptBodies(afterBodyId, max);
    }

    @Override
    public Usage usage(String user) {
        return reads.usage(user);
    }

    @Override
    public Watch watch(long mailboxId, Runnable changed) {
        return group.watchers().watchMailbox(mailboxId, changed);
    }

    @Override
    public Watch watch(String user, Runnable changed) {
        return group.watchers().watchUser(user, changed);
    }

    @Override
    public Watch watch(Runnable applied) {
        return group.watchers().watchAll(applied);
    }

    // ---- mutations

    @Override
    public Upload upload() {
        return new StagingUpload(this);
    }

    @Override
    public <R> R execute(CommandId command, Action<R> action, Duration deadline) {
        Epoch epoch = gate.require();
        long endNanos = System.nanoTime() + deadline.toNanos();
        refuseIfFull(action);
        if (action instanceof Action.ClaimRecent claim) {
            MailboxStatus status = reads.status(claim.mailboxId());
            if (status.firstRecent() == status.uidNext() && !reads.recorded(command)) {
                // Nothing to claim, and no repeat: a read, so that SELECT costs no log entry as a rule.
                confirm(epoch);
                return result(action, new Action.RecentClaimed(status.firstRecent()));
            }
        }
        Action<?> sent = action instanceof Action.Append append ? stageExcess(append) : action;
        byte[] entry = Entry.encodeAct(wallMillis.getAsLong(), epoch, command, sent);
        if (command.session().equals(CommandId.NONE.session())) {
            return result(action, propose(entry, endNanos));
        }
        ReentrantLock session = sessions[Math.floorMod(command.session().hashCode(), SESSION_STRIPES)];
        lock(session, endNanos);
        try {
            return result(action, propose(entry, endNanos));
        } finally {
            session.unlock();
        }
    }

    @SuppressWarnings("unchecked")
    // Justification: apply answers each action with its own result type; Answer.decode cannot say so.
    private static <R> R result(Action<R> action, Object result) {
        assert action != null;
        return (R) result;
    }

    private static void lock(ReentrantLock session, long endNanos) {
        try {
            if (!session.tryLock(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new StoreException(Kind.OVERLOADED, "the session's last command is still under way");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Kind.OVERLOADED, "interrupted", e);
        }
    }

    private void refuseIfFull(Action<?> action) {
        switch (action) {
            case Action.Deliver _,
                    Action.Append _,
                    Action.Replace _,
                    Action.Copy _,
                    Action.Create _,
                    Action.Annotate _ -> space.require();
            case Action.StoreFlags _,
                    Action.Move _,
                    Action.Expunge _,
                    Action.Delete _,
                    Action.Rename _,
                    Action.Subscribe _,
                    Action.SetAcl _,
                    Action.ClaimRecent _,
                    Action.MakeUrlKey _,
                    Action.DropUrlKeys _,
                    Action.Welcome _,
                    Action.Forget _ -> {}
        }
    }

    private Action.Append stageExcess(Action.Append append) {
        long bytes = 0;
        List<Action.NewMessage> messages = new ArrayList<>(append.messages().size());
        for (Action.NewMessage message : append.messages()) {
            NewBody body = message.body();
            if (body instanceof NewBody.Inline inline) {
                bytes += inline.length();
                if (bytes > APPEND_INLINE_BYTES_MAX) {
                    body = stage(inline.bytes());
                }
            }
            messages.add(new Action.NewMessage(body, message.flags(), message.stamp()));
        }
        return new Action.Append(append.user(), append.mailbox(), messages);
    }

    private NewBody stage(byte[] bytes) {
        long id = StagingUpload.newId();
        stage(gate.require(), id, 0, bytes);
        return new NewBody.Staged(id, bytes.length, Hashes.crc32c(bytes));
    }

    /// Sends a piece of a staged body ahead, and waits until it is applied.
    void stage(Epoch epoch, long stagedId, long offset, byte[] piece) {
        space.require();
        long endNanos = System.nanoTime() + STAGE_TIMEOUT.toNanos();
        acquire(stages, 1, endNanos);
        try {
            Object _ = propose(
                    Entry.encode(new Entry.Stage(wallMillis.getAsLong(), epoch, stagedId, offset, piece)), endNanos);
        } finally {
            stages.release();
        }
    }

    /// Proposes to drop what is old enough.
    ///
    /// @return whether more is due
    boolean expire(
            Epoch epoch, long elapsedMillis, Duration records, Duration history, int rowsMax, Duration deadline) {
        Entry.Expire entry = new Entry.Expire(
                wallMillis.getAsLong(), epoch, elapsedMillis, records.toMillis(), history.toMillis(), rowsMax);
        return (long) propose(Entry.encode(entry), System.nanoTime() + deadline.toNanos()) != 0;
    }

    private Object propose(byte[] entry, long endNanos) {
        if (entry.length > ReplicatedLog.ENTRY_BYTES_MAX) {
            throw new StoreException(Kind.LIMIT, "the command is too large: " + entry.length + " bytes");
        }
        int kilobytes = 1 + (entry.length >> 10);
        acquire(inFlight, kilobytes, endNanos);
        CompletableFuture<byte[]> proposed;
        try {
            proposed = log.propose(entry);
        } catch (RuntimeException e) {
            inFlight.release(kilobytes);
            throw e;
        }
        // Given back when the outcome is there, not when the wait for it ends: what is under way stays bounded.
        var _ = proposed.whenComplete((_, _) -> inFlight.release(kilobytes));
        try {
            byte[] answer = proposed.get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
            gate.requireWritten();
            return Answer.decode(answer);
        } catch (TimeoutException e) {
            throw new StoreException(Kind.UNKNOWN, "no majority has answered in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Kind.UNKNOWN, "interrupted", e);
        } catch (ExecutionException e) {
            throw failed(e.getCause());
        }
    }

    private static StoreException failed(Throwable cause) {
        if (cause instanceof ReplicationException replication) {
            return switch (replication.kind()) {
                case NOT_LEADER -> new StoreException(Kind.NOT_OPEN, "this node does not lead any more", cause);
                case UNAVAILABLE ->
                    new StoreException(Kind.NOT_OPEN, "the virtual server's log is not available here", cause);
                case UNKNOWN -> new StoreException(Kind.UNKNOWN, "leadership was lost meanwhile", cause);
                case OVERLOADED -> new StoreException(Kind.OVERLOADED, "too much is waiting to be written", cause);
                case REFUSED -> new StoreException(Kind.LIMIT, "the log refused the command", cause);
            };
        }
        return new StoreException(Kind.UNKNOWN, "the log failed", cause);
    }

    private static void acquire(Semaphore semaphore, int permits, long endNanos) {
        try {
            if (!semaphore.tryAcquire(permits, Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                throw new StoreException(Kind.OVERLOADED, "too much is waiting to be written");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Kind.OVERLOADED, "interrupted", e);
        }
    }
}
