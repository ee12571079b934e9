package org.posthouse.smtp;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.mail.Flags;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.CommandId;
import org.posthouse.mailstore.Epoch;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One message on its way into a store, on the owner.
final class StoreDelivery implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreDelivery.class);
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final String INBOX = "INBOX";

    private final MailStore store;
    private final String deliveryId;
    private final List<String> users;
    private final Action.Stamp stamp;
    private final MailStore.Upload upload;
    private RuntimeException failure; // a StoreException mostly

    /// What came of it.
    sealed interface Outcome {
        /// To tell the client.
        record Answered(Answer answer) implements Outcome {}

        /// Nobody knows, or not here: the same delivery is to be tried again, at whoever owns the mailboxes then.
        record Retry(String why) implements Outcome {}
    }

    /// @throws StoreException if the store is not open here
    StoreDelivery(MailStore store, String deliveryId, List<String> users, Action.Stamp stamp) {
        this.store = store;
        this.deliveryId = deliveryId;
        this.users = List.copyOf(users);
        this.stamp = stamp;
        store.enter();
        this.upload = store.upload();
    }

    /// Takes the next bytes; a failure is kept for [#finish].
    void write(byte[] bytes, int offset, int length) {
        if (failure != null) {
            return;
        }
        try {
            upload.write(bytes, offset, length);
        } catch (StoreException e) {
            failure = e;
        } catch (IOException e) {
            failure = new StoreException(StoreException.Kind.UNKNOWN, "the message could not be taken in", e);
        }
    }

    /// Commits the message.
    Outcome finish() {
        try {
            if (failure != null) {
                throw failure;
            }
            List<Action.Target> targets = new ArrayList<>();
            for (String user : users) {
                targets.add(new Action.Target(user, INBOX, Flags.NONE));
            }
            Action.Deliver delivery = new Action.Deliver(deliveryId, targets, upload.finish(), stamp);
            store.execute(CommandId.NONE, delivery, DEADLINE);
            return new Outcome.Answered(new Answer(250, "2.0.0", "delivered as " + deliveryId));
        } catch (StoreException e) {
            return outcome(e);
        } catch (IOException e) {
            LOG.warn("delivery {} failed: {}", deliveryId, e.toString());
            return new Outcome.Retry("the message could not be taken in");
        }
    }

    private Outcome outcome(StoreException e) {
        LOG.info("delivery {} failed: {} ({})", deliveryId, e.getMessage(), e.kind());
        return switch (e.kind()) {
            case NOT_OPEN, UNKNOWN -> new Outcome.Retry(e.getMessage());
            case FULL -> new Outcome.Answered(Answer.DISK_FULL);
            case OVERLOADED -> new Outcome.Answered(new Answer(451, "4.3.2", "too busy now, try again later"));
            // A mailbox gone since RCPT: the repeat is told so there.
            case NO_SUCH_MAILBOX -> new Outcome.Answered(new Answer(451, "4.2.1", "a mailbox has just gone"));
            case LIMIT -> new Outcome.Answered(new Answer(452, "4.3.1", e.getMessage()));
            case REFUSED -> new Outcome.Answered(new Answer(554, "5.3.0", e.getMessage()));
            case MAILBOX_EXISTS, HAS_CHILDREN, TOO_MANY_ANNOTATIONS, GONE, HISTORY_GONE, REPEAT_DIFFERS, CORRUPT -> {
                LOG.error("delivery {} failed in a way that no delivery should", deliveryId, e);
                yield new Outcome.Answered(Answer.TRY_LATER);
            }
        };
    }

    /// Whether users have room for a message, by what they have stored now: messages on their way may overshoot.
    ///
    /// @throws StoreException if the store is not open here
    static boolean hasRoom(MailStore store, Quotas quotas, List<String> users, long declaredSize) {
        Epoch epoch = store.enter();
        for (String user : users) {
            long most = quotas.bytesMax(user);
            if (most > 0) {
                long used = store.usage(user).bytes();
                if (used >= most || used + declaredSize > most) {
                    store.confirm(epoch);
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public void close() {
        try {
            upload.close();
        } catch (IOException | StoreException e) {
            LOG.debug("dropping what was taken in of {}: {}", deliveryId, e.toString());
        }
    }
}
