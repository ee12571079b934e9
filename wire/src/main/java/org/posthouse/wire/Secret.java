package org.posthouse.wire;

/// What somebody proves with who they are. It travels from a front end to a node as a kind and a text.
public sealed interface Secret {
    /// Names the kind between processes.
    String kind();

    /// The secret itself; for nobody's log.
    String text();

    /// A password, as it was typed.
    record Password(String text) implements Secret {
        @Override
        public String kind() {
            return "password";
        }

        @Override
        public String toString() {
            return "Password";
        }
    }

    /// SCRAM-SHA-256 (RFC 7677): proves that the client knows the password, for this one exchange.
    ///
    /// @param proof the client's, in base64
    /// @param message what was said before it: `AuthMessage` of RFC 5802 section 3
    record ScramProof(String proof, String message) implements Secret {
        @Override
        public String kind() {
            return "scram-sha-256";
        }

        @Override
        public String text() {
            return proof + " " + message;
        }

        @Override
        public String toString() {
            return "ScramProof";
        }
    }

    /// An OAuth 2 access token (RFC 6750).
    record BearerToken(String text) implements Secret {
        @Override
        public String kind() {
            return "bearer";
        }

        @Override
        public String toString() {
            return "BearerToken";
        }
    }

    /// The inverse of [#kind] and [#text].
    ///
    /// @throws IllegalArgumentException if there is no such kind, or the text is not of it
    static Secret of(String kind, String text) {
        return switch (kind) {
            case "password" -> new Password(text);
            case "bearer" -> new BearerToken(text);
            case "scram-sha-256" -> {
                int space = text.indexOf(' ');
                if (space < 0) {
                    throw new IllegalArgumentException("a proof without a message");
                }
                yield new ScramProof(text.substring(0, space), text.substring(space + 1));
            }
            default -> throw new IllegalArgumentException("no kind of secret: " + kind);
        };
    }
}
