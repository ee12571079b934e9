package org.posthouse.smtp;

import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reception on the owner of a virtual server, for clients connected to it directly.
public final class StoreReception extends DirectoryReception {
    private static final Logger LOG = LoggerFactory.getLogger(StoreReception.class);

    private final String virtualServer;
    private final MailStore store;
    private final Quotas quotas;

    /// @param virtualServer whose mailboxes are in the store; for others mail is not taken
    public StoreReception(String virtualServer, MailStore store, AddressBook addresses, Quotas quotas) {
        super(addresses);
        this.virtualServer = virtualServer;
        this.store = store;
        this.quotas = quotas;
    }

    @Override
    RecipientAnswer room(Place.Local local, long declaredSize) {
        if (!local.virtualServer().equals(virtualServer)) {
            // RFC 5321 section 3.4. A front end would know the way.
            return new RecipientAnswer.Refused(
                    new Answer(551, "5.1.6", "this mailbox is on " + local.virtualServer() + ", not here"));
        }
        try {
            return StoreDelivery.hasRoom(store, quotas, local.users(), declaredSize)
                    ? new RecipientAnswer.Accepted(virtualServer, local.users())
                    : new RecipientAnswer.Refused(Answer.OVER_QUOTA);
        } catch (StoreException e) {
            LOG.info("{}: no recipients now: {}", virtualServer, e.getMessage());
            return new RecipientAnswer.Refused(Answer.NO_OWNER);
        }
    }

    @Override
    public MessageSink begin(Envelope envelope) throws RefusedException {
        try {
            return new Sink(new StoreDelivery(store, envelope.deliveryId(), envelope.users(), stamp(envelope)));
        } catch (StoreException e) {
            LOG.info("{}: no messages now: {}", virtualServer, e.getMessage());
            throw new RefusedException(e.kind() == StoreException.Kind.FULL ? Answer.DISK_FULL : Answer.NO_OWNER);
        }
    }

    static Action.Stamp stamp(Envelope envelope) {
        return new Action.Stamp(
                envelope.received().toEpochSecond(),
                envelope.received().getOffset().getTotalSeconds() / 60);
    }

    private record Sink(StoreDelivery delivery) implements MessageSink {
        @Override
        public void write(byte[] bytes, int offset, int length) {
            delivery.write(bytes, offset, length);
        }

        @Override
        public Answer finish() {
            return switch (delivery.finish()) {
                case StoreDelivery.Outcome.Answered(Answer answer) -> answer;
                case StoreDelivery.Outcome.Retry _ -> Answer.TRY_LATER;
            };
        }

        @Override
        public void close() {
            delivery.close();
        }
    }
}
