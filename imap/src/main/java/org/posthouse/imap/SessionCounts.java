package org.posthouse.imap;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts what a server gives to all its sessions together.
final class SessionCounts {
    private final ImapAccess access;
    private final Map<String, Integer> byUser = new ConcurrentHashMap<>();
    private final AtomicInteger compressed = new AtomicInteger();

    SessionCounts(ImapAccess access) {
        this.access = access;
    }

    /// One more connection of a user.
    ///
    /// @param user `""` is counted elsewhere
    /// @return false if there are as many as one gets
    boolean enter(String user) {
        if (user.isEmpty()) {
            return true;
        }
        int[] count = new int[1];
        byUser.compute(key(user), (_, before) -> {
            int now = before == null ? 0 : before;
            count[0] = now + 1;
            return count[0] <= access.connectionsPerUserMax() ? count[0] : before;
        });
        return count[0] <= access.connectionsPerUserMax();
    }

    void leave(String user) {
        byUser.computeIfPresent(key(user), (_, count) -> count > 1 ? count - 1 : null);
    }

    /// One more compressed connection.
    ///
    /// @return false if there are as many as can be
    boolean compress() {
        if (compressed.incrementAndGet() > access.compressedMax()) {
            compressed.decrementAndGet();
            return false;
        }
        return true;
    }

    void decompress() {
        compressed.decrementAndGet();
    }

    private static String key(String user) {
        return user.toLowerCase(Locale.ROOT);
    }
}
