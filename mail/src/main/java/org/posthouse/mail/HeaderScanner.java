package org.posthouse.mail;

/// Walks over a structured header value: tokens, quoted strings, comments (RFC 5322 section 3.2). Never fails;
/// what is not closed ends with the value.
final class HeaderScanner {
    private final String text;
    private int at;
    private String comment;

    HeaderScanner(String text) {
        this.text = text;
    }

    boolean done() {
        return at >= text.length();
    }

    char peek() {
        return text.charAt(at);
    }

    char next() {
        return text.charAt(at++);
    }

    boolean take(char expected) {
        if (!done() && peek() == expected) {
            at++;
            return true;
        }
        return false;
    }

    /// The last comment skipped since this was asked before, or null.
    String takeComment() {
        String last = comment;
        comment = null;
        return last;
    }

    /// Skips white space and comments.
    void skipComments() {
        while (!done()) {
            if (Octets.space(peek())) {
                at++;
            } else if (peek() == '(') {
                comment = comment();
            } else {
                break;
            }
        }
    }

    /// Goes behind the next `mark` outside quotes and comments.
    boolean skipTo(char mark) {
        while (!done()) {
            switch (peek()) {
                case '(' -> comment();
                case '"' -> quoted();
                default -> {
                    if (next() == mark) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /// A run of characters up to white space, a comment, a quote or one of `stops`.
    String token(String stops) {
        skipComments();
        int start = at;
        while (!done() && !Octets.space(peek()) && "(\"".indexOf(peek()) < 0 && stops.indexOf(peek()) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    String quotedOrToken(String stops) {
        skipComments();
        return !done() && peek() == '"' ? quoted() : token(stops);
    }

    /// What is between quotes, unescaped. Stands on the opening one.
    String quoted() {
        at++;
        StringBuilder value = new StringBuilder();
        while (!done()) {
            char c = next();
            if (c == '"') {
                break;
            }
            value.append(c == '\\' && !done() ? next() : c);
        }
        return value.toString();
    }

    /// A domain literal with its brackets. Stands on the opening one.
    String domainLiteral() {
        int start = at;
        while (!done() && next() != ']') {
            // up to the closing bracket or the end
        }
        return text.substring(start, at);
    }

    private String comment() {
        at++;
        StringBuilder value = new StringBuilder();
        int depth = 1;
        while (!done()) {
            char c = next();
            if (c == '\\' && !done()) {
                c = next();
            } else if (c == '(') {
                depth++;
            } else if (c == ')' && --depth == 0) {
                break;
            }
            value.append(c);
        }
        return value.toString().strip();
    }
}
