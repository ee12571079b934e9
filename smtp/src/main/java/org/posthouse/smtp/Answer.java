package org.posthouse.smtp;

/// A reply to one command (RFC 5321 section 4.2).
///
/// @param code three digits
/// @param enhanced RFC 3463, or `""` where there is none
/// @param text for humans; control characters become spaces
public record Answer(int code, String enhanced, String text) {
    static final Answer OK = new Answer(250, "2.0.0", "OK");
    static final Answer UNKNOWN_USER = new Answer(550, "5.1.1", "no such user here");
    static final Answer USER_DISABLED = new Answer(550, "5.2.1", "this mailbox takes no mail at present");
    static final Answer RELAYING_DENIED = new Answer(550, "5.7.1", "relaying denied");
    static final Answer BAD_RECIPIENT_SYNTAX = new Answer(501, "5.1.3", "this is not an address");
    static final Answer OVER_QUOTA = new Answer(452, "4.2.2", "the mailbox is full");
    static final Answer NO_OWNER =
            new Answer(451, "4.3.2", "the mailbox's server is not available now, try again later");
    static final Answer TRY_LATER = new Answer(451, "4.3.0", "the message could not be stored now, try again later");
    static final Answer DISK_FULL = new Answer(452, "4.3.1", "no room for mail now, try again later");

    /// Checks the code and cleans the text, which may quote what a client sent.
    public Answer {
        if (code < 200 || code > 599) {
            throw new IllegalArgumentException("no SMTP reply code: " + code);
        }
        text = text.codePoints()
                .map(c -> c < ' ' || c == 0x7f ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /// Whether the client's request was done.
    public boolean positive() {
        return code < 400;
    }

    /// Whether the client should try again later.
    public boolean temporary() {
        return code >= 400 && code < 500;
    }

    /// As it is sent, without CR LF.
    public String line() {
        return code + (enhanced.isEmpty() ? " " : " " + enhanced + " ") + text;
    }

    /// The inverse of [#line] for answers with an enhanced code.
    ///
    /// @throws IllegalArgumentException if the text is no such line
    public static Answer parse(String line) {
        String[] parts = line.split(" ", 3);
        if (parts.length != 3 || !parts[1].matches("[245]\\.\\d{1,3}\\.\\d{1,3}")) {
            throw new IllegalArgumentException("not an SMTP answer: " + line);
        }
        return new Answer(Integer.parseInt(parts[0]), parts[1], parts[2]);
    }

    @Override
    public String toString() {
        return line();
    }
}
