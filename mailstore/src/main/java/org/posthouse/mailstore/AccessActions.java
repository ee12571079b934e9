package org.posthouse.mailstore;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.posthouse.mail.Octets;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action.Done;
import org.posthouse.mailstore.StoreException.Kind;

/// Applies what is said about mailboxes beside their messages: access control lists and metadata.
final class AccessActions {
    private static final byte[] GRANTED = {};

    private AccessActions() {}

    // ---- access control lists

    static Done setAcl(Work work, Action.SetAcl action) {
        MailboxRow mailbox = work.mailbox(action.mailboxId());
        String identifier = action.identifier();
        boolean named = !identifier.isEmpty()
                && !identifier.equals("-")
                && identifier.indexOf('\0') < 0
                && identifier.getBytes(StandardCharsets.UTF_8).length <= Limits.IDENTIFIER_BYTES_MAX;
        if (!named) {
            throw new StoreException(Kind.REFUSED, "an access control list cannot name that");
        }
        Rights before = mailbox.acl.entries().get(identifier);
        boolean owner = identifier.equals(mailbox.user);
        Rights start = before != null ? before : owner ? Rights.ALL : Rights.NONE;
        Rights now =
                switch (action.change()) {
                    case ADD -> start.plus(action.rights());
                    case REMOVE -> start.minus(action.rights());
                    case REPLACE -> action.rights();
                };
        // An owner's last right cannot be taken, and an entry without rights would not be there: that is for REPLACE.
        if (owner && action.change() == Action.Change.REMOVE) {
            now = now.plus(Rights.OWNERS);
        }
        mailbox.acl = mailbox.acl.with(identifier, now);
        if (mailbox.acl.entries().size() > Limits.ACL_ENTRIES_MAX) {
            throw new StoreException(
                    Kind.LIMIT, "an access control list names " + Limits.ACL_ENTRIES_MAX + " identifiers at most");
        }
        work.concerns(identifier); // also if nothing is left to them
        if (grants(mailbox, identifier)) {
            work.rows.put(Keys.grant(identifier, mailbox.id), now.bits() == 0 ? null : GRANTED);
        }
        return new Done();
    }

    /// Whether an entry makes the mailbox one to be looked for on behalf of somebody else.
    private static boolean grants(MailboxRow mailbox, String identifier) {
        return !identifier.startsWith("-") && !identifier.equals(mailbox.user);
    }

    /// A new mailbox has the list of the one above it (RFC 4314 section 3).
    static void inherit(Work work, MailboxRow mailbox) {
        int slash = mailbox.name.lastIndexOf('/');
        MailboxRow parent = slash < 0 ? null : work.mailbox(mailbox.user, mailbox.name.substring(0, slash));
        if (parent != null) {
            mailbox.acl = parent.acl;
            for (String identifier : mailbox.acl.entries().keySet()) {
                if (grants(mailbox, identifier)) {
                    work.rows.put(Keys.grant(identifier, mailbox.id), GRANTED);
                }
            }
        }
    }

    /// A mailbox that goes is not looked for any more.
    static void withdraw(Work work, MailboxRow mailbox) {
        for (String identifier : mailbox.acl.entries().keySet()) {
            if (grants(mailbox, identifier)) {
                work.rows.delete(Keys.grant(identifier, mailbox.id));
            }
        }
    }

    // ---- metadata

    static Done annotate(Work work, Action.Annotate action) {
        if (action.user().isEmpty() || action.user().indexOf('\0') >= 0) {
            throw new StoreException(Kind.REFUSED, "not a user: '" + action.user() + "'");
        }
        MailboxRow mailbox = action.mailboxId() == 0 ? null : work.mailbox(action.mailboxId());
        if (mailbox == null) {
            work.concerns(0L);
        }
        for (Annotation each : action.entries()) {
            check(each);
            if (mailbox != null && each.entry().equals(Annotation.SPECIAL_USE)) {
                if (!mailbox.user.equals(action.user())) {
                    throw new StoreException(Kind.REFUSED, "a special use is given by the owner");
                }
                mailbox.specialUse = each.value() == null ? "" : each.value();
                continue;
            }
            String user = each.isPrivate() ? action.user() : "";
            work.rows.put(
                    Keys.annotation(action.mailboxId(), user, each.entry()),
                    each.value() == null ? null : Octets.bytes(each.value()));
        }
        checkCount(work, action, action.user());
        checkCount(work, action, "");
        return new Done();
    }

    private static void check(Annotation each) {
        int name = each.entry().getBytes(StandardCharsets.UTF_8).length;
        boolean scoped = each.isPrivate() || each.entry().startsWith(Annotation.SHARED);
        if (!scoped || name > Limits.ANNOTATION_NAME_BYTES_MAX || each.entry().indexOf('\0') >= 0) {
            throw new StoreException(Kind.REFUSED, "the name of a metadata entry is too long or not allowed");
        }
        if (each.value() != null && each.value().length() > Limits.ANNOTATION_BYTES_MAX) {
            throw new StoreException(
                    Kind.LIMIT, "a metadata entry has " + Limits.ANNOTATION_BYTES_MAX + " bytes at most");
        }
    }

    /// Counts what there is once the action is carried out: the index still shows what was before it.
    private static void checkCount(Work work, Action.Annotate action, String user) {
        Set<String> names = new HashSet<>();
        byte[] prefix = Keys.annotation(action.mailboxId(), user, "");
        work.index.scan(prefix, prefix, (key, _) -> {
            names.add(entryOf(key, prefix));
            return true;
        });
        boolean added = false;
        for (Annotation each : action.entries()) {
            if (each.isPrivate() != user.isEmpty()) {
                added |= each.value() != null && names.add(each.entry());
                if (each.value() == null) {
                    names.remove(each.entry());
                }
            }
        }
        if (added && names.size() > Limits.ANNOTATIONS_MAX) {
            throw new StoreException(
                    Kind.TOO_MANY_ANNOTATIONS,
                    "more than " + Limits.ANNOTATIONS_MAX + " metadata entries in one place");
        }
    }

    /// RENAME of INBOX leaves INBOX where it is; both have the metadata then.
    static void copyAnnotations(Work work, MailboxRow from, MailboxRow to) {
        byte[] prefix = Keys.ofMailbox(Keys.ANNOTATION, from.id);
        byte[] target = Keys.ofMailbox(Keys.ANNOTATION, to.id);
        work.index.scan(prefix, prefix, (key, value) -> {
            byte[] copied = key.clone();
            System.arraycopy(target, 0, copied, 0, target.length);
            work.rows.insert(copied, value);
            return true;
        });
    }

    static String entryOf(byte[] key, byte[] prefix) {
        return new String(key, prefix.length, key.length - prefix.length, StandardCharsets.UTF_8);
    }
}
