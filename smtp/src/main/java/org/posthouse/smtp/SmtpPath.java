package org.posthouse.smtp;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A path: an address in angle brackets, and what follows it in the command (RFC 5321 section 4.1.2, with RFC
/// 6531's characters).
///
/// @param address without brackets and source route; quotes that are not needed are gone; `""` for `<>`
/// @param rest the parameters behind it
/// @param ascii whether nothing in the address needs SMTPUTF8
record SmtpPath(String address, String rest, boolean ascii) {
    private static final int LOCAL_BYTES_MAX = 64;
    private static final int PATH_BYTES_MAX = 256;
    private static final String ATOM_SPECIALS = "!#$%&'*+-/=?^_`{|}~";

    /// Reads what follows `FROM:` or `TO:`. A space before the bracket is not allowed by the grammar, but is so
    /// common that it is taken.
    ///
    /// @return empty if it is no path
    static Optional<SmtpPath> parse(String text) {
        String trimmed = text.strip();
        if (trimmed.isEmpty() || trimmed.charAt(0) != '<') {
            return Optional.empty();
        }
        int close = closingBracket(trimmed);
        if (close < 0 || !(close + 1 == trimmed.length() || trimmed.charAt(close + 1) == ' ')) {
            return Optional.empty();
        }
        String inside = withoutRoute(trimmed.substring(1, close));
        String rest = trimmed.substring(close + 1).strip();
        if (bytes(inside) > PATH_BYTES_MAX - 2) {
            return Optional.empty();
        }
        boolean ascii = inside.chars().allMatch(c -> c < 0x80);
        if (inside.isEmpty()) {
            return Optional.of(new SmtpPath("", rest, true));
        }
        return mailbox(inside).map(address -> new SmtpPath(address, rest, ascii));
    }

    private static int closingBracket(String text) {
        boolean quoted = false;
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == '>' && !quoted) {
                return i;
            }
        }
        return -1;
    }

    /// Source routes are to be ignored (RFC 5321 section 4.1.1.3).
    private static String withoutRoute(String inside) {
        int colon = inside.indexOf(':');
        return inside.startsWith("@") && colon > 0 ? inside.substring(colon + 1) : inside;
    }

    private static Optional<String> mailbox(String text) {
        int at = text.startsWith("\"") ? endOfQuoted(text) : text.indexOf('@');
        if (at < 0 && !text.startsWith("\"")) {
            // RCPT TO:<postmaster>
            return text.equalsIgnoreCase("postmaster") ? Optional.of(text) : Optional.empty();
        }
        if (at < 1 || at >= text.length() || text.charAt(at) != '@') {
            return Optional.empty();
        }
        String domain = text.substring(at + 1);
        Optional<String> local = local(text.substring(0, at));
        return local.isPresent() && isDomain(domain) ? Optional.of(local.get() + "@" + domain) : Optional.empty();
    }

    /// Index behind the closing quote, or -1.
    private static int endOfQuoted(String text) {
        for (int i = 1; i < text.length(); i++) {
            if (text.charAt(i) == '\\') {
                i++;
            } else if (text.charAt(i) == '"') {
                return i + 1;
            }
        }
        return -1;
    }

    private static Optional<String> local(String text) {
        if (bytes(text) > LOCAL_BYTES_MAX) {
            return Optional.empty();
        }
        if (!text.startsWith("\"")) {
            return isDotString(text) ? Optional.of(text) : Optional.empty();
        }
        StringBuilder plain = new StringBuilder();
        for (int i = 1; i < text.length() - 1; i++) {
            char c = text.charAt(i);
            if (c == '\\' && ++i < text.length() - 1) {
                c = text.charAt(i);
            }
            if (c < ' ' || c == 0x7f) {
                return Optional.empty();
            }
            plain.append(c);
        }
        // "user" in quotes and user without are the same (RFC 5321 section 4.1.2).
        return Optional.of(isDotString(plain.toString()) ? plain.toString() : text);
    }

    private static boolean isDotString(String text) {
        return !text.isEmpty()
                && !text.startsWith(".")
                && !text.endsWith(".")
                && !text.contains("..")
                && text.chars().allMatch(c -> c == '.' || isAtom(c));
    }

    private static boolean isAtom(int c) {
        return c >= 0x80 || isDigit(c) || isLetter(c) || ATOM_SPECIALS.indexOf(c) >= 0;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isDomain(String text) {
        if (text.startsWith("[") && text.endsWith("]") && text.length() > 2) {
            String literal = text.substring(1, text.length() - 1);
            return literal.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '[' && c != ']' && c != '\\');
        }
        for (String label : text.split("\\.", -1)) {
            if (label.isEmpty()
                    || label.startsWith("-")
                    || label.endsWith("-")
                    || !label.chars().allMatch(c -> c >= 0x80 || isLetter(c) || isDigit(c) || c == '-' || c == '_')) {
                return false;
            }
        }
        return true;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
