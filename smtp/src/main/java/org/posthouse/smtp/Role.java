package org.posthouse.smtp;

/// What a server is for; decides the commands it knows and what it asks of clients.
public enum Role {
    /// Mail from other servers, for recipients here (RFC 5321).
    RECEIVING("ESMTP"),
    /// Mail from users' programs: AUTH required (RFC 6409).
    SUBMISSION("ESMTP"),
    /// Mail from a trusted relay, with one answer for each recipient (RFC 2033).
    LMTP("LMTP");

    private final String protocol;

    Role(String protocol) {
        this.protocol = protocol;
    }

    /// As the greeting says it.
    String protocol() {
        return protocol;
    }
}
