package org.posthouse.smtp;

import java.util.ArrayList;
import java.util.List;

/// What MAIL and RCPT have said of the message to come.
final class Transaction {
    private final String sender;
    private final long declaredSize;
    private final boolean smtpUtf8;
    private final List<Envelope.Recipient> recipients = new ArrayList<>();

    Transaction(String sender, long declaredSize, boolean smtpUtf8) {
        this.sender = sender;
        this.declaredSize = declaredSize;
        this.smtpUtf8 = smtpUtf8;
    }

    String sender() {
        return sender;
    }

    long declaredSize() {
        return declaredSize;
    }

    boolean smtpUtf8() {
        return smtpUtf8;
    }

    List<Envelope.Recipient> recipients() {
        return recipients;
    }
}
