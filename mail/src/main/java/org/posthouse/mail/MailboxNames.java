package org.posthouse.mail;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Base64;

/// Mailbox names: between Unicode, as the store has them, and modified UTF-7, as IMAP4rev1 writes them
/// (RFC 3501 section 5.1.3); and the patterns of LIST.
public final class MailboxNames {
    /// The one name that is always there, in any case.
    public static final String INBOX = "INBOX";
    /// Between the levels of a name.
    public static final char SEPARATOR = '/';

    private static final Base64.Encoder ENCODER = Base64.getEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getDecoder();

    private MailboxNames() {}

    /// The one form in which a name is kept: INBOX in any case, also as a first level, is `INBOX`, and characters that
    /// can be written in several ways are composed (RFC 9051 section 5.1: NFC).
    public static String canonical(String said) {
        String name = Normalizer.normalize(said, Normalizer.Form.NFC);
        boolean inbox = name.regionMatches(true, 0, INBOX, 0, INBOX.length())
                && (name.length() == INBOX.length() || name.charAt(INBOX.length()) == SEPARATOR);
        return inbox ? INBOX + name.substring(INBOX.length()) : name;
    }

    /// Unicode to modified UTF-7.
    public static String encode(String name) {
        StringBuilder encoded = new StringBuilder(name.length() + 8);
        int at = 0;
        while (at < name.length()) {
            char c = name.charAt(at);
            if (c == '&') {
                encoded.append("&-");
                at++;
            } else if (direct(c)) {
                encoded.append(c);
                at++;
            } else {
                int end = at;
                while (end < name.length() && !direct(name.charAt(end))) {
                    end++;
                }
                byte[] utf16 = name.substring(at, end).getBytes(StandardCharsets.UTF_16BE);
                encoded.append('&')
                        .append(ENCODER.encodeToString(utf16).replace('/', ','))
                        .append('-');
                at = end;
            }
        }
        return encoded.toString();
    }

    /// Modified UTF-7 to Unicode. Only the one right encoding of a name is taken, so that no two texts on the
    /// wire mean the same mailbox.
    ///
    /// @throws IllegalArgumentException if the text is no such encoding
    public static String decode(String encoded) {
        StringBuilder name = new StringBuilder(encoded.length());
        int at = 0;
        while (at < encoded.length()) {
            char c = encoded.charAt(at);
            if (c != '&') {
                name.append(c);
                at++;
            } else {
                int end = encoded.indexOf('-', at);
                if (end < 0) {
                    throw new IllegalArgumentException("'&' without '-' in a mailbox name");
                }
                name.append(end == at + 1 ? "&" : shifted(encoded.substring(at + 1, end)));
                at = end + 1;
            }
        }
        if (!encode(name.toString()).equals(encoded)) {
            throw new IllegalArgumentException("mailbox name is not in modified UTF-7");
        }
        return name.toString();
    }

    /// Whether a name fits a LIST pattern: `*` stands for anything, `%` for anything without a separator
    /// (RFC 3501 section 6.3.8). Takes time proportional to the product of the lengths, whatever the pattern.
    public static boolean matches(String pattern, String name) {
        String canonical = canonical(pattern);
        boolean[] reached = new boolean[name.length() + 1]; // prefixes of the name that the pattern so far fits
        reached[0] = true;
        for (int p = 0; p < canonical.length(); p++) {
            char c = canonical.charAt(p);
            if (c == '*' || c == '%') {
                for (int n = 0; n < name.length(); n++) {
                    reached[n + 1] |= reached[n] && (c == '*' || name.charAt(n) != SEPARATOR);
                }
            } else {
                for (int n = name.length(); n > 0; n--) {
                    reached[n] = reached[n - 1] && same(c, name, n - 1);
                }
                reached[0] = false;
            }
        }
        return reached[name.length()];
    }

    private static boolean same(char c, String name, int at) {
        boolean inInbox = at < INBOX.length() && firstLevelIsInbox(name);
        return inInbox ? Character.toUpperCase(c) == name.charAt(at) : c == name.charAt(at);
    }

    private static boolean firstLevelIsInbox(String name) {
        return name.startsWith(INBOX) && (name.length() == INBOX.length() || name.charAt(INBOX.length()) == SEPARATOR);
    }

    private static boolean direct(char c) {
        return c >= 0x20 && c <= 0x7e;
    }

    private static String shifted(String base64) {
        byte[] utf16 = DECODER.decode(base64.replace(',', '/'));
        if (utf16.length == 0 || utf16.length % 2 != 0) {
            throw new IllegalArgumentException("mailbox name is not in modified UTF-7");
        }
        return new String(utf16, StandardCharsets.UTF_16BE);
    }
}
