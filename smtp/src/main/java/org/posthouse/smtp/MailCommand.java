package org.posthouse.smtp;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/// MAIL: RFC 5321 section 4.1.1.2, with SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531) and AUTH (RFC 4954).
final class MailCommand {
    private MailCommand() {}

    /// What was said behind the path.
    private record Parameters(long size, boolean smtpUtf8, Answer refusal) {
        static Parameters refused(Answer answer) {
            return new Parameters(0, false, answer);
        }
    }

    static Answer run(SmtpSession session, String arguments) {
        if (session.role() == Role.SUBMISSION && session.user() == null) {
            return new Answer(530, "5.7.0", "authentication required");
        }
        if (session.transaction() != null) {
            return new Answer(503, "5.5.1", "a message was begun already; RSET first");
        }
        Optional<SmtpPath> path = arguments.regionMatches(true, 0, "FROM:", 0, 5)
                ? SmtpPath.parse(arguments.substring(5))
                : Optional.empty();
        if (path.isEmpty()) {
            return new Answer(501, "5.1.7", "expected MAIL FROM:<address>");
        }
        Parameters parameters = parameters(path.get().rest());
        if (parameters.refusal() != null) {
            return parameters.refusal();
        }
        if (!path.get().ascii() && !parameters.smtpUtf8()) {
            return new Answer(553, "5.6.7", "this address needs SMTPUTF8");
        }
        if (parameters.size() > session.options().sizeBytesMax()) {
            return DataCommand.tooBig(session);
        }
        Answer refusal = senderRefusal(session, path.get().address());
        if (refusal != null) {
            return refusal;
        }
        session.transaction(new Transaction(path.get().address(), parameters.size(), parameters.smtpUtf8()));
        return new Answer(250, "2.1.0", "sender taken");
    }

    private static Answer senderRefusal(SmtpSession session, String sender) {
        if (session.role() != Role.SUBMISSION || sender.isEmpty()) {
            return null;
        }
        try {
            return session.reception().maySendAs(session.user(), sender)
                    ? null
                    : new Answer(553, "5.7.1", "this is not your address");
        } catch (IOException _) {
            return new Answer(451, "4.3.0", "the directory does not answer now, try again later");
        }
    }

    private static Parameters parameters(String text) {
        long size = 0;
        boolean smtpUtf8 = false;
        for (String parameter : text.isEmpty() ? new String[0] : text.split(" +")) {
            int equals = parameter.indexOf('=');
            String name = (equals < 0 ? parameter : parameter.substring(0, equals)).toUpperCase(Locale.ROOT);
            String value = equals < 0 ? "" : parameter.substring(equals + 1);
            switch (name) {
                case "SIZE" -> {
                    if (!value.matches("\\d{1,18}")) {
                        return Parameters.refused(new Answer(501, "5.5.4", "SIZE needs a number"));
                    }
                    size = Long.parseLong(value);
                }
                case "BODY" -> {
                    if (!value.equalsIgnoreCase("7BIT") && !value.equalsIgnoreCase("8BITMIME")) {
                        return Parameters.refused(new Answer(501, "5.5.4", "BODY is 7BIT or 8BITMIME"));
                    }
                }
                case "SMTPUTF8" -> smtpUtf8 = true;
                case "AUTH" -> {
                    // Who first submitted the message: nothing here depends on it (RFC 4954 section 5).
                }
                default -> {
                    return Parameters.refused(new Answer(555, "5.5.4", "unknown parameter " + name));
                }
            }
        }
        return new Parameters(size, smtpUtf8, null);
    }
}
