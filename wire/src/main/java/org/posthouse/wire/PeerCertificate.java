package org.posthouse.wire;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;

/// Which certificate a peer showed.
///
/// @param fingerprint SHA-256 of it, 64 hexadecimal digits
/// @param expires when it is not good any more by itself
public record PeerCertificate(String fingerprint, Instant expires) {
    /// Of a certificate.
    public static PeerCertificate of(X509Certificate certificate) {
        return new PeerCertificate(
                HexFormat.of().formatHex(JoinToken.fingerprint(certificate)),
                certificate.getNotAfter().toInstant());
    }
}
