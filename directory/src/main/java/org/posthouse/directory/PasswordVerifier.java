package org.posthouse.directory;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Checks passwords without letting the check become the bottleneck: at most two hashes are computed at a time
/// (each takes 19 MiB and tens of milliseconds of a core), and a password that was right within the last five
/// minutes is recognised by an HMAC under a key that only this process knows. A changed hash misses that cache,
/// because the hash is part of its key.
public final class PasswordVerifier {
    private static final int HASHES_AT_ONCE = 2;
    private static final int REMEMBERED_MAX = 10_000;
    private static final Duration REMEMBERED_FOR = Duration.ofMinutes(5);

    private final LongSupplier nanos;
    private final SecretKeySpec key;
    private final String decoy;
    private final Semaphore hashing = new Semaphore(HASHES_AT_ONCE, true);
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Long> rememberedUntil = new LinkedHashMap<>();

    /// @param nanos a monotonic clock
    /// @param random draws this process' key
    public PasswordVerifier(LongSupplier nanos, SecureRandom random) {
        this.nanos = nanos;
        byte[] keyBytes = new byte[32];
        random.nextBytes(keyBytes);
        this.key = new SecretKeySpec(keyBytes, "HmacSHA256");
        this.decoy = PasswordHash.hash(keyBytes, new byte[16]);
    }

    /// Whether the password is the one that was hashed.
    public boolean verify(String hash, byte[] password) {
        String remembered = fingerprint(hash, password);
        if (remembers(remembered)) {
            return true;
        }
        boolean right = compute(hash, password);
        if (right) {
            remember(remembered);
        }
        return right;
    }

    /// Takes as long as a check, for a user that does not exist.
    public void waste(byte[] password) {
        compute(decoy, password);
    }

    private boolean compute(String hash, byte[] password) {
        hashing.acquireUninterruptibly();
        try {
            return PasswordHash.verify(hash, password);
        } finally {
            hashing.release();
        }
    }

    private String fingerprint(String hash, byte[] password) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            mac.update(hash.getBytes(StandardCharsets.US_ASCII));
            mac.update((byte) 0);
            return Base64.getEncoder().encodeToString(mac.doFinal(password));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    private boolean remembers(String fingerprint) {
        lock.lock();
        try {
            Long until = rememberedUntil.get(fingerprint);
            return until != null && until - nanos.getAsLong() > 0;
        } finally {
            lock.unlock();
        }
    }

    private void remember(String fingerprint) {
        lock.lock();
        try {
            rememberedUntil.remove(fingerprint);
            if (rememberedUntil.size() >= REMEMBERED_MAX) {
                rememberedUntil.remove(rememberedUntil.keySet().iterator().next());
            }
            rememberedUntil.put(fingerprint, nanos.getAsLong() + REMEMBERED_FOR.toNanos());
        } finally {
            lock.unlock();
        }
    }
}
