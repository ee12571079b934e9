package org.posthouse.smtp;

import java.util.List;
import java.util.Optional;

/// RCPT: RFC 5321 section 4.1.1.3.
final class RcptCommand {
    private static final Answer TAKEN = new Answer(250, "2.1.5", "recipient taken");

    private RcptCommand() {}

    static Answer run(SmtpSession session, String arguments) {
        Transaction transaction = session.transaction();
        Optional<SmtpPath> path = arguments.regionMatches(true, 0, "TO:", 0, 3)
                ? SmtpPath.parse(arguments.substring(3))
                : Optional.empty();
        if (path.isEmpty() || path.get().address().isEmpty()) {
            return new Answer(501, "5.1.3", "expected RCPT TO:<address>");
        }
        if (!path.get().rest().isEmpty()) {
            return new Answer(555, "5.5.4", "RCPT takes no parameters here");
        }
        if (!path.get().ascii() && !transaction.smtpUtf8()) {
            return new Answer(553, "5.6.7", "this address needs SMTPUTF8");
        }
        List<Envelope.Recipient> before = transaction.recipients();
        if (before.size() >= session.options().recipientsMax()) {
            return new Answer(452, "4.5.3", "too many recipients, send the rest in another message");
        }
        String address = path.get().address();
        String full =
                address.indexOf('@') < 0 ? address + "@" + session.options().postmasterDomain() : address;
        return switch (session.reception().recipient(transaction.sender(), full, transaction.declaredSize())) {
            case Reception.RecipientAnswer.Refused(Answer answer) -> answer;
            case Reception.RecipientAnswer.Accepted(String virtualServer, List<String> users) -> {
                if (!before.isEmpty() && !before.getFirst().virtualServer().equals(virtualServer)) {
                    // One message, one deciding commit; the sender repeats for the rest (DESIGN.md section 6).
                    yield new Answer(452, "4.5.3", "this recipient is on another server, send the rest separately");
                }
                before.add(new Envelope.Recipient(full, virtualServer, users));
                yield TAKEN;
            }
        };
    }
}
