package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;
import org.posthouse.mail.UidSet;
import org.posthouse.mailstore.StoreException.Kind;

/// Applies the actions on mailbox access keys (RFC 4467 section 2.2): one key for each user and mailbox, with which
/// URLs into the mailbox are signed. Without the key no URL made with it counts any more.
final class UrlKeys {
    static final int KEY_BYTES_MAX = 64;

    private UrlKeys() {}

    static Action.UrlKey make(Work work, Action.MakeUrlKey action) {
        MailboxRow mailbox = work.mailbox(action.mailboxId());
        if (action.key().length == 0 || action.key().length > KEY_BYTES_MAX) {
            throw new StoreException(Kind.REFUSED, "an access key of " + action.key().length + " bytes");
        }
        byte[] row = Keys.urlKey(mailbox.id, action.user());
        byte[] key = work.rows.get(row);
        if (key == null) {
            key = action.key();
            work.rows.put(row, key);
        }
        return new Action.UrlKey(key);
    }

    static Action.Done drop(Work work, Action.DropUrlKeys action) {
        UidSet mailboxes = action.mailboxIds();
        if (mailboxes.count() > Limits.ACTION_MESSAGES_MAX) {
            throw new StoreException(Kind.LIMIT, "too many mailboxes for one command");
        }
        for (int range = 0; range < mailboxes.ranges(); range++) {
            for (long mailbox = mailboxes.first(range); mailbox <= mailboxes.last(range); mailbox++) {
                work.rows.delete(Keys.urlKey(mailbox, action.user()));
            }
        }
        return new Action.Done();
    }

    /// With the mailbox go all keys of it, whoever had them.
    static void dropAll(Work work, long mailbox) {
        List<byte[]> keys = new ArrayList<>();
        byte[] prefix = Keys.ofMailbox(Keys.URL_KEY, mailbox);
        work.index.scan(prefix, prefix, (key, _) -> keys.add(key));
        keys.forEach(work.rows::delete);
    }
}
