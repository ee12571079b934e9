package org.posthouse.smtp;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.Annotation;
import org.posthouse.mailstore.Changes;
import org.posthouse.mailstore.CommandId;
import org.posthouse.mailstore.Epoch;
import org.posthouse.mailstore.KeptBody;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;
import org.posthouse.mailstore.MailboxStatus;
import org.posthouse.mailstore.MailboxView;
import org.posthouse.mailstore.MessageRow;
import org.posthouse.mailstore.NewBody;
import org.posthouse.mailstore.StoreException;
import org.posthouse.mailstore.Usage;

/// The part of a store that reception uses: remembers deliveries by their id, and fails as told. What it remembers
/// stands for the replicated state, so two links may lead to one.
final class FakeStore implements MailStore {
    /// What happens to the next delivery.
    enum Fate {
        /// It is committed, and said so.
        COMMITTED,
        /// It is committed, but the outcome is said to be unknown.
        COMMITTED_UNKNOWN,
        /// It is not, and the outcome is said to be unknown.
        LOST_UNKNOWN,
        /// This is not the owner.
        NOT_OPEN
    }

    final Map<String, Action.Deliver> deliveries = new LinkedHashMap<>();
    final Queue<Fate> fates = new ConcurrentLinkedQueue<>();
    final AtomicInteger executed = new AtomicInteger();
    volatile StoreException atUpload;
    volatile StoreException atExecute;
    volatile boolean open = true;
    volatile long used;

    @Override
    public Epoch enter() {
        if (!open) {
            throw new StoreException(StoreException.Kind.NOT_OPEN, "not open");
        }
        return new Epoch(1, 1);
    }

    @Override
    public void confirm(Epoch epoch) {
        enter();
    }

    @Override
    public List<KeptBody> keptBodies(long afterBodyId, int max) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Usage usage(String user) {
        return new Usage(1, used);
    }

    @Override
    public Upload upload() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        return new Upload() {
            @Override
            public void write(int octet) {
                write(new byte[] {(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] block, int offset, int length) {
                if (atUpload != null) {
                    throw atUpload;
                }
                bytes.write(block, offset, length);
            }

            @Override
            public NewBody finish() {
                return new NewBody.Inline(bytes.toByteArray());
            }
        };
    }

    @Override
    @SuppressWarnings("unchecked")
    // Reception executes deliveries only, and R is then Delivered.
    public <R> R execute(CommandId command, Action<R> action, Duration deadline) {
        Action.Deliver delivery = (Action.Deliver) action;
        executed.incrementAndGet();
        if (atExecute != null) {
            throw atExecute;
        }
        Fate next = fates.poll();
        Fate fate = next == null ? Fate.COMMITTED : next;
        enter();
        switch (fate) {
            case NOT_OPEN -> throw new StoreException(StoreException.Kind.NOT_OPEN, "deposed");
            case LOST_UNKNOWN -> throw new StoreException(StoreException.Kind.UNKNOWN, "who knows");
            case COMMITTED -> commit(delivery);
            case COMMITTED_UNKNOWN -> {
                commit(delivery);
                throw new StoreException(StoreException.Kind.UNKNOWN, "who knows");
            }
        }
        return (R) new Action.Delivered(List.of());
    }

    private synchronized void commit(Action.Deliver delivery) {
        Action.Deliver before = deliveries.putIfAbsent(delivery.deliveryId(), delivery);
        if (before != null && !before.equals(delivery)) {
            throw new StoreException(StoreException.Kind.REPEAT_DIFFERS, delivery.deliveryId());
        }
    }

    synchronized List<Action.Deliver> all() {
        return new ArrayList<>(deliveries.values());
    }

    @Override
    public List<Mailbox> mailboxes(String user) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Mailbox> mailbox(String user, String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Mailbox> mailbox(long mailboxId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Mailbox> grantedTo(String user) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long accessVersion() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Annotation> annotations(long mailboxId, String user) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<String> subscriptions(String user) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MailboxStatus status(long mailboxId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MailboxView view(long mailboxId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Changes changes(long mailboxId, long afterModSeq) {
        throw new UnsupportedOperationException();
    }

    @Override
    public UidSet expunged(long mailboxId, long afterModSeq) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<MessageRow> message(long mailboxId, long uid) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<MessageRow> messages(long mailboxId, UidSet uids) {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte[][] summaries(long[] bodyIds) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void keepSummaries(SortedMap<Long, byte[]> made) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<byte[]> urlKey(long mailboxId, String user) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Body body(long bodyId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Watch watch(long mailboxId, Runnable changed) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Watch watch(Runnable applied) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Watch watch(String user, Runnable changed) {
        throw new UnsupportedOperationException();
    }
}
