package org.posthouse.smtp;

import java.io.IOException;
import java.util.Optional;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What both receptions do alike: asking the directory.
abstract sealed class DirectoryReception implements Reception permits StoreReception, RemoteReception {
    private static final Logger LOG = LoggerFactory.getLogger(DirectoryReception.class);

    private final AddressBook addresses;

    DirectoryReception(AddressBook addresses) {
        this.addresses = addresses;
    }

    @Override
    public final RecipientAnswer recipient(String sender, String address, long declaredSize) {
        Place place;
        try {
            place = addresses.locate(address);
        } catch (IOException e) {
            LOG.warn("cannot look up {} now, its sender is told to try again: {}", address, e.toString());
            return new RecipientAnswer.Refused(
                    new Answer(451, "4.3.0", "the directory does not answer now, try again later"));
        }
        return switch (place) {
            case Place.Nowhere(Answer answer) -> new RecipientAnswer.Refused(answer);
            case Place.Local local -> room(local, declaredSize);
        };
    }

    /// Whether the mailboxes' virtual server can be reached and has room for the message.
    abstract RecipientAnswer room(Place.Local local, long declaredSize);

    @Override
    public final Login authenticate(Credentials credentials) {
        try {
            Optional<AddressBook.Known> known = addresses.verify(credentials);
            return known.isEmpty()
                    ? new Login.Refused()
                    : new Login.Accepted(known.get().user(), known.get().signature());
        } catch (IOException e) {
            LOG.warn("cannot check the log-in of {} now: {}", credentials.user(), e.toString());
            return new Login.Unavailable();
        }
    }

    @Override
    public final ScramSalt salt(String user) throws IOException {
        return addresses.salt(user);
    }

    @Override
    public final boolean maySendAs(String user, String address) throws IOException {
        return addresses.locate(address) instanceof Place.Local local
                && local.users().contains(user);
    }
}
