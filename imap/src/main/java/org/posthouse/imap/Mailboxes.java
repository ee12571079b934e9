package org.posthouse.imap;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.posthouse.imap.ImapException.No;
import org.posthouse.imap.Namespaces.Place;
import org.posthouse.mail.Flags;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.Mailbox;

/// One user's way to mailboxes, own and others': by name, and with the rights that the access control lists give
/// (RFC 4314). Who may not look a mailbox up is told the same as if it were not there.
final class Mailboxes {
    private final MailStore store;
    private final String user;
    private final Sharing sharing;

    Mailboxes(MailStore store, String user, Sharing sharing) {
        this.store = store;
        this.user = user;
        this.sharing = sharing;
    }

    /// Whether the user may do everything with what is shared.
    boolean administers() {
        return sharing.administers().test(user);
    }

    /// Whether an address may be given rights here.
    boolean knows(String address) {
        return sharing.knows().test(address);
    }

    /// What the user may do with a mailbox.
    Rights rights(Mailbox mailbox) {
        boolean everything = mailbox.user().equals(Mailbox.SHARED) && administers();
        return everything ? Rights.ALL : mailbox.acl().of(user, mailbox.user());
    }

    /// The mailbox of a name, whatever the user may do with it, or null.
    private Visible find(Place place) {
        if (place == null) {
            return null;
        }
        boolean anothers = !place.owner().equals(user) && !place.owner().equals(Mailbox.SHARED);
        if (anothers && place.name().equals(MailboxNames.INBOX)) {
            return othersInbox(place.owner()); // to ask the store for it would make one for whoever is named
        }
        return store.mailbox(place.owner(), place.name()).map(this::visible).orElse(null);
    }

    private Visible othersInbox(String owner) {
        return store.grantedTo(user).stream()
                .filter(mailbox ->
                        mailbox.user().equals(owner) && mailbox.name().equals(MailboxNames.INBOX))
                .findFirst()
                .map(this::visible)
                .orElse(null);
    }

    private Visible visible(Mailbox mailbox) {
        boolean own = mailbox.user().equals(user);
        return new Visible(mailbox, Namespaces.name(user, mailbox), own, rights(mailbox));
    }

    /// A mailbox that the user may do something with.
    ///
    /// @param code of the NO if there is none: `NONEXISTENT`, or `TRYCREATE` where it is a target
    /// @param right of [Rights]: any of these is enough
    Visible get(String name, String code, int right) {
        Visible found = find(Namespaces.place(user, name));
        if (found == null || !found.rights().hasAny(right | Rights.LOOKUP)) {
            throw new No(code, "No such mailbox");
        }
        if (!found.rights().hasAny(right)) {
            throw new No("NOPERM", "You have no right to do that with this mailbox");
        }
        return found;
    }

    /// A mailbox that the user may read; null where there is none or the user may not, which nobody is told.
    Visible readable(String name) {
        Visible found = find(Namespaces.place(user, name));
        return found != null && found.rights().has(Rights.READ) ? found : null;
    }

    /// Where a new mailbox of a name would be, if the user may make one there: that needs `k` on the nearest one above
    /// (RFC 4314 section 4), which one's own top level and, for those who administer it, what is shared do without.
    Place forNew(String name) {
        // A client says with a trailing separator that it will create names below (RFC 3501 section 6.3.3).
        boolean announces = name.length() > 1 && name.charAt(name.length() - 1) == MailboxNames.SEPARATOR;
        Place place = Namespaces.place(user, announces ? name.substring(0, name.length() - 1) : name);
        if (place == null) {
            throw new No("CANNOT", "No mailbox can have that name");
        }
        String above = place.name();
        for (int slash = above.lastIndexOf(MailboxNames.SEPARATOR); slash > 0; ) {
            above = above.substring(0, slash);
            slash = above.lastIndexOf(MailboxNames.SEPARATOR);
            Visible parent = find(new Place(place.owner(), above));
            if (parent != null) {
                if (!parent.rights().has(Rights.CREATE)) {
                    throw new No("NOPERM", "You have no right to make mailboxes there");
                }
                return place;
            }
        }
        if (!place.owner().equals(user) && !(place.owner().equals(Mailbox.SHARED) && administers())) {
            throw new No("NOPERM", "You have no right to make mailboxes there");
        }
        return place;
    }

    /// The user's own, INBOX first.
    List<Visible> own() {
        List<Visible> own = new ArrayList<>();
        for (Mailbox mailbox : store.mailboxes(user)) {
            own.add(new Visible(mailbox, mailbox.name(), true, mailbox.acl().of(user, user)));
        }
        return own;
    }

    /// All that the user may look up: own ones, INBOX first, then others' by name.
    List<Visible> all() {
        List<Visible> all = own();
        List<Visible> others = new ArrayList<>();
        for (Mailbox mailbox : store.grantedTo(user)) {
            boolean listedBelow = mailbox.user().equals(Mailbox.SHARED) && administers();
            if (!listedBelow && rights(mailbox).has(Rights.LOOKUP)) {
                others.add(visible(mailbox));
            }
        }
        if (administers()) {
            store.mailboxes(Mailbox.SHARED).forEach(mailbox -> others.add(visible(mailbox)));
        }
        others.sort(Comparator.comparing(Visible::name));
        all.addAll(others);
        return all;
    }

    /// Those of some flags that rights let one set (RFC 4314 section 4).
    static Flags settable(Flags flags, Rights rights) {
        int bits = flags.bits() & (rights.has(Rights.SEEN) ? Flags.SEEN : 0);
        bits |= flags.bits() & (rights.has(Rights.DELETE_MESSAGES) ? Flags.DELETED : 0);
        if (!rights.has(Rights.WRITE)) {
            return Flags.of(bits);
        }
        bits |= flags.bits() & ~(Flags.SEEN | Flags.DELETED);
        return new Flags(bits, flags.keywords());
    }
}
