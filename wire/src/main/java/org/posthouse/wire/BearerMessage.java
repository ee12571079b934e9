package org.posthouse.wire;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.posthouse.wire.Sasl.Credentials;

/// Reads the client's message of OAUTHBEARER: `n,a=user@example.org,^Ahost=...^Aauth=Bearer TOKEN^A^A` (RFC 7628
/// section 3.1), where `^A` is the byte 1.
final class BearerMessage {
    private static final char SEPARATOR = 1;
    private static final String SCHEME = "bearer ";

    private BearerMessage() {}

    /// It is no such message.
    static final class NotUnderstoodException extends Exception {
        private static final long serialVersionUID = 1;

        private final boolean tokenMissing;

        NotUnderstoodException(String message, boolean tokenMissing) {
            super(message);
            this.tokenMissing = tokenMissing;
        }

        /// Whether all is well but that the client has no token and asks where to get one.
        boolean tokenIsMissing() {
            return tokenMissing;
        }
    }

    /// @return the user is `""` if the message names none: the token does
    static Credentials parse(String message) throws NotUnderstoodException {
        int headerEnd = message.indexOf(SEPARATOR);
        boolean ends = message.endsWith("" + SEPARATOR + SEPARATOR);
        if (headerEnd < 0 || !ends || headerEnd > message.length() - 2) {
            throw new NotUnderstoodException("not an OAUTHBEARER message", false);
        }
        String user = user(message.substring(0, headerEnd));
        Map<String, String> values = new HashMap<>();
        String pairs = message.substring(headerEnd + 1, message.length() - 1);
        for (String pair : pairs.split("" + SEPARATOR)) {
            int equals = pair.indexOf('=');
            if (pairs.isEmpty()) {
                break;
            }
            if (equals < 1 || values.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
                throw new NotUnderstoodException("not a key and its value, or twice", false);
            }
        }
        String auth = values.getOrDefault("auth", "");
        if (auth.isEmpty()) {
            throw new NotUnderstoodException("no token", true);
        }
        if (!auth.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            throw new NotUnderstoodException("no bearer token", false);
        }
        return new Credentials(
                user, new Secret.BearerToken(auth.substring(SCHEME.length()).strip()));
    }

    private static String user(String header) throws NotUnderstoodException {
        String[] parts = header.split(",", -1);
        // Nobody can say `y` wrongly: there is no OAUTHBEARER with channel binding.
        boolean flag = parts[0].equals("n") || parts[0].equals("y");
        boolean identity = parts.length == 3 && (parts[1].isEmpty() || parts[1].startsWith("a=")) && parts[2].isEmpty();
        if (!flag || !identity) {
            throw new NotUnderstoodException("not a GS2 header without channel binding", false);
        }
        return parts[1].isEmpty()
                ? ""
                : parts[1].substring(2).replace("=2C", ",").replace("=3D", "=");
    }
}
