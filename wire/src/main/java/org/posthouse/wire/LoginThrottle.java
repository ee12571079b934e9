package org.posthouse.wire;

import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// Slows down guessing of passwords. Failures are counted by client address (IPv6: its /64) and by user; each is
/// forgiven after a while. The more there are the longer the answer to the next failure is put off; past a limit
/// attempts are refused without looking at the password. A correct password is never delayed.
///
/// The limit by user is high, since whoever reaches it locks the user out; the limit by address is low. Both
/// tables are bounded: the address or user seen longest ago is forgotten.
public final class LoginThrottle {
    /// @param perAddressMax failures from one address after which it is refused
    /// @param perUserMax failures for one user, from anywhere, after which the user is refused
    /// @param forgivenAfter one failure of each counter is forgiven per such time
    /// @param delayFirst the delay of the first failure's answer; doubles with each further one
    /// @param delayMax and ends here
    /// @param entriesMax addresses, and users, remembered
    public record Limits(
            int perAddressMax,
            int perUserMax,
            Duration forgivenAfter,
            Duration delayFirst,
            Duration delayMax,
            int entriesMax) {
        /// 20 by address, 100 by user, one forgiven each 30 s, delays from 0.5 s to 5 s, 10,000 entries each.
        public static final Limits DEFAULT =
                new Limits(20, 100, Duration.ofSeconds(30), Duration.ofMillis(500), Duration.ofSeconds(5), 10_000);
    }

    private final Limits limits;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Table<ConnectionLimits.Key> addresses;
    private final Table<String> users;

    /// @param nanoTime a monotonic clock, such as `System::nanoTime`
    public LoginThrottle(Limits limits, LongSupplier nanoTime) {
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.addresses = new Table<>(limits.entriesMax());
        this.users = new Table<>(limits.entriesMax());
    }

    /// Whether a password may be tried at all.
    ///
    /// @param user `""` if nobody has said
    public boolean admits(InetAddress address, String user) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            return addresses.failures(ConnectionLimits.Key.of(address), now) < limits.perAddressMax()
                    && (user.isEmpty() || users.failures(canonical(user), now) < limits.perUserMax());
        } finally {
            lock.unlock();
        }
    }

    /// Counts a failure.
    ///
    /// @return how long to wait before telling the client
    public Duration failed(InetAddress address, String user) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            int byAddress = addresses.fail(ConnectionLimits.Key.of(address), now);
            int byUser = user.isEmpty() ? 0 : users.fail(canonical(user), now);
            return delay(Math.max(byAddress, byUser));
        } finally {
            lock.unlock();
        }
    }

    private Duration delay(int failures) {
        Duration delay = limits.delayFirst();
        for (int i = 1; i < failures && delay.compareTo(limits.delayMax()) < 0; i++) {
            delay = delay.multipliedBy(2);
        }
        return delay.compareTo(limits.delayMax()) < 0 ? delay : limits.delayMax();
    }

    private static String canonical(String user) {
        return user.toLowerCase(Locale.ROOT);
    }

    /// @param since the time at which the oldest failure not forgiven yet begins to be forgiven
    private record Failures(int count, long since) {}

    private final class Table<K> {
        private final Map<K, Failures> failures;

        Table(int entriesMax) {
            this.failures = new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<K, Failures> eldest) {
                    return size() > entriesMax;
                }
            };
        }

        int failures(K key, long now) {
            Failures known = failures.get(key);
            return known == null ? 0 : forgiven(known, now).count();
        }

        int fail(K key, long now) {
            Failures known = failures.getOrDefault(key, new Failures(0, now));
            Failures left = forgiven(known, now);
            failures.put(key, new Failures(left.count() + 1, left.count() == 0 ? now : left.since()));
            return left.count() + 1;
        }

        private Failures forgiven(Failures known, long now) {
            long period = limits.forgivenAfter().toNanos();
            long periods = (now - known.since()) / period;
            int count = (int) Math.max(0, known.count() - periods);
            return new Failures(count, known.since() + periods * period);
        }
    }
}
