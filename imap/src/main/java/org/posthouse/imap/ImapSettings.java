package org.posthouse.imap;

import java.util.function.ToLongFunction;
import org.posthouse.wire.LoginThrottle;

/// How a server presents itself and what it allows.
///
/// @param name shown in the greeting: the virtual server's or the front end's
/// @param plainTextLogin whether a password may be sent without TLS; if not, `LOGINDISABLED` (RFC 3501 section
///     6.2.3) until STARTTLS
/// @param limits per client
/// @param quota the most a user may store, in bytes, 0 for no limit
/// @param sharing who shares mailboxes
/// @param throttle slows down guessing of passwords; shared by all services of a process
public record ImapSettings(
        String name,
        boolean plainTextLogin,
        ImapLimits limits,
        ToLongFunction<String> quota,
        Sharing sharing,
        LoginThrottle throttle) {

    /// With [ImapLimits#DEFAULT] and no quota.
    public static ImapSettings of(String name, boolean plainTextLogin) {
        return new ImapSettings(
                name,
                plainTextLogin,
                ImapLimits.DEFAULT,
                _ -> 0,
                Sharing.UNCHECKED,
                new LoginThrottle(LoginThrottle.Limits.DEFAULT, System::nanoTime));
    }
}
