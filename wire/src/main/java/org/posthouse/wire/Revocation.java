package org.posthouse.wire;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// Certificates of the cluster's authority that this process does not accept any more, and why. Somebody else knows
/// them and says so here; links look here at each handshake, and end those that stand when more become known.
public final class Revocation {
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile Map<String, String> reasons = Map.of();

    Revocation() {}

    /// Refuses these from now on, and no others. To be called by one thread at a time.
    ///
    /// @param reasons by fingerprint, as [PeerCertificate] has it: for people, on both sides
    public void refuse(Map<String, String> reasons) {
        if (!reasons.equals(this.reasons)) {
            this.reasons = Map.copyOf(reasons);
            listeners.forEach(Runnable::run);
        }
    }

    /// Why a certificate is refused; empty if it is not.
    public Optional<String> reason(X509Certificate certificate) {
        // Hardly ever is there any: then nothing is hashed.
        return reasons.isEmpty() ? Optional.empty() : reason(PeerCertificate.of(certificate));
    }

    /// The same.
    public Optional<String> reason(PeerCertificate certificate) {
        return Optional.ofNullable(reasons.get(certificate.fingerprint()));
    }

    /// To be told of changes, on the thread that makes them: return at once.
    void listen(Runnable listener) {
        listeners.add(listener);
    }

    void leave(Runnable listener) {
        listeners.remove(listener);
    }
}
