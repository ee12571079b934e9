package org.posthouse.directory;

import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// Argon2id hashes of passwords (RFC 9106) as PHC strings: `$argon2id$v=19$m=...,t=...,p=...$salt$hash`.
public final class PasswordHash {
    private static final Pattern SHAPE = Pattern.compile(
            "\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=(\\d{1,2})\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    // The cost that OWASP's password storage cheat sheet names as its minimum for Argon2id.
    private static final int MEMORY_KIB = 19_456;
    private static final int PASSES = 2;
    private static final int LANES = 1;
    private static final int MEMORY_KIB_MAX = 1 << 20;

    private PasswordHash() {}

    /// Hashes a password with a salt of 16 random bytes, which the caller draws.
    ///
    /// @throws IllegalArgumentException if the salt has another length
    public static String hash(byte[] password, byte[] salt) {
        if (salt.length != SALT_BYTES) {
            throw new IllegalArgumentException("salt of " + salt.length + " bytes instead of " + SALT_BYTES);
        }
        byte[] hash = argon2id(password, salt, MEMORY_KIB, PASSES, LANES, HASH_BYTES);
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m="
                + MEMORY_KIB
                + ",t="
                + PASSES
                + ",p="
                + LANES
                + "$"
                + base64.encodeToString(salt)
                + "$"
                + base64.encodeToString(hash);
    }

    /// Whether a text is a hash that [#verify] understands.
    public static boolean wellFormed(String hash) {
        return SHAPE.matcher(hash).matches();
    }

    /// Whether the password is the one that was hashed. A hash of another form matches nothing.
    public static boolean verify(String hash, byte[] password) {
        Matcher parts = SHAPE.matcher(hash);
        if (!parts.matches()) {
            return false;
        }
        int memory = Math.min(Integer.parseInt(parts.group(1)), MEMORY_KIB_MAX);
        byte[] salt = Base64.getDecoder().decode(parts.group(4));
        byte[] expected = Base64.getDecoder().decode(parts.group(5));
        byte[] actual = argon2id(
                password,
                salt,
                memory,
                Integer.parseInt(parts.group(2)),
                Integer.parseInt(parts.group(3)),
                expected.length);
        return MessageDigest.isEqual(expected, actual);
    }

    private static byte[] argon2id(byte[] password, byte[] salt, int memoryKib, int passes, int lanes, int bytes) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memoryKib)
                .withIterations(passes)
                .withParallelism(lanes)
                .withSalt(salt)
                .build());
        byte[] hash = new byte[bytes];
        generator.generateBytes(password, hash);
        return hash;
    }
}
