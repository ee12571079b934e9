package org.posthouse.imap;

import java.util.Optional;
import java.util.function.ToLongFunction;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.SaslExchange.Bearers;

/// How a server presents itself and what it allows.
///
/// @param name shown in the greeting: the virtual server's or the front end's
/// @param plainTextLogin whether a password may be sent without TLS; if not, `LOGINDISABLED` (RFC 3501 section
///     6.2.3) until STARTTLS
/// @param limits per client
/// @param quota the most a user may store, in bytes, 0 for no limit
/// @param sharing who shares mailboxes
/// @param throttle slows down guessing of passwords; shared by all services of a process
/// @param access who may connect how often, and how long a client may take
/// @param fullText the index of what is served, if there is one
public record ImapSettings(
        String name,
        boolean plainTextLogin,
        ImapLimits limits,
        ToLongFunction<String> quota,
        Sharing sharing,
        LoginThrottle throttle,
        ImapAccess access,
        Optional<FullText> fullText) {

    /// Without an index.
    public ImapSettings(
            String name,
            boolean plainTextLogin,
            ImapLimits limits,
            ToLongFunction<String> quota,
            Sharing sharing,
            LoginThrottle throttle,
            ImapAccess access) {
        this(name, plainTextLogin, limits, quota, sharing, throttle, access, Optional.empty());
    }

    /// With [ImapAccess#DEFAULT].
    public ImapSettings(
            String name,
            boolean plainTextLogin,
            ImapLimits limits,
            ToLongFunction<String> quota,
            Sharing sharing,
            LoginThrottle throttle) {
        this(name, plainTextLogin, limits, quota, sharing, throttle, ImapAccess.DEFAULT);
    }

    /// With other rules of access.
    public ImapSettings access(ImapAccess rules) {
        return new ImapSettings(name, plainTextLogin, limits, quota, sharing, throttle, rules, fullText);
    }

    /// With an index, which stays the caller's.
    public ImapSettings fullText(FullText index) {
        return new ImapSettings(name, plainTextLogin, limits, quota, sharing, throttle, access, Optional.of(index));
    }

    /// Whether access tokens are taken.
    Bearers bearers() {
        return access.bearers();
    }

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
