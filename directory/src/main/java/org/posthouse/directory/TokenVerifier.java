package org.posthouse.directory;

import java.util.Optional;

/// Knows whose an OAuth 2 access token is.
@FunctionalInterface
public interface TokenVerifier {
    /// Takes no token at all.
    TokenVerifier NONE = _ -> Optional.empty();

    /// The name of the user for whom a token was issued, if it is genuine, for this service, and valid now.
    Optional<String> user(String token);
}
