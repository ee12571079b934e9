package org.posthouse.mailstore;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// Who is to be woken when entries are applied. Callbacks return at once.
final class Watchers {
    private static final Object ALL = new Object();

    private final Map<Object, List<Runnable>> watchers = new ConcurrentHashMap<>(); // by mailbox id or user, or ALL

    MailStore.Watch watchMailbox(long mailbox, Runnable changed) {
        return watch(mailbox, changed);
    }

    MailStore.Watch watchUser(String user, Runnable changed) {
        return watch(user, changed);
    }

    MailStore.Watch watchAll(Runnable applied) {
        return watch(ALL, applied);
    }

    private MailStore.Watch watch(Object what, Runnable changed) {
        watchers.compute(what, (_, told) -> {
            List<Runnable> more = told == null ? new CopyOnWriteArrayList<>() : told;
            more.add(changed);
            return more;
        });
        return () -> watchers.computeIfPresent(what, (_, told) -> {
            told.remove(changed);
            return told.isEmpty() ? null : told;
        });
    }

    /// An entry was applied.
    void applied(Work work) {
        if (watchers.isEmpty()) {
            return;
        }
        work.mailboxes().forEach((id, row) -> {
            wake(id);
            wake(row.user);
            row.acl.entries().keySet().forEach(this::wake);
        });
        work.concerned().forEach(this::wake);
        work.users().forEach(this::wake);
        wake(ALL);
    }

    /// Everything may be different.
    void wakeAll() {
        watchers.values().forEach(told -> told.forEach(Runnable::run));
    }

    private void wake(Object what) {
        List<Runnable> told = watchers.get(what);
        if (told != null) {
            told.forEach(Runnable::run);
        }
    }
}
