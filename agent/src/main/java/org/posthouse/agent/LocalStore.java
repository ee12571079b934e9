package org.posthouse.agent;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.LongFunction;
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
import org.posthouse.mailstore.StoreException;
import org.posthouse.mailstore.Usage;

/// A virtual server's store as its services hold it for good, while the replica behind it comes and goes.
final class LocalStore implements MailStore {
    private final String virtualServer;
    private volatile MailStore replica;

    LocalStore(String virtualServer) {
        this.virtualServer = virtualServer;
    }

    /// Sets the replica behind it; null for none.
    void behind(MailStore store) {
        replica = store;
    }

    private MailStore store() {
        MailStore now = replica;
        if (now == null) {
            throw new StoreException(
                    StoreException.Kind.NOT_OPEN, "this node has no replica of " + virtualServer + " at present");
        }
        return now;
    }

    @Override
    public Epoch enter() {
        return store().enter();
    }

    @Override
    public void confirm(Epoch epoch) {
        store().confirm(epoch);
    }

    @Override
    public List<Mailbox> mailboxes(String user) {
        return store().mailboxes(user);
    }

    @Override
    public Optional<Mailbox> mailbox(String user, String name) {
        return store().mailbox(user, name);
    }

    @Override
    public Optional<Mailbox> mailbox(long mailboxId) {
        return store().mailbox(mailboxId);
    }

    @Override
    public List<Mailbox> grantedTo(String user) {
        return store().grantedTo(user);
    }

    @Override
    public long accessVersion() {
        return store().accessVersion();
    }

    @Override
    public List<Annotation> annotations(long mailboxId, String user) {
        return store().annotations(mailboxId, user);
    }

    @Override
    public List<String> subscriptions(String user) {
        return store().subscriptions(user);
    }

    @Override
    public MailboxStatus status(long mailboxId) {
        return store().status(mailboxId);
    }

    @Override
    public MailboxView view(long mailboxId) {
        return store().view(mailboxId);
    }

    @Override
    public Changes changes(long mailboxId, long afterModSeq) {
        return store().changes(mailboxId, afterModSeq);
    }

    @Override
    public UidSet expunged(long mailboxId, long afterModSeq) {
        return store().expunged(mailboxId, afterModSeq);
    }

    @Override
    public Optional<MessageRow> message(long mailboxId, long uid) {
        return store().message(mailboxId, uid);
    }

    @Override
    public List<MessageRow> messages(long mailboxId, UidSet uids) {
        return store().messages(mailboxId, uids);
    }

    @Override
    public byte[][] summaries(long[] bodyIds) {
        return store().summaries(bodyIds);
    }

    @Override
    public void keepSummaries(SortedMap<Long, byte[]> made) {
        store().keepSummaries(made);
    }

    @Override
    public Optional<byte[]> urlKey(long mailboxId, String user) {
        return store().urlKey(mailboxId, user);
    }

    @Override
    public Body body(long bodyId) {
        return store().body(bodyId);
    }

    @Override
    public LongFunction<Body> bodies(long[] bodyIds) {
        return store().bodies(bodyIds);
    }

    @Override
    public List<KeptBody> keptBodies(long afterBodyId, int max) {
        return store().keptBodies(afterBodyId, max);
    }

    @Override
    public Usage usage(String user) {
        return store().usage(user);
    }

    @Override
    public Watch watch(long mailboxId, Runnable changed) {
        return store().watch(mailboxId, changed);
    }

    @Override
    public Watch watch(Runnable applied) {
        return store().watch(applied);
    }

    @Override
    public Watch watch(String user, Runnable changed) {
        return store().watch(user, changed);
    }

    @Override
    public Upload upload() {
        return store().upload();
    }

    @Override
    public <R> R execute(CommandId command, Action<R> action, Duration deadline) {
        return store().execute(command, action, deadline);
    }
}
