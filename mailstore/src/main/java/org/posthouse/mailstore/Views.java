package org.posthouse.mailstore;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// The cached views of mailboxes in use, least recently used first out. Apply tells it what each entry did to a
/// cached mailbox. Views come in by [#take], under the lock that apply holds, so that none misses an entry.
final class Views {
    private final long messagesMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final LinkedHashMap<Long, ChunkedView> cached = new LinkedHashMap<>(16, 0.75f, true); // under lock
    private long messages; // under lock

    Views(long messagesMax) {
        this.messagesMax = messagesMax;
    }

    /// The cached view, or null.
    ChunkedView get(long mailbox) {
        lock.lock();
        try {
            return cached.get(mailbox);
        } finally {
            lock.unlock();
        }
    }

    /// Whether changes of the mailbox have to be told.
    boolean has(long mailbox) {
        lock.lock();
        try {
            return cached.containsKey(mailbox);
        } finally {
            lock.unlock();
        }
    }

    /// Takes in a view that is up to date.
    void take(long mailbox, ChunkedView view) {
        lock.lock();
        try {
            put(mailbox, view);
        } finally {
            lock.unlock();
        }
    }

    /// One entry touched this mailbox; `change` is null if it touched no message.
    void applied(MailboxRow mailbox, ViewChange change) {
        lock.lock();
        try {
            ChunkedView before = cached.get(mailbox.id);
            if (before != null && mailbox.dead) {
                cached.remove(mailbox.id);
                messages -= before.size();
            } else if (before != null && change != null) {
                put(mailbox.id, before.with(change, mailbox));
            }
        } finally {
            lock.unlock();
        }
    }

    private void put(long mailbox, ChunkedView view) {
        ChunkedView before = cached.put(mailbox, view);
        messages += view.size() - (before == null ? 0 : before.size());
        Iterator<Map.Entry<Long, ChunkedView>> eldest = cached.entrySet().iterator();
        while (messages > messagesMax && eldest.hasNext()) {
            Map.Entry<Long, ChunkedView> entry = eldest.next();
            if (entry.getKey() != mailbox) {
                messages -= entry.getValue().size();
                eldest.remove();
            }
        }
    }

    void clear() {
        lock.lock();
        try {
            cached.clear();
            messages = 0;
        } finally {
            lock.unlock();
        }
    }
}
