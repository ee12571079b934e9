package org.posthouse.wire;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;

/// What an operator carries from a machine of the cluster to one that is to join: where to ask ([Admission]), as whom,
/// how to know that the right one answers, and a secret that is good for once.
///
/// As text it is `posthouse1.` and base64url of host, port, peer, the authority's fingerprint and the secret.
///
/// @param host where the cluster waits for the newcomer
/// @param port there
/// @param peer the name that the newcomer gets: `node:n2`, `front-end:f1`
/// @param authority SHA-256 of the authority's certificate
/// @param secret 16 random bytes
public record JoinToken(String host, int port, String peer, byte[] authority, byte[] secret) {
    private static final String PREFIX = "posthouse1.";
    private static final int FINGERPRINT_BYTES = 32;
    private static final int SECRET_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    static JoinToken make(String host, int port, String peer, X509Certificate authority) {
        byte[] secret = new byte[SECRET_BYTES];
        RANDOM.nextBytes(secret);
        return new JoinToken(host, port, peer, fingerprint(authority), secret);
    }

    static byte[] fingerprint(X509Certificate certificate) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no fingerprint of a certificate", e);
        }
    }

    /// Reads what [#text] gives, with white space around it.
    ///
    /// @throws IllegalArgumentException if it is none, or not whole
    public static JoinToken parse(String text) {
        String stripped = text.strip();
        if (!stripped.startsWith(PREFIX)) {
            throw new IllegalArgumentException("that is no token: one begins with '" + PREFIX + "'");
        }
        byte[] all;
        try {
            all = Base64.getUrlDecoder().decode(stripped.substring(PREFIX.length()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the token is damaged: copy it again, whole", e);
        }
        int binary = FINGERPRINT_BYTES + SECRET_BYTES;
        String[] words = all.length < binary
                ? new String[0]
                : new String(all, binary, all.length - binary, StandardCharsets.UTF_8).split(" ");
        if (words.length != 3 || !words[1].matches("\\d{1,5}") || !PeerIdentity.isPeerName(words[2])) {
            throw new IllegalArgumentException("the token is not whole: copy it again");
        }
        return new JoinToken(
                words[0],
                Integer.parseInt(words[1]),
                words[2],
                Arrays.copyOf(all, FINGERPRINT_BYTES),
                Arrays.copyOfRange(all, FINGERPRINT_BYTES, binary));
    }

    /// One word, to be copied.
    public String text() {
        byte[] words = (host + " " + port + " " + peer).getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[FINGERPRINT_BYTES + SECRET_BYTES + words.length];
        System.arraycopy(authority, 0, all, 0, FINGERPRINT_BYTES);
        System.arraycopy(secret, 0, all, FINGERPRINT_BYTES, SECRET_BYTES);
        System.arraycopy(words, 0, all, FINGERPRINT_BYTES + SECRET_BYTES, words.length);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(all);
    }

    /// Not the secret: it would end in logs.
    @Override
    public String toString() {
        return "token of " + peer + " at " + host + ":" + port;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JoinToken token && token.text().equals(text());
    }

    @Override
    public int hashCode() {
        return text().hashCode();
    }
}
