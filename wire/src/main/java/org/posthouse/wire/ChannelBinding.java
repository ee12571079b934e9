package org.posthouse.wire;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/// What both ends of one TLS connection know and nobody between them can imitate (RFC 5056): a log-in that includes
/// it cannot be passed on by somebody in the middle.
public final class ChannelBinding {
    /// RFC 9266; TLS 1.3 only: in 1.2 it needs an extension that this program does not look for.
    public static final String EXPORTER = "tls-exporter";
    /// RFC 5929 section 4.
    public static final String SERVER_END_POINT = "tls-server-end-point";

    private static final String EXPORTER_LABEL = "EXPORTER-Channel-Binding";
    private static final int EXPORTER_BYTES = 32;

    private final SSLSession session;
    private final X509Certificate shown;

    /// @param session of the connection
    /// @param shown the certificate that the server shows
    ChannelBinding(SSLSession session, X509Certificate shown) {
        this.session = session;
        this.shown = shown;
    }

    /// Whether there is one of any type: in TLS 1.2 there is none to a certificate whose signature names no hash.
    boolean exists() {
        return exporter().isPresent() || certificateHash(shown).isPresent();
    }

    /// The binding of a type; empty if there is none of it here.
    public Optional<byte[]> data(String type) {
        return switch (type) {
            case EXPORTER -> exporter();
            case SERVER_END_POINT -> certificateHash(shown);
            default -> Optional.empty();
        };
    }

    private Optional<byte[]> exporter() {
        if (!session.getProtocol().equals("TLSv1.3") || !(session instanceof ExtendedSSLSession extended)) {
            return Optional.empty();
        }
        try {
            byte[] context = new byte[0];
            return Optional.of(extended.exportKeyingMaterialData(EXPORTER_LABEL, context, EXPORTER_BYTES));
        } catch (SSLException | UnsupportedOperationException _) {
            return Optional.empty(); // a provider without exporters: the other type is there
        }
    }

    /// With the hash that the certificate was signed with, SHA-256 for MD5 and SHA-1 (RFC 5929 section 4.1); empty for
    /// a signature that names none, such as Ed25519's.
    static Optional<byte[]> certificateHash(X509Certificate certificate) {
        String signedWith = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
        int with = signedWith.indexOf("WITH");
        if (with < 0) {
            return Optional.empty();
        }
        String hash =
                switch (signedWith.substring(0, with)) {
                    case "SHA256", "SHA1", "MD5" -> "SHA-256";
                    case "SHA384" -> "SHA-384";
                    case "SHA512" -> "SHA-512";
                    default -> "";
                };
        try {
            return hash.isEmpty()
                    ? Optional.empty()
                    : Optional.of(MessageDigest.getInstance(hash).digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException("no " + hash + " of a certificate that is in use", e);
        }
    }
}
