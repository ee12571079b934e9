package org.posthouse.imap;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.posthouse.mail.ContentValue;
import org.posthouse.mail.EncodedWords;
import org.posthouse.mail.MimePart;
import org.posthouse.mail.TransferDecoder;

/// The first words of a message (RFC 8970): of its first plain text part, else of its first HTML part without the
/// markup; white space run together, 200 characters at most; empty where the message says nothing in words.
final class PreviewText {
    private static final int CHARACTERS_MAX = 200;
    private static final int READ_BYTES_MAX = 16 << 10;
    private static final int ENTITY_CHARS_MAX = 10;

    private PreviewText() {}

    static String of(OpenMessage message) throws IOException {
        MimePart plain = first(message.structure(), "text/plain");
        if (plain != null) {
            return words(text(message, plain));
        }
        MimePart html = first(message.structure(), "text/html");
        return html == null ? "" : words(withoutMarkup(text(message, html)));
    }

    private static MimePart first(MimePart part, String type) {
        if (part.message()) {
            return null; // what was forwarded is not what the sender says
        }
        if (part.children().isEmpty()) {
            boolean attached = ContentValue.disposition(part.headers().first("Content-Disposition"))
                    .filter(disposition -> disposition.is("attachment"))
                    .isPresent();
            return part.type().is(type) && !attached ? part : null;
        }
        for (MimePart child : part.children()) {
            MimePart found = first(child, type);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static String text(OpenMessage message, MimePart part) throws IOException {
        byte[] raw = message.bytes(part.bodyStart(), (int) Math.min(part.bodyLength(), READ_BYTES_MAX));
        TransferDecoder decoder = TransferDecoder.of(part.headers().first("Content-Transfer-Encoding"));
        byte[] decoded = new byte[raw.length + TransferDecoder.HELD_BYTES_MAX];
        int length = decoder.decode(raw, 0, raw.length, decoded);
        return new String(decoded, 0, length, charset(part.type().parameter("charset")));
    }

    /// US-ASCII, stated or by default, is read as UTF-8, as SEARCH reads it.
    private static Charset charset(String name) {
        Charset charset = name == null
                ? StandardCharsets.UTF_8
                : EncodedWords.charset(name).orElse(StandardCharsets.UTF_8);
        return charset.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : charset;
    }

    private static String words(String text) {
        StringBuilder words = new StringBuilder(CHARACTERS_MAX);
        int characters = 0;
        boolean gap = false;
        for (int at = 0; at < text.length() && characters < CHARACTERS_MAX; ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            if (Character.isWhitespace(c) || Character.isISOControl(c) || c == 0xa0) {
                gap = characters > 0;
            } else if (Character.getType(c) != Character.FORMAT && c != 0xfffd) {
                if (gap && characters < CHARACTERS_MAX - 1) {
                    words.append(' ');
                    characters++;
                }
                words.appendCodePoint(c);
                characters++;
                gap = false;
            }
        }
        return words.toString();
    }

    /// Text between tags; nothing of head, style and script; the usual entities resolved.
    private static String withoutMarkup(String html) {
        StringBuilder text = new StringBuilder(1_000);
        int at = 0;
        while (at < html.length() && text.length() < READ_BYTES_MAX) {
            char c = html.charAt(at);
            if (c == '<') {
                at = behindTag(html, at);
                text.append(' ');
            } else if (c == '&') {
                at = entity(html, at, text);
            } else {
                text.append(c);
                at++;
            }
        }
        return text.toString();
    }

    private static int behindTag(String html, int open) {
        if (html.startsWith("<!--", open)) {
            int end = html.indexOf("-->", open);
            return end < 0 ? html.length() : end + 3;
        }
        for (String hidden : new String[] {"head", "style", "script", "title"}) {
            int behind = open + 1 + hidden.length();
            if (html.regionMatches(true, open + 1, hidden, 0, hidden.length())
                    && (behind >= html.length() || !Character.isLetterOrDigit(html.charAt(behind)))) {
                int end = html.toLowerCase(Locale.ROOT).indexOf("</" + hidden, open);
                return end < 0 ? html.length() : closing(html, end);
            }
        }
        return closing(html, open);
    }

    private static int closing(String html, int from) {
        int close = html.indexOf('>', from);
        return close < 0 ? html.length() : close + 1;
    }

    private static int entity(String html, int at, StringBuilder text) {
        int end = html.indexOf(';', at);
        if (end < 0 || end - at > ENTITY_CHARS_MAX) {
            text.append('&');
            return at + 1;
        }
        String name = html.substring(at + 1, end);
        switch (name) {
            case "amp" -> text.append('&');
            case "lt" -> text.append('<');
            case "gt" -> text.append('>');
            case "quot" -> text.append('"');
            case "apos" -> text.append('\'');
            case "nbsp", "zwnj", "shy" -> text.append(' ');
            default -> text.append(number(name, html.substring(at, end + 1)));
        }
        return end + 1;
    }

    private static String number(String name, String whole) {
        try {
            if (name.startsWith("#")) {
                boolean hex = name.startsWith("#x") || name.startsWith("#X");
                return Character.toString(Integer.parseInt(name.substring(hex ? 2 : 1), hex ? 16 : 10));
            }
        } catch (IllegalArgumentException _) {
            // no such character: shown as it stands
        }
        return whole;
    }

    /// As an octet string.
    static String octets(String preview) {
        return new String(preview.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
