package org.posthouse.imap;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.posthouse.mailstore.MailStore;
import org.posthouse.wire.Duplex;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Listener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries on IMAP conversations: with clients from the greeting on, and with clients that a front end has logged
/// in. May be used by many threads.
public final class ImapServer {
    /// Ends the answer to COMPRESS, behind the command's tag; no other answer is worded so.
    public static final String COMPRESSED = " OK " + CompressCommand.ANSWER + "\r\n";

    private static final Logger LOG = LoggerFactory.getLogger(ImapServer.class);

    private final ImapSettings settings;
    private final SessionCounts counts;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();

    /// A conversation that another process goes on with.
    ///
    /// @param client to be relayed from now on; the one that [#serve] was given, or TLS over it
    /// @param early what the client sent behind its log-in: goes to the owner first
    /// @param owner the owner's end
    /// @param user under whose name it is counted until [#ended]
    public record Relay(Duplex client, byte[] early, LinkStream owner, String user) {}

    /// A server with these settings.
    public ImapServer(ImapSettings settings) {
        this.settings = settings;
        this.counts = new SessionCounts(settings.access());
    }

    /// Serves a client until it is done, on the calling thread. The conversation is closed afterwards, unless
    /// another process goes on with it.
    ///
    /// @return where [Login] handed the conversation over
    public Optional<Relay> serve(Duplex client, Login login) {
        Session session = new Session(settings, counts, login, client, client.remote(), client.secure());
        boolean handedOver = false;
        sessions.add(session);
        try {
            session.out()
                    .untagged("OK [CAPABILITY " + CapabilityCommand.of(session) + "] " + settings.name() + " ready");
            new Connection(session).run();
            if (session.owner() == null) {
                return Optional.empty();
            }
            byte[] early = session.in().readFully(session.in().buffered());
            handedOver = true;
            return Optional.of(new Relay(session.duplex(), early, session.owner(), session.counted()));
        } catch (IOException e) {
            LOG.debug("IMAP client {} went away: {}", session.client(), e.getMessage());
            return Optional.empty();
        } finally {
            sessions.remove(session);
            session.leave();
            if (!handedOver) {
                session.duplex().close();
            }
        }
    }

    /// A conversation that was handed over is at its end: the user has one less.
    public void ended(Relay relay) {
        counts.leave(relay.user());
    }

    /// Serves a client that a front end passes on, from its log-in on: the answer to that is the first line.
    void serve(Duplex stream, Login login, Login.Attempt attempt) {
        Session session = new Session(settings, counts, login, stream, attempt.remote(), attempt.secure());
        sessions.add(session);
        try {
            if (new Connection(session).logIn(attempt)) {
                new Connection(session).run();
            }
        } finally {
            sessions.remove(session);
            session.leave();
            stream.close();
        }
    }

    /// How many conversations go on.
    public int sessions() {
        return sessions.size();
    }

    /// Sends those away who are logged in to a virtual server: it is served elsewhere from now on.
    ///
    /// @param store the virtual server's
    /// @param deadline for each client, after which it is cut
    public void dismiss(MailStore store, Duration deadline) {
        dismiss(session -> session.store() == store, deadline);
    }

    /// Sends everybody away, logged in or not: the process ends.
    ///
    /// @param deadline for each, after which it is cut
    public void dismiss(Duration deadline) {
        dismiss(_ -> true, deadline);
    }

    private void dismiss(Predicate<Session> which, Duration deadline) {
        for (Session session : sessions.stream().filter(which).toList()) {
            Thread.ofVirtual().name("imap dismiss").start(() -> dismiss(session, deadline));
        }
    }

    private static void dismiss(Session session, Duration deadline) {
        try {
            if (session.lock().tryLock(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    session.end();
                    session.out().bye("UNAVAILABLE", "Mailboxes are served elsewhere now, connect again");
                } finally {
                    session.lock().unlock();
                }
            }
        } catch (IOException e) {
            LOG.debug("IMAP client {} was gone already: {}", session.client(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            session.duplex().close();
        }
    }

    /// The line with which a listener sends clients away.
    public static String farewell(Listener.Reason reason) {
        return switch (reason) {
            case TOO_MANY -> "* BYE [UNAVAILABLE] Too many connections, try again later";
            case TOO_MANY_FROM_ADDRESS -> "* BYE [LIMIT] Too many connections from your address, try again later";
            case NOT_OPEN -> "* BYE [UNAVAILABLE] Mailboxes are not available, try again later";
            case CLOSING -> "* BYE [UNAVAILABLE] This server is going down, connect again";
        };
    }

    /// The client's address as the fields of an opening carry it: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress().contains(":")
                ? "[" + address.getAddress().getHostAddress() + "]:" + address.getPort()
                : address.getAddress().getHostAddress() + ":" + address.getPort();
    }
}
