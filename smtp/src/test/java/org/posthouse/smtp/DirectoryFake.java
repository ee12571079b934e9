package org.posthouse.smtp;

import java.util.Optional;
import org.posthouse.directory.ScramCredential;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;

/// Users whose password is `secret`, and whose token is `token`.
final class DirectoryFake {
    private static final ScramCredential SCRAM =
            ScramCredential.of("secret", new ScramSalt("W22ZaJ0SNY7soEsUEjb6gQ==", 4096));

    private DirectoryFake() {}

    static ScramSalt salt() {
        return SCRAM.salt();
    }

    /// The server's signature, `""` where there is none; empty if the secret is wrong.
    static Optional<String> signature(Secret secret) {
        return switch (secret) {
            case Secret.Password(String password) -> right(password.equals("secret"));
            case Secret.BearerToken(String token) -> right(token.equals("token"));
            case Secret.ScramProof proof -> SCRAM.verify(proof);
        };
    }

    private static Optional<String> right(boolean yes) {
        return yes ? Optional.of("") : Optional.empty();
    }
}
