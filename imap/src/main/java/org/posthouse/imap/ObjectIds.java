package org.posthouse.imap;

import java.util.Locale;
import org.posthouse.mail.Headers;

/// Object identifiers (RFC 8474). None needs a row of its own:
///
/// - MAILBOXID is the mailbox' number in its virtual server, which survives a rename and is never given again.
/// - EMAILID is the body's number: copies share the body, and numbers are never given again.
/// - THREADID is a hash of the Message-ID at the root of the message's conversation: the first of References, else that
///   of In-Reply-To, else its own. So it is the same for copies and on every replica, and never changes.
final class ObjectIds {
    private ObjectIds() {}

    static String mailbox(long id) {
        return "F" + id;
    }

    static String email(long bodyId) {
        return "M" + bodyId;
    }

    /// @return null for a message that has none
    static String thread(Headers headers) {
        return thread(headers.first("References"), headers.first("In-Reply-To"), headers.first("Message-ID"));
    }

    /// Of these fields' values, each null if it is not there.
    static String thread(String references, String inReplyTo, String messageId) {
        String root = firstId(references);
        root = root == null ? firstId(inReplyTo) : root;
        root = root == null ? firstId(messageId) : root;
        if (root == null) {
            return null;
        }
        long hash = 0xcbf29ce484222325L; // FNV-1a, 64 bits
        for (int i = 0; i < root.length(); i++) {
            hash = (hash ^ root.charAt(i)) * 0x100000001b3L;
        }
        return "T" + String.format(Locale.ROOT, "%016x", hash);
    }

    /// The first `<id>` in a field.
    private static String firstId(String field) {
        int open = field == null ? -1 : field.indexOf('<');
        int close = open < 0 ? -1 : field.indexOf('>', open);
        return close <= open + 1 ? null : field.substring(open + 1, close).strip();
    }
}
