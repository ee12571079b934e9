package org.posthouse.smtp;

import java.time.Duration;

/// What can be set about a [SmtpServer].
///
/// @param hostName as the greeting and trace headers say it
/// @param postmasterDomain `RCPT TO:<postmaster>` without a domain means the postmaster of this one
/// @param sizeBytesMax largest message taken (RFC 1870), trace headers not counted
/// @param recipientsMax for one message; RFC 5321 section 4.5.3.1.8 asks for at least 100
/// @param commandTimeout how long a client may be silent between commands (RFC 5321 section 4.5.3.2.7)
/// @param dataTimeout how long it may be silent inside a message
/// @param errorsMax protocol errors and unknown recipients after which a client is sent away
/// @param failedLoginsMax in one connection
/// @param authInClear whether AUTH is offered without TLS; for tests and networks that are trusted
public record SmtpOptions(
        String hostName,
        String postmasterDomain,
        long sizeBytesMax,
        int recipientsMax,
        Duration commandTimeout,
        Duration dataTimeout,
        int errorsMax,
        int failedLoginsMax,
        boolean authInClear) {

    /// The defaults: 64 MB, 100 recipients, 5 min, 50 errors, 3 failed logins, AUTH only in TLS.
    public static SmtpOptions of(String hostName, String postmasterDomain) {
        Duration fiveMinutes = Duration.ofMinutes(5);
        return new SmtpOptions(hostName, postmasterDomain, 64L << 20, 100, fiveMinutes, fiveMinutes, 50, 3, false);
    }

    /// With another limit for messages.
    public SmtpOptions sizeBytesMax(long bytes) {
        return new SmtpOptions(
                hostName,
                postmasterDomain,
                bytes,
                recipientsMax,
                commandTimeout,
                dataTimeout,
                errorsMax,
                failedLoginsMax,
                authInClear);
    }

    /// With other timeouts.
    public SmtpOptions timeouts(Duration command, Duration data) {
        return new SmtpOptions(
                hostName,
                postmasterDomain,
                sizeBytesMax,
                recipientsMax,
                command,
                data,
                errorsMax,
                failedLoginsMax,
                authInClear);
    }

    /// With other limits for what a client may get wrong.
    public SmtpOptions errorsMax(int errors, int failedLogins) {
        return new SmtpOptions(
                hostName,
                postmasterDomain,
                sizeBytesMax,
                recipientsMax,
                commandTimeout,
                dataTimeout,
                errors,
                failedLogins,
                authInClear);
    }

    /// With AUTH offered without TLS, or not.
    public SmtpOptions authInClear(boolean offered) {
        return new SmtpOptions(
                hostName,
                postmasterDomain,
                sizeBytesMax,
                recipientsMax,
                commandTimeout,
                dataTimeout,
                errorsMax,
                failedLoginsMax,
                offered);
    }
}
