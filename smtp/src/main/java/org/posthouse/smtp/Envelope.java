package org.posthouse.smtp;

import java.time.OffsetDateTime;
import java.util.LinkedHashSet;
import java.util.List;

/// Who a message is from and for.
///
/// @param deliveryId random, 128 bits as 32 hexadecimal digits; one for each message, the same in every repeat
/// @param sender `""` for none
/// @param recipients at least one, all on one virtual server
/// @param received when DATA began: the message's internal date
public record Envelope(String deliveryId, String sender, List<Recipient> recipients, OffsetDateTime received) {

    /// One RCPT.
    ///
    /// @param address as the client gave it
    /// @param users whose INBOX it leads to
    public record Recipient(String address, String virtualServer, List<String> users) {}

    /// At least one recipient.
    public Envelope {
        recipients = List.copyOf(recipients);
        if (recipients.isEmpty()) {
            throw new IllegalArgumentException("a message for nobody");
        }
    }

    /// The virtual server of all recipients.
    public String virtualServer() {
        return recipients.getFirst().virtualServer();
    }

    /// Whose INBOX gets the message, each once however many addresses lead there.
    public List<String> users() {
        LinkedHashSet<String> users = new LinkedHashSet<>();
        for (Recipient recipient : recipients) {
            users.addAll(recipient.users());
        }
        return List.copyOf(users);
    }
}
