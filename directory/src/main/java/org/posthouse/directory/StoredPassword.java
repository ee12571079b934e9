package org.posthouse.directory;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.posthouse.wire.SaslPrep;
import org.posthouse.wire.ScramSalt;

/// What the directory keeps of a user's password: an Argon2id hash for those who send the password, and a SCRAM
/// credential for those who prove it. As text, with a space between: `$argon2id$... SCRAM-SHA-256$...`. A password that
/// was set before there was SCRAM has the hash alone, and its user logs in by sending it.
///
/// @param hash of [PasswordHash]
public record StoredPassword(String hash, Optional<ScramCredential> scram) {

    /// Of a password, after SASLprep.
    ///
    /// @param salt 16 random bytes for the hash
    /// @throws IllegalArgumentException if the password is empty, or holds what SASLprep prohibits
    public static StoredPassword of(String password, byte[] salt, ScramSalt scramSalt) {
        String prepared = SaslPrep.prepare(password)
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> new IllegalArgumentException(
                        "a password has at least one character, and none that cannot be typed (RFC 4013)"));
        String hash = PasswordHash.hash(prepared.getBytes(StandardCharsets.UTF_8), salt);
        return new StoredPassword(hash, Optional.of(ScramCredential.of(prepared, scramSalt)));
    }

    /// Reads the text form. What is no such text is a hash that no password fits.
    public static StoredPassword parse(String text) {
        int space = text.indexOf(' ');
        return space < 0
                ? new StoredPassword(text, Optional.empty())
                : new StoredPassword(text.substring(0, space), ScramCredential.parse(text.substring(space + 1)));
    }

    /// Whether a text is one that [#text] gives.
    public static boolean wellFormed(String text) {
        StoredPassword parsed = parse(text);
        return PasswordHash.wellFormed(parsed.hash()) && parsed.text().equals(text);
    }

    /// As the image keeps it.
    public String text() {
        return scram.map(credential -> hash + " " + credential.text()).orElse(hash);
    }

    /// Leaves out everything.
    @Override
    public String toString() {
        return "StoredPassword";
    }
}
