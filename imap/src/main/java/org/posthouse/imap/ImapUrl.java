package org.posthouse.imap;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import org.posthouse.mail.MailboxNames;
import org.posthouse.mail.Octets;

/// A URL of a message or a part of one (RFC 5092), absolute or relative, with URLAUTH (RFC 4467) or without. Texts are
/// decoded.
///
/// @param host in lower case; null in a relative URL
/// @param user null if it names none
/// @param mailbox null where the URL is relative to the selected one
/// @param uidValidity 0 if it does not say
/// @param section as in FETCH's brackets; `""` for the whole message
/// @param from first byte of the section, -1 for all
/// @param count how many bytes at most
/// @param expires null for never
/// @param access behind `;URLAUTH=`, in lower case up to a `+`; null without URLAUTH
/// @param rump everything up to and with the access, as it was written: what a token signs
/// @param mechanism behind the rump, in upper case; null if nothing is there
/// @param token null if nothing is there
record ImapUrl(
        String host,
        String user,
        String mailbox,
        long uidValidity,
        long uid,
        String section,
        long from,
        long count,
        Instant expires,
        String access,
        String rump,
        String mechanism,
        String token) {
    private static final int CHARS_MAX = 8 << 10;
    private static final String SCHEME = "imap://";

    boolean relative() {
        return host == null;
    }

    /// Reads a URL that names a message.
    ///
    /// @return empty if it is none
    static Optional<ImapUrl> parse(String text) {
        try {
            return text.length() > CHARS_MAX ? Optional.empty() : Optional.of(new Parser(text).url());
        } catch (IllegalArgumentException | DateTimeParseException _) {
            return Optional.empty();
        }
    }

    /// Reads from left to right; an [IllegalArgumentException] means that it is no such URL.
    private static final class Parser {
        private final String text;
        private int at;
        private String host;
        private String user;
        private String mailbox;
        private long uidValidity;
        private String section = "";
        private long from = -1;
        private long count;
        private Instant expires;
        private String access;
        private String rump;
        private String mechanism;
        private String token;

        Parser(String text) {
            this.text = text;
        }

        ImapUrl url() {
            for (int i = 0; i < text.length(); i++) {
                check(text.charAt(i) > ' ' && text.charAt(i) < 0x7f);
            }
            if (takeIgnoringCase(SCHEME)) {
                server();
                check(take("/"));
                mailbox();
                check(takeIgnoringCase("/;UID="));
            } else if (take("/")) {
                mailbox();
                check(takeIgnoringCase("/;UID="));
            } else {
                check(takeIgnoringCase(";UID="));
            }
            long uid = number();
            check(uid > 0);
            if (takeIgnoringCase("/;SECTION=")) {
                section = decode(run(";/?"), false);
                check(!section.isEmpty());
            }
            if (takeIgnoringCase("/;PARTIAL=")) {
                from = number();
                count = take(".") ? number() : Long.MAX_VALUE / 2;
                check(count > 0);
            }
            authorization();
            check(at == text.length());
            return new ImapUrl(
                    host,
                    user,
                    mailbox,
                    uidValidity,
                    uid,
                    section,
                    from,
                    count,
                    expires,
                    access,
                    rump,
                    mechanism,
                    token);
        }

        /// `[user[;AUTH=mechanism]@]host[:port]`
        private void server() {
            int slash = text.indexOf('/', at);
            check(slash > at);
            int sign = text.lastIndexOf('@', slash);
            if (sign >= at) {
                String info = text.substring(at, sign);
                int auth = info.toUpperCase(Locale.ROOT).indexOf(";AUTH=");
                String name = auth < 0 ? info : info.substring(0, auth);
                user = name.isEmpty() ? null : decode(name, true);
                at = sign + 1;
            }
            host = text.substring(at, slash).toLowerCase(Locale.ROOT);
            check(!host.isEmpty());
            at = slash;
        }

        private void mailbox() {
            int end = text.toUpperCase(Locale.ROOT).indexOf("/;UID=", at);
            check(end > at);
            String part = text.substring(at, end);
            int validity = part.toUpperCase(Locale.ROOT).indexOf(";UIDVALIDITY=");
            if (validity >= 0) {
                at += validity + ";UIDVALIDITY=".length();
                uidValidity = number();
                check(at == end && uidValidity > 0);
                part = part.substring(0, validity);
            }
            check(!part.isEmpty() && part.indexOf(';') < 0 && part.indexOf('?') < 0);
            mailbox = MailboxNames.canonical(decode(part, true));
            at = end;
        }

        /// `;EXPIRE=date;URLAUTH=access:mechanism:token`
        private void authorization() {
            if (takeIgnoringCase(";EXPIRE=")) {
                expires =
                        OffsetDateTime.parse(run(";").toUpperCase(Locale.ROOT)).toInstant();
                check(text.regionMatches(true, at, ";URLAUTH=", 0, ";URLAUTH=".length()));
            }
            if (!takeIgnoringCase(";URLAUTH=")) {
                return;
            }
            check(host != null);
            String word = run(":");
            int plus = word.indexOf('+');
            String kind = (plus < 0 ? word : word.substring(0, plus)).toLowerCase(Locale.ROOT);
            switch (kind) {
                case "submit", "user" -> {
                    check(plus > 0 && plus < word.length() - 1);
                    access = kind + "+" + decode(word.substring(plus + 1), true);
                }
                case "authuser", "anonymous" -> {
                    check(plus < 0);
                    access = kind;
                }
                default -> check(false);
            }
            rump = text.substring(0, at);
            if (take(":")) {
                mechanism = run(":").toUpperCase(Locale.ROOT);
                check(!mechanism.isEmpty() && take(":"));
                token = text.substring(at);
                check(token.length() >= 32 && token.chars().allMatch(c -> Character.digit(c, 16) >= 0));
                at = text.length();
            }
        }

        private boolean take(String word) {
            boolean here = text.startsWith(word, at);
            at += here ? word.length() : 0;
            return here;
        }

        private boolean takeIgnoringCase(String word) {
            boolean here = text.regionMatches(true, at, word, 0, word.length());
            at += here ? word.length() : 0;
            return here;
        }

        private long number() {
            int start = at;
            long number = 0;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                number = number * 10 + (text.charAt(at++) - '0');
                check(number <= 0xffff_ffffL);
            }
            check(at > start);
            return number;
        }

        private String run(String stops) {
            int start = at;
            while (at < text.length() && stops.indexOf(text.charAt(at)) < 0) {
                at++;
            }
            return text.substring(start, at);
        }

        /// Undoes `%20` and the like. The octets are UTF-8, or with `unicode` false left as they are.
        private static String decode(String encoded, boolean unicode) {
            byte[] octets = new byte[encoded.length()];
            int length = 0;
            for (int i = 0; i < encoded.length(); i++) {
                char c = encoded.charAt(i);
                if (c == '%') {
                    check(i + 2 < encoded.length());
                    int high = Character.digit(encoded.charAt(i + 1), 16);
                    int low = Character.digit(encoded.charAt(i + 2), 16);
                    check(high >= 0 && low >= 0 && (high | low) > 0);
                    octets[length++] = (byte) (high << 4 | low);
                    i += 2;
                } else {
                    octets[length++] = (byte) c;
                }
            }
            if (!unicode) {
                return Octets.of(octets, 0, length);
            }
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(octets, 0, length))
                        .toString();
            } catch (CharacterCodingException e) {
                throw new IllegalArgumentException("no UTF-8", e);
            }
        }

        private static void check(boolean right) {
            if (!right) {
                throw new IllegalArgumentException("no URL of a message");
            }
        }
    }
}
