package org.posthouse.imap;

import org.posthouse.mailstore.StoreException;

/// Why a command was not carried out, told apart by type: whose fault it is decides the answer. Anything else
/// that is thrown is our fault: logged, answered `NO [SERVERBUG]`. Texts and codes are safe to show.
abstract sealed class ImapException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private ImapException(String text, Throwable cause) {
        super(text, cause, false, false); // an answer to the client, not an error to be looked into
    }

    /// The client's syntax, or a command out of place: `BAD`, seldom with a response code.
    static final class Bad extends ImapException {
        private static final long serialVersionUID = 1;
        private final String code;

        Bad(String text) {
            this("", text);
        }

        Bad(String code, String text) {
            super(text, null);
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    /// The client's request cannot be met: `NO`, with a response code (RFC 5530) or `""`.
    static final class No extends ImapException {
        private static final long serialVersionUID = 1;
        private final String code;

        No(String code, String text) {
            super(text, null);
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    /// The conversation cannot go on: `* BYE`, with a response code or `""`.
    static final class Bye extends ImapException {
        private static final long serialVersionUID = 1;
        private final String code;

        Bye(String code, String text) {
            super(text, null);
            this.code = code;
        }

        private Bye(String text, StoreException cause) {
            super(text, cause);
            this.code = "UNAVAILABLE";
        }

        String code() {
            return code;
        }
    }

    /// What becomes of a failure of the store (RFC 5530 section 3).
    static ImapException of(StoreException e) {
        String text = e.getMessage();
        return switch (e.kind()) {
            case NOT_OPEN -> new Bye("Mailboxes are not served here at the moment, try again", e);
            case HISTORY_GONE -> new Bye("This session is too far behind its mailbox, log in again", e);
            case UNKNOWN, OVERLOADED -> new No("UNAVAILABLE", text);
            case FULL, LIMIT -> new No("LIMIT", text);
            case NO_SUCH_MAILBOX -> new No("NONEXISTENT", text);
            case MAILBOX_EXISTS -> new No("ALREADYEXISTS", text);
            case HAS_CHILDREN -> new No("HASCHILDREN", text);
            case TOO_MANY_ANNOTATIONS -> new No("METADATA TOOMANY", text);
            case REFUSED -> new No("CANNOT", text);
            case GONE -> new No("EXPUNGEISSUED", text);
            case CORRUPT -> new No("CORRUPTION", text);
            case REPEAT_DIFFERS -> new No("SERVERBUG", text);
        };
    }
}
