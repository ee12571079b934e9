package org.posthouse.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Reading what clients send in SASL PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), as base64 in one
/// line each.
public final class Sasl {
    /// LOGIN's first question: `Username:`
    public static final String LOGIN_USER_PROMPT = "VXNlcm5hbWU6";
    /// LOGIN's second question: `Password:`
    public static final String LOGIN_PASSWORD_PROMPT = "UGFzc3dvcmQ6";

    private Sasl() {}

    /// Who somebody says they are.
    public record Credentials(String user, String password) {
        /// Leaves out the password.
        @Override
        public String toString() {
            return "Credentials[" + user + "]";
        }
    }

    /// What the client sent is no SASL exchange; the message is safe to show.
    public static final class SaslException extends Exception {
        private static final long serialVersionUID = 1;

        SaslException(String message) {
            super(message);
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
        if (!actsFor.isEmpty() && !actsFor.equals(user)) {
            throw new SaslException("acting for another user is not possible");
        }
        return new Credentials(user, password);
    }

    /// Reads one of LOGIN's two answers.
    public static String loginAnswer(String base64) throws SaslException {
        String text = text(base64);
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new SaslException("LOGIN needs a user and a password");
        }
        return text;
    }

    private static String text(String base64) throws SaslException {
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
