package org.posthouse.smtp;

import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The fields that a message gets here.
final class TraceHeaders {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss xx", Locale.ENGLISH);

    private TraceHeaders() {}

    /// `Return-Path:` and `Received:` (RFC 5321 section 4.4), put before the content once, by whoever takes the
    /// message in first: every repeat of the delivery is then the same to the byte.
    static String of(SmtpSession session, Envelope envelope) {
        StringBuilder text = new StringBuilder();
        text.append("Return-Path: <").append(envelope.sender()).append(">\r\n");
        String address = session.conversation().remote().getAddress().getHostAddress();
        String literal = address.indexOf(':') >= 0 ? "IPv6:" + address.replaceAll("%.*", "") : address;
        text.append("Received: from ").append(session.helloName());
        text.append(" ([").append(literal).append("])\r\n");
        text.append("\tby ").append(session.options().hostName());
        text.append(" (Posthouse) with ").append(protocol(session)).append("\r\n");
        text.append("\tid ").append(envelope.deliveryId());
        List<Envelope.Recipient> recipients = envelope.recipients();
        if (recipients.size() == 1) {
            // With more, the field would tell each recipient of the others (RFC 5321 section 7.2).
            text.append("\r\n\tfor <").append(recipients.getFirst().address()).append(">");
        }
        return text.append(";\r\n\t")
                .append(DATE.format(envelope.received()))
                .append("\r\n")
                .toString();
    }

    /// What a submitted message must have and this one lacks (RFC 6409 section 8).
    static String missing(Set<String> names, Envelope envelope, String hostName) {
        StringBuilder text = new StringBuilder();
        if (!names.contains("date")) {
            text.append("Date: ").append(date(envelope.received())).append("\r\n");
        }
        if (!names.contains("message-id")) {
            text.append("Message-ID: <").append(envelope.deliveryId());
            text.append('@').append(hostName).append(">\r\n");
        }
        return text.toString();
    }

    private static String date(OffsetDateTime time) {
        return DATE.format(time);
    }

    /// RFC 3848 and RFC 6531 section 4.3.
    private static String protocol(SmtpSession session) {
        boolean utf8 = session.transaction().smtpUtf8();
        String base;
        if (session.role() == Role.LMTP) {
            base = utf8 ? "UTF8LMTP" : "LMTP";
        } else if (utf8) {
            base = "UTF8SMTP";
        } else {
            base = session.extended() ? "ESMTP" : "SMTP";
        }
        boolean extensions = session.extended() || utf8;
        String tls = extensions && session.conversation().secure() ? "S" : "";
        return base + tls + (extensions && session.user() != null ? "A" : "");
    }
}
