package org.posthouse.frontend;

import org.posthouse.imap.ImapServer;

/// Follows what an IMAP server sends, to know whether the last byte ended a response: only there may another line
/// be put in. A response is a line that may contain literals (`{4711}`, CR LF, and so many bytes; RFC 3501 section
/// 4.3), behind each of which it goes on. From the answer to COMPRESS on (RFC 4978), which the owner words in one way
/// only, nothing can be told apart any more.
final class ResponseBoundary {
    private static final int DIGITS_MAX = 18;
    private static final String COMPRESSED = ImapServer.COMPRESSED;

    private enum Place {
        START,
        TEXT,
        DIGITS,
        BRACE,
        BRACE_CR
    }

    private Place place = Place.START;
    private long number;
    private int digits;
    private long literalLeft;
    private int matched; // characters of COMPRESSED behind the line's first word; -1 in a line that is another
    private boolean compressed;

    /// Whether everything passed so far is made of whole responses.
    boolean reached() {
        return place == Place.START && literalLeft == 0 && !compressed;
    }

    /// Whether what follows is compressed.
    boolean compressed() {
        return compressed;
    }

    /// Takes note of bytes sent.
    void passed(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end && !compressed) {
            if (literalLeft > 0) {
                int skipped = (int) Math.min(literalLeft, end - at);
                literalLeft -= skipped;
                at += skipped;
            } else {
                step(bytes[at]);
                at++;
            }
        }
    }

    private void step(byte octet) {
        match(octet);
        boolean digit = octet >= '0' && octet <= '9';
        if (octet == '\n') {
            boolean literal = place == Place.BRACE_CR;
            literalLeft = literal ? number : 0;
            // Behind a literal, even an empty one, the line goes on.
            place = literal ? Place.TEXT : Place.START;
        } else if (octet == '{') {
            place = Place.DIGITS;
            number = 0;
            digits = 0;
        } else if (place == Place.DIGITS && digit && digits < DIGITS_MAX) {
            number = number * 10 + (octet - '0');
            digits++;
        } else if (place == Place.DIGITS && octet == '}' && digits > 0) {
            place = Place.BRACE;
        } else if (place == Place.BRACE && octet == '\r') {
            place = Place.BRACE_CR;
        } else {
            place = Place.TEXT;
        }
    }

    private void match(byte octet) {
        if (place == Place.START) {
            matched = octet == '*' || octet == '+' ? -1 : 0;
        } else if (matched > 0 || (matched == 0 && octet == ' ')) {
            boolean fits = matched < COMPRESSED.length() && octet == COMPRESSED.charAt(matched);
            matched = fits ? matched + 1 : -1;
            compressed = matched == COMPRESSED.length();
        }
    }
}
