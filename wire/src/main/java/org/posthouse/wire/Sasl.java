package org.posthouse.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Reading what clients send in SASL PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), as base64 in one
/// line each. [SaslExchange] carries on these mechanisms and others.
public final class Sasl {
    /// LOGIN's first question: `Username:`
    public static final String LOGIN_USER_PROMPT = "VXNlcm5hbWU6";
    /// LOGIN's second question: `Password:`
    public static final String LOGIN_PASSWORD_PROMPT = "UGFzc3dvcmQ6";

    private Sasl() {}

    /// Who somebody says they are, and what shows it.
    ///
    /// @param user `""` where a token says it
    public record Credentials(String user, Secret secret) {
        /// Leaves out the secret.
        @Override
        public String toString() {
            return "Credentials[" + user + "]";
        }
    }

    /// What the client sent leads to no log-in; the message is safe to show.
    public static final class SaslException extends Exception {
        private static final long serialVersionUID = 1;

        private final Kind kind;

        /// Why.
        public enum Kind {
            /// It is no message of the mechanism.
            MALFORMED,
            /// The client gave up with `*`.
            CANCELLED,
            /// It would act for somebody else.
            NOT_AUTHORIZED
        }

        private SaslException(String message, Kind kind) {
            super(message);
            this.kind = kind;
        }

        /// Of the kind MALFORMED.
        public SaslException(String message) {
            this(message, Kind.MALFORMED);
        }

        /// The client gave up.
        public static SaslException cancelled() {
            return new SaslException("authentication cancelled", Kind.CANCELLED);
        }

        /// Why.
        public Kind kind() {
            return kind;
        }
    }

    /// Reads `[authzid] NUL authcid NUL passwd`. Acting for somebody else is refused.
    ///
    /// @param base64 the response, or `=` for an empty one (RFC 4954 section 4)
    public static Credentials plain(String base64) throws SaslException {
        String text = text(base64);
        int first = text.indexOf('\0');
        int second = text.indexOf('\0', first + 1);
        if (first < 0 || second < 0 || text.indexOf('\0', second + 1) >= 0) {
            throw new SaslException("PLAIN needs authorization identity, user and password");
        }
        String actsFor = text.substring(0, first);
        String user = text.substring(first + 1, second);
        String password = text.substring(second + 1);
        if (user.isEmpty() || password.isEmpty()) {
            throw new SaslException("PLAIN needs a user and a password");
        }
        checkActsFor(user, actsFor);
        return new Credentials(user, new Secret.Password(password));
    }

    /// Nobody may act for somebody else here: an authorization identity is the user's own, or left out.
    static void checkActsFor(String user, String actsFor) throws SaslException {
        if (!actsFor.isEmpty() && !actsFor.equalsIgnoreCase(user)) {
            throw new SaslException("acting for another user is not possible", SaslException.Kind.NOT_AUTHORIZED);
        }
    }

    /// Reads one of LOGIN's two answers.
    public static String loginAnswer(String base64) throws SaslException {
        String text = text(base64);
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new SaslException("LOGIN needs a user and a password");
        }
        return text;
    }

    /// A response of UTF-8 in base64; `=` for an empty one.
    static String text(String base64) throws SaslException {
        try {
            byte[] bytes =
                    base64.equals("=") ? new byte[0] : Base64.getDecoder().decode(base64);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException _) {
            throw new SaslException("not UTF-8 in base64");
        }
    }
}
