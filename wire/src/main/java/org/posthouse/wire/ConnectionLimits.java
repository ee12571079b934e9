package org.posthouse.wire;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// Counts connections, in all and by client address. An IPv6 client is counted by its /64, of which a customer
/// commonly has a whole one.
final class ConnectionLimits {
    /// What stands in the way of one more connection.
    enum Verdict {
        ADMITTED,
        TOO_MANY,
        TOO_MANY_FROM_ADDRESS
    }

    private final int connectionsMax;
    private final int perAddressMax;
    private final int perLoopbackMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Key, Integer> byAddress = new HashMap<>();
    private int connections;

    ConnectionLimits(int connectionsMax, int perAddressMax, int perLoopbackMax) {
        this.connectionsMax = connectionsMax;
        this.perAddressMax = perAddressMax;
        this.perLoopbackMax = perLoopbackMax;
    }

    /// For one more connection, which has entered nothing yet.
    Place place() {
        return new Place();
    }

    /// One connection's part in the counts.
    final class Place {
        private boolean counted; // under lock, as is the next
        private Key address;

        /// Counts it in all, as one whose client is not known yet.
        Verdict enter() {
            lock.lock();
            try {
                if (connections >= connectionsMax) {
                    return Verdict.TOO_MANY;
                }
                count();
                return Verdict.ADMITTED;
            } finally {
                lock.unlock();
            }
        }

        /// Counts it for its client, and in all if it is not yet.
        Verdict enter(InetAddress client) {
            lock.lock();
            try {
                if (!counted && connections >= connectionsMax) {
                    return Verdict.TOO_MANY;
                }
                int most = client.isLoopbackAddress() ? perLoopbackMax : perAddressMax;
                Key key = Key.of(client);
                int before = byAddress.getOrDefault(key, 0);
                if (before >= most) {
                    return Verdict.TOO_MANY_FROM_ADDRESS;
                }
                byAddress.put(key, before + 1);
                address = key;
                count();
                return Verdict.ADMITTED;
            } finally {
                lock.unlock();
            }
        }

        private void count() {
            if (!counted) {
                connections++;
                counted = true;
            }
        }

        /// Counts it no more.
        void leave() {
            lock.lock();
            try {
                if (counted) {
                    connections--;
                    counted = false;
                }
                if (address != null) {
                    byAddress.computeIfPresent(address, (_, count) -> count > 1 ? count - 1 : null);
                    address = null;
                }
            } finally {
                lock.unlock();
            }
        }
    }

    int connections() {
        lock.lock();
        try {
            return connections;
        } finally {
            lock.unlock();
        }
    }

    /// A client's network as far as limits go: an IPv4 address, or the first half of an IPv6 address.
    record Key(long high, boolean v6) {
        static Key of(InetAddress address) {
            byte[] bytes = address.getAddress();
            boolean v6 = address instanceof Inet6Address && !address.isLoopbackAddress();
            long high = 0;
            for (byte octet : Arrays.copyOf(bytes, v6 ? 8 : 4)) {
                high = high << 8 | (octet & 0xff);
            }
            return new Key(high, v6);
        }
    }
}
