package org.posthouse.smtp;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.function.Supplier;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.Listener;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.SaslExchange.Bearers;

/// The SMTP, submission and LMTP server: one conversation for each [#serve], on the caller's thread.
public final class SmtpServer {
    private final SmtpOptions options;
    private final LoginThrottle throttle;
    private final Surroundings surroundings;
    private final Bearers bearers;

    /// What a server takes from the world around it; a test gives its own.
    ///
    /// @param clock for `Received:` and internal dates
    /// @param zone in which they are written
    /// @param ids gives a new delivery id: random, 128 bits as 32 hexadecimal digits
    /// @param pause waits, before a failed login is answered
    public record Surroundings(InstantSource clock, ZoneId zone, Supplier<String> ids, Pause pause) {
        /// The system's clock and zone, a strong random generator, and a real pause.
        public static Surroundings real() {
            return new Surroundings(InstantSource.system(), ZoneId.systemDefault(), DeliveryIds::random, Thread::sleep);
        }
    }

    /// A wait.
    @FunctionalInterface
    public interface Pause {
        /// Returns after that time.
        void sleep(Duration time) throws InterruptedException;
    }

    /// @param throttle shared by all servers of the process that authenticate
    public SmtpServer(SmtpOptions options, LoginThrottle throttle, Surroundings surroundings) {
        this(options, throttle, surroundings, Bearers.NONE);
    }

    /// @param bearers whether access tokens are taken
    public SmtpServer(SmtpOptions options, LoginThrottle throttle, Surroundings surroundings, Bearers bearers) {
        this.options = options;
        this.throttle = throttle;
        this.surroundings = surroundings;
        this.bearers = bearers;
    }

    /// Carries on a conversation from the greeting to its end. The caller closes it, as a [Listener] does: gently, so
    /// that the client hears the last answer whatever it has sent behind it.
    ///
    /// @throws IOException if the client went away
    public void serve(Duplex conversation, Role role, Reception reception) throws IOException {
        new SmtpSession(conversation, role, reception, this).run();
    }

    /// The line with which a listener sends clients away.
    public static String farewell(Listener.Reason reason) {
        return switch (reason) {
            case TOO_MANY -> "421 4.3.2 too many connections, try again later";
            case TOO_MANY_FROM_ADDRESS -> "421 4.7.0 too many connections from your address, try again later";
            case NOT_OPEN -> "421 4.3.2 this server has no mailboxes now, try again later";
            case CLOSING -> "421 4.3.2 this server is going down, try again later";
        };
    }

    SmtpOptions options() {
        return options;
    }

    LoginThrottle throttle() {
        return throttle;
    }

    Bearers bearers() {
        return bearers;
    }

    Surroundings surroundings() {
        return surroundings;
    }
}
