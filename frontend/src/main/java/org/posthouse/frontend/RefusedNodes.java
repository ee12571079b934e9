package org.posthouse.frontend;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.posthouse.cluster.Certificates;

/// Certificates of nodes that are refused, as nodes told: none is ever good again, so each is kept until it expires.
final class RefusedNodes {
    private final Consumer<Map<String, String>> refuse;
    private final LongSupplier now;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Certificates.Revoked> refused = new TreeMap<>(); // under lock, by fingerprint

    /// @param refuse has these refused and no others: reasons by fingerprint
    /// @param now milliseconds since 1970
    RefusedNodes(Consumer<Map<String, String>> refuse, LongSupplier now) {
        this.refuse = refuse;
        this.now = now;
    }

    /// Takes one in.
    void take(Certificates.Revoked told) {
        lock.lock();
        try {
            long at = now.getAsLong();
            refused.values().removeIf(one -> one.certificate().expires() < at);
            if (refused.size() < Certificates.REVOKED_MAX) {
                refused.put(told.certificate().fingerprint(), told);
            }
            Map<String, String> reasons = new TreeMap<>();
            refused.forEach((fingerprint, one) -> reasons.put(fingerprint, one.reason()));
            refuse.accept(reasons);
        } finally {
            lock.unlock();
        }
    }
}
