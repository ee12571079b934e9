package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;
import org.posthouse.mailstore.Action.Created;
import org.posthouse.mailstore.Action.Done;
import org.posthouse.mailstore.StoreException.Kind;

/// Applies the actions on mailboxes and subscriptions.
final class MailboxActions {
    private static final byte[] SUBSCRIBED = {};

    private MailboxActions() {}

    /// Makes a user's INBOX if this is the first entry that names the user.
    static void ensureUser(Work work, String user) {
        if (work.user(user) == null) {
            if (user.equals(Mailbox.SHARED)) {
                work.user(user, Rows.UserRow.NONE);
                return; // no INBOX: nobody is at home there
            }
            if (user.isEmpty() || user.indexOf('\0') >= 0) {
                throw new StoreException(Kind.REFUSED, "not a user: '" + user + "'");
            }
            work.user(user, Rows.UserRow.NONE);
            make(work, user, MailboxNames.INBOX, "");
        }
    }

    static Created welcome(Work work, Action.Welcome action) {
        ensureUser(work, action.user());
        MailboxRow inbox = existing(work, action.user(), MailboxNames.INBOX);
        return new Created(inbox.id, inbox.uidValidity);
    }

    private static MailboxRow make(Work work, String user, String name, String specialUse) {
        Rows.UserRow row = work.user(user);
        if (row.mailboxes() >= Limits.MAILBOXES_MAX) {
            throw new StoreException(Kind.LIMIT, "a user has " + Limits.MAILBOXES_MAX + " mailboxes at most");
        }
        work.user(user, new Rows.UserRow(row.messages(), row.bytes(), row.mailboxes() + 1, row.subscriptions()));
        MailboxRow mailbox = new MailboxRow();
        mailbox.id = work.meta.mailboxNext++;
        mailbox.user = user;
        mailbox.name = name;
        mailbox.specialUse = specialUse;
        mailbox.uidValidity = Math.max(work.seconds(), work.meta.uidValidityLast + 1);
        work.meta.uidValidityLast = mailbox.uidValidity;
        AccessActions.inherit(work, mailbox);
        work.add(mailbox);
        work.rows.put(Keys.named(Keys.NAME, user, name), idValue(mailbox.id));
        return mailbox;
    }

    private static byte[] idValue(long id) {
        return new ByteWriter(10).number(id).done();
    }

    /// Makes the levels above a name that are missing.
    private static void makeParents(Work work, String user, String name) {
        for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            String parent = name.substring(0, slash);
            if (work.mailbox(user, parent) == null) {
                make(work, user, parent, "");
            }
        }
    }

    static Created create(Work work, Action.Create action) {
        String name = MailboxNames.forNew(action.name());
        ensureUser(work, action.user());
        refuseExisting(work, action.user(), name);
        refuseInbox(action.user(), name);
        makeParents(work, action.user(), name);
        MailboxRow mailbox = make(work, action.user(), name, action.specialUse());
        return new Created(mailbox.id, mailbox.uidValidity);
    }

    private static void refuseExisting(Work work, String user, String name) {
        if (work.mailbox(user, name) != null) {
            throw new StoreException(Kind.MAILBOX_EXISTS, "a mailbox of that name exists");
        }
    }

    /// Among the shared mailboxes `INBOX` would be the only name without regard to case.
    private static void refuseInbox(String user, String name) {
        if (user.equals(Mailbox.SHARED) && (name + "/").startsWith(MailboxNames.INBOX + "/")) {
            throw new StoreException(Kind.REFUSED, "a shared mailbox cannot be named INBOX");
        }
    }

    private static MailboxRow existing(Work work, String user, String name) {
        MailboxRow mailbox = work.mailbox(user, name);
        if (mailbox == null) {
            throw new StoreException(Kind.NO_SUCH_MAILBOX, "there is no such mailbox");
        }
        return mailbox;
    }

    static Done delete(Work work, Action.Delete action) {
        String name = MailboxNames.canonical(action.name());
        if (name.equals(MailboxNames.INBOX)) {
            throw new StoreException(Kind.REFUSED, "INBOX cannot be deleted");
        }
        ensureUser(work, action.user());
        MailboxRow mailbox = existing(work, action.user(), name);
        if (work.index.any(Keys.named(Keys.NAME, action.user(), name + "/"))) {
            throw new StoreException(Kind.HAS_CHILDREN, "the mailbox has others below it");
        }
        mailbox.dead = true;
        AccessActions.withdraw(work, mailbox);
        work.rows.delete(Keys.named(Keys.NAME, action.user(), name));
        Rows.UserRow user = work.user(action.user()).plus(-mailbox.messages, -mailbox.bytes);
        work.user(
                action.user(),
                new Rows.UserRow(user.messages(), user.bytes(), user.mailboxes() - 1, user.subscriptions()));
        // Rows and bodies stay for an hour: a body half sent to somebody can still be sent to its end.
        work.queue(Expiry.DEAD_MAILBOX, idValue(mailbox.id));
        return new Done();
    }

    static Done rename(Work work, Action.Rename action) {
        String user = action.user();
        String from = MailboxNames.canonical(action.from());
        String to = MailboxNames.forNew(action.to());
        ensureUser(work, user);
        MailboxRow mailbox = existing(work, user, from);
        refuseExisting(work, user, to);
        refuseInbox(user, to);
        if (from.equals(MailboxNames.INBOX)) {
            makeParents(work, user, to);
            MailboxRow made = make(work, user, to, "");
            AccessActions.copyAnnotations(work, mailbox, made);
            MessageActions.moveAll(work, mailbox, made);
            return new Done();
        }
        if (to.startsWith(from + "/")) {
            throw new StoreException(Kind.REFUSED, "a mailbox cannot be moved below itself");
        }
        List<MailboxRow> moving = new ArrayList<>(List.of(mailbox));
        byte[] children = Keys.named(Keys.NAME, user, from + "/");
        work.index.scan(children, children, (_, value) -> {
            moving.add(work.mailbox(new ByteReader(value).number()));
            return true;
        });
        makeParents(work, user, to);
        for (MailboxRow each : moving) {
            String renamed = MailboxNames.forNew(to + each.name.substring(from.length()));
            refuseExisting(work, user, renamed);
            work.rows.delete(Keys.named(Keys.NAME, user, each.name));
            work.rows.put(Keys.named(Keys.NAME, user, renamed), idValue(each.id));
            each.name = renamed;
        }
        return new Done();
    }

    static Done subscribe(Work work, Action.Subscribe action) {
        String name = MailboxNames.canonical(action.name());
        if (action.subscribed()) {
            name = MailboxNames.forNew(name);
        }
        ensureUser(work, action.user());
        byte[] key = Keys.named(Keys.SUBSCRIPTION, action.user(), name);
        boolean before = work.rows.get(key) != null;
        if (before == action.subscribed()) {
            return new Done();
        }
        Rows.UserRow user = work.user(action.user());
        int count = user.subscriptions() + (action.subscribed() ? 1 : -1);
        if (count > Limits.SUBSCRIPTIONS_MAX) {
            throw new StoreException(Kind.LIMIT, "a user has " + Limits.SUBSCRIPTIONS_MAX + " subscriptions at most");
        }
        work.user(action.user(), new Rows.UserRow(user.messages(), user.bytes(), user.mailboxes(), count));
        work.rows.put(key, action.subscribed() ? SUBSCRIBED : null);
        return new Done();
    }
}
