package org.posthouse.imap;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The mechanism INTERNAL of URLAUTH (RFC 4467 section 2.4.4): a token is a version and the HMAC-SHA-256 of the rump
/// URL under the mailbox' access key, in hexadecimal.
final class UrlAuth {
    static final String MECHANISM = "INTERNAL";
    private static final String VERSION = "01";
    private static final int KEY_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private UrlAuth() {}

    static byte[] newKey() {
        byte[] key = new byte[KEY_BYTES];
        RANDOM.nextBytes(key);
        return key;
    }

    static String token(byte[] key, String rump) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return VERSION + HexFormat.of().formatHex(mac.doFinal(rump.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HmacSHA256", e);
        }
    }

    /// Whether the URL's own token is right.
    static boolean signed(ImapUrl url, byte[] key) {
        return url.token() != null
                && MECHANISM.equals(url.mechanism())
                && MessageDigest.isEqual(
                        url.token().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII),
                        token(key, url.rump()).getBytes(StandardCharsets.US_ASCII));
    }

    /// Whether a user of IMAP may read by a URL now (RFC 4467 section 2.4.1). `submit+` is for submission
    /// servers, which do not log in here.
    static boolean allows(ImapUrl url, String user, Instant now) {
        if (url.expires() != null && !now.isBefore(url.expires())) {
            return false;
        }
        return switch (url.access()) {
            case "anonymous", "authuser" -> true;
            default -> url.access().equals("user+" + user);
        };
    }
}
