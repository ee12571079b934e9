package org.posthouse.directory;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;

/// What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 section 3), in the form of RFC 5803:
/// `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, all but the number in base64. Whoever has the keys can imitate
/// the server and test guesses of the password, but not log in.
///
/// @param salt and iterations, as clients are told
/// @param storedKey in base64
/// @param serverKey in base64
public record ScramCredential(ScramSalt salt, String storedKey, String serverKey) {
    /// OWASP asks for more for a hash that is kept alone; here the client computes it, at each log-in, on a telephone.
    /// This is the most that clients take which use Cyrus SASL (mbsync, KMail): they refuse a higher count.
    static final int ITERATIONS = 65_536;

    private static final int SALT_BYTES = 16;
    private static final String KEY = "([A-Za-z0-9+/]{43}=)";
    private static final Pattern SHAPE =
            Pattern.compile("SCRAM-SHA-256\\$([1-9]\\d{3,6}):([A-Za-z0-9+/]{8,100}={0,2})\\$" + KEY + ":" + KEY);

    /// The salt of a user. Salts are no secrets, whoever asks is told, so they need only differ: this one is
    /// made of the cluster and the user, and looks the same for a user that does not exist. It stays when the
    /// password changes.
    public static ScramSalt saltOf(String cluster, String user) {
        byte[] hash = sha256(("posthouse scram\0" + cluster + "\0" + user).getBytes(StandardCharsets.UTF_8));
        byte[] salt = java.util.Arrays.copyOf(hash, SALT_BYTES);
        return new ScramSalt(Base64.getEncoder().encodeToString(salt), ITERATIONS);
    }

    /// Of a prepared password.
    public static ScramCredential of(String password, ScramSalt salt) {
        try {
            byte[] octets = Base64.getDecoder().decode(salt.salt());
            var spec = new PBEKeySpec(password.toCharArray(), octets, salt.iterations(), 256);
            byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            byte[] storedKey = sha256(hmac(salted, "Client Key"));
            return new ScramCredential(salt, base64(storedKey), base64(hmac(salted, "Server Key")));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has PBKDF2 with SHA-256", e);
        }
    }

    /// Reads the text form; empty if it is none.
    static Optional<ScramCredential> parse(String text) {
        Matcher parts = SHAPE.matcher(text);
        return parts.matches()
                ? Optional.of(new ScramCredential(
                        new ScramSalt(parts.group(2), Integer.parseInt(parts.group(1))),
                        parts.group(3),
                        parts.group(4)))
                : Optional.empty();
    }

    /// The text form.
    String text() {
        return "SCRAM-SHA-256$" + salt.iterations() + ":" + salt.salt() + "$" + storedKey + ":" + serverKey;
    }

    /// Checks a proof.
    ///
    /// @return the server's signature in base64, empty if the proof is wrong
    public Optional<String> verify(Secret.ScramProof proof) {
        byte[] given;
        try {
            given = Base64.getDecoder().decode(proof.proof());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
        byte[] stored = Base64.getDecoder().decode(storedKey);
        byte[] clientKey = hmac(stored, proof.message());
        if (given.length != clientKey.length) {
            return Optional.empty();
        }
        for (int i = 0; i < clientKey.length; i++) {
            clientKey[i] ^= given[i];
        }
        return MessageDigest.isEqual(sha256(clientKey), stored)
                ? Optional.of(base64(hmac(Base64.getDecoder().decode(serverKey), proof.message())))
                : Optional.empty();
    }

    /// Leaves out the keys.
    @Override
    public String toString() {
        return "ScramCredential[" + salt + "]";
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }

    private static byte[] sha256(byte[] octets) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(octets);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }
}
