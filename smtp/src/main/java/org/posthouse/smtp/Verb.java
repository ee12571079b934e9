package org.posthouse.smtp;

import java.util.Locale;
import java.util.Optional;

/// Every command this server knows, with what must have come before it.
enum Verb {
    EHLO(Needs.NOTHING, true),
    HELO(Needs.NOTHING, true),
    LHLO(Needs.NOTHING, true),
    STARTTLS(Needs.HELLO, false),
    AUTH(Needs.HELLO, true),
    MAIL(Needs.HELLO, true),
    RCPT(Needs.MAIL, true),
    DATA(Needs.MAIL, false),
    RSET(Needs.NOTHING, false),
    NOOP(Needs.NOTHING, true),
    VRFY(Needs.NOTHING, true),
    HELP(Needs.NOTHING, true),
    QUIT(Needs.NOTHING, false);

    /// What a command needs to have come before.
    enum Needs {
        NOTHING,
        HELLO,
        MAIL
    }

    private final Needs needs;
    private final boolean takesArguments;

    Verb(Needs needs, boolean takesArguments) {
        this.needs = needs;
        this.takesArguments = takesArguments;
    }

    Needs needs() {
        return needs;
    }

    boolean takesArguments() {
        return takesArguments;
    }

    /// Whether a server in this role knows it.
    boolean knownTo(Role role) {
        return switch (this) {
            case EHLO, HELO -> role != Role.LMTP;
            case LHLO -> role == Role.LMTP;
            case AUTH -> role == Role.SUBMISSION;
            case STARTTLS, MAIL, RCPT, DATA, RSET, NOOP, VRFY, HELP, QUIT -> true;
        };
    }

    static Optional<Verb> of(String word) {
        String upper = word.toUpperCase(Locale.ROOT);
        for (Verb verb : values()) {
            if (verb.name().equals(upper)) {
                return Optional.of(verb);
            }
        }
        return Optional.empty();
    }
}
