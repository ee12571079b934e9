package org.posthouse.mail;

import java.util.ArrayList;
import java.util.List;

/// Message IDs in Message-ID, References and In-Reply-To fields (RFC 5322 section 3.6.4), in one spelling each: without
/// brackets, quotes and comments (RFC 5256 section 3).
public final class MessageIds {
    /// Longer lists keep their beginning, which names the thread, and their end, which names the parent.
    private static final int IDS_MAX = 1_000;

    private MessageIds() {}

    /// All valid ones in a field's value, in order; null has none.
    public static List<String> all(String field) {
        List<String> ids = new ArrayList<>();
        if (field == null) {
            return ids;
        }
        HeaderScanner scanner = new HeaderScanner(field);
        while (scanner.skipTo('<')) {
            String id = inBrackets(scanner);
            if (id != null) {
                if (ids.size() == IDS_MAX) {
                    ids.remove(IDS_MAX / 2);
                }
                ids.add(id);
            }
        }
        return ids;
    }

    /// The first valid one, or null.
    public static String first(String field) {
        List<String> ids = all(field);
        return ids.isEmpty() ? null : ids.getFirst();
    }

    /// Behind the opening bracket; null if it is no Message ID.
    private static String inBrackets(HeaderScanner scanner) {
        StringBuilder id = new StringBuilder();
        int host = -1;
        while (true) {
            scanner.skipComments();
            if (scanner.done() || scanner.peek() == '<') {
                return null; // never closed; another may begin here
            }
            switch (scanner.peek()) {
                case '>' -> {
                    scanner.next();
                    return host > 1 && id.length() > host ? id.toString() : null;
                }
                case '"' -> id.append(scanner.quoted());
                case '[' -> id.append(scanner.domainLiteral());
                case '@' -> {
                    id.append(scanner.next());
                    host = id.length();
                }
                default -> id.append(scanner.next());
            }
        }
    }
}
