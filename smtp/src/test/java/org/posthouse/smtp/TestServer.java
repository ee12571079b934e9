package org.posthouse.smtp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.posthouse.wire.Listener;
import org.posthouse.wire.LoginThrottle;
import org.posthouse.wire.ServiceGate;
import org.posthouse.wire.TlsIdentity;

/// A server on a free port, with a clock that stands, ids that count and a pause that only notes.
final class TestServer implements AutoCloseable {
    static final SmtpOptions OPTIONS = SmtpOptions.of("mx.example.org", "example.org");

    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final Listener listener;

    static TestServer of(Role role, Reception reception) throws IOException {
        return new TestServer(
                role, reception, OPTIONS.authInClear(true), Optional.empty(), LoginThrottle.Limits.DEFAULT);
    }

    static TestServer of(Role role, Reception reception, SmtpOptions options) throws IOException {
        return new TestServer(role, reception, options, Optional.empty(), LoginThrottle.Limits.DEFAULT);
    }

    /// For a store behind it that knows deliveries by their ids.
    static TestServer withRandomIds(Role role, Reception reception) throws IOException {
        return new TestServer(
                role, reception, OPTIONS, Optional.empty(), LoginThrottle.Limits.DEFAULT, DeliveryIds::random);
    }

    TestServer(
            Role role, Reception reception, SmtpOptions options, Optional<TlsIdentity> tls, LoginThrottle.Limits logins)
            throws IOException {
        this(role, reception, options, tls, logins, counting());
    }

    private TestServer(
            Role role,
            Reception reception,
            SmtpOptions options,
            Optional<TlsIdentity> tls,
            LoginThrottle.Limits logins,
            Supplier<String> ids)
            throws IOException {
        InstantSource clock = InstantSource.fixed(Instant.parse("2026-11-22T10:15:30Z"));
        SmtpServer server = new SmtpServer(
                options,
                new LoginThrottle(logins, System::nanoTime),
                new SmtpServer.Surroundings(clock, ZoneOffset.ofHours(1), ids, pauses::add));
        Listener.Plan plan = new Listener.Plan(
                "test smtp",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Listener.Limits.DEFAULT,
                tls,
                false,
                ServiceGate.alwaysOpen(),
                SmtpServer::farewell);
        listener = Listener.open(plan, conversation -> server.serve(conversation, role, reception));
    }

    private static Supplier<String> counting() {
        AtomicInteger count = new AtomicInteger();
        return () -> "id" + count.incrementAndGet();
    }

    InetSocketAddress address() {
        return listener.address();
    }

    Listener listener() {
        return listener;
    }

    /// A client that has heard the greeting.
    SmtpClient connect() throws IOException {
        return new SmtpClient(address()).expect("220 ");
    }

    @Override
    public void close() {
        listener.close(Duration.ZERO);
    }
}
