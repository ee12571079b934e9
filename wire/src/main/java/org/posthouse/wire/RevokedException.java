package org.posthouse.wire;

import java.io.IOException;

/// A peer showed a certificate that is refused; the peer has been told why.
final class RevokedException extends IOException {
    private static final long serialVersionUID = 1;

    private final String fingerprint;

    RevokedException(String reason, PeerCertificate certificate) {
        super(reason);
        this.fingerprint = certificate.fingerprint();
    }

    String fingerprint() {
        return fingerprint;
    }
}
