package org.posthouse.mail;

import java.util.ArrayList;
import java.util.List;

/// One address of a From, To or like field, in the form of IMAP's envelope (RFC 3501 section 7.4.2), as octet
/// strings or null. A group is two marks around its members: the first has a mailbox (the group's name) and no
/// host, the second neither.
///
/// @param name display name, or the comment behind a bare address; encoded words as they are
/// @param route obsolete source route, `@a,@b`
/// @param mailbox local part
/// @param host domain; `MISSING_DOMAIN` where the address has none, since null would mark a group
public record Address(String name, String route, String mailbox, String host) {
    private static final String NO_HOST = "MISSING_DOMAIN";
    private static final int ADDRESSES_MAX = 10_000;

    /// Reads an address list. Takes anything: what cannot be an address becomes one without a domain.
    public static List<Address> list(String field) {
        if (field == null) {
            return List.of();
        }
        HeaderScanner scanner = new HeaderScanner(field);
        List<Address> addresses = new ArrayList<>();
        boolean inGroup = false;
        while (addresses.size() < ADDRESSES_MAX) {
            scanner.skipComments();
            if (scanner.done()) {
                break;
            }
            if (scanner.take(',')) {
                continue;
            }
            if (scanner.take(';')) {
                if (inGroup) {
                    addresses.add(new Address(null, null, null, null));
                }
                inGroup = false;
                continue;
            }
            Address address = one(scanner);
            inGroup |= address.host == null;
            addresses.add(address);
        }
        if (inGroup) {
            addresses.add(new Address(null, null, null, null));
        }
        return addresses;
    }

    /// Whether this is one of the two marks around a group.
    public boolean groupMark() {
        return host == null;
    }

    private static Address one(HeaderScanner scanner) {
        StringBuilder phrase = new StringBuilder(); // words with one blank between
        StringBuilder local = new StringBuilder(); // the same words without
        scanner.takeComment();
        while (true) {
            scanner.skipComments();
            if (scanner.done()) {
                break;
            }
            switch (scanner.peek()) {
                case ',', ';' -> {
                    return bare(local, scanner.takeComment());
                }
                case '<' -> {
                    scanner.next();
                    return inAngles(scanner, phrase.isEmpty() ? null : phrase.toString());
                }
                case ':' -> {
                    scanner.next();
                    return new Address(null, null, phrase.toString(), null);
                }
                case '@' -> {
                    scanner.next();
                    String host = host(scanner, ",;<");
                    scanner.skipComments();
                    return new Address(scanner.takeComment(), null, local.toString(), orMissing(host));
                }
                default -> {
                    String word = word(scanner);
                    if (!phrase.isEmpty()) {
                        phrase.append(' ');
                    }
                    phrase.append(word);
                    local.append(word);
                }
            }
        }
        return bare(local, scanner.takeComment());
    }

    private static Address bare(StringBuilder local, String comment) {
        return new Address(comment, null, local.toString(), NO_HOST);
    }

    /// `[route:]local@host>`
    private static Address inAngles(HeaderScanner scanner, String name) {
        StringBuilder route = new StringBuilder();
        scanner.skipComments();
        while (!scanner.done() && (scanner.peek() == '@' || scanner.peek() == ',')) {
            char mark = scanner.next();
            route.append(mark);
            if (mark == '@') {
                route.append(host(scanner, ",:>"));
            }
            scanner.skipComments();
        }
        scanner.take(':');
        StringBuilder local = new StringBuilder();
        String host = "";
        while (true) {
            scanner.skipComments();
            if (scanner.done() || scanner.take('>')) {
                break;
            }
            if (scanner.take('@')) {
                host = host(scanner, ">,");
                scanner.skipTo('>');
                break;
            }
            local.append(scanner.peek() == '"' ? scanner.quoted() : next(scanner, "@>"));
        }
        return new Address(name, route.isEmpty() ? null : route.toString(), local.toString(), orMissing(host));
    }

    private static String word(HeaderScanner scanner) {
        return scanner.peek() == '"' ? scanner.quoted() : next(scanner, "<>@,;:");
    }

    /// A token; where a stop stands first, the stop itself, so that every call gets on.
    private static String next(HeaderScanner scanner, String stops) {
        String token = scanner.token(stops);
        return token.isEmpty() && !scanner.done() && scanner.peek() != '"' ? String.valueOf(scanner.next()) : token;
    }

    private static String host(HeaderScanner scanner, String stops) {
        StringBuilder host = new StringBuilder();
        while (true) {
            scanner.skipComments();
            if (scanner.done() || stops.indexOf(scanner.peek()) >= 0) {
                return host.toString();
            }
            if (scanner.peek() == '[') {
                host.append(scanner.domainLiteral());
            } else if (scanner.peek() == '"') {
                host.append(scanner.quoted());
            } else {
                String token = scanner.token(stops + "[");
                boolean continues = token.endsWith(".");
                host.append(token);
                scanner.skipComments();
                if (!continues && (scanner.done() || scanner.peek() != '.')) {
                    return host.toString();
                }
            }
        }
    }

    private static String orMissing(String host) {
        return host.isEmpty() ? NO_HOST : host;
    }
}
