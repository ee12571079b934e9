package org.posthouse.frontend;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.posthouse.cluster.Route;
import org.posthouse.directory.DirectoryClient;
import org.posthouse.imap.ImapService;
import org.posthouse.imap.Login;
import org.posthouse.smtp.Owners;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.ScramSalt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs one client in at the owner of its virtual server, wherever that is, waiting for an owner if need be. One
/// for each conversation. The owner checks the password that is passed on to it.
final class OwnerLogin implements Login {
    /// Between two tries while nothing that is known here has changed: an owner may be about to open. It doubles,
    /// for a thousand clients may be waiting, and a route or a link that comes ends it anyway.
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private static final String NO_OWNER = "Mailboxes are not available at the moment, try again";
    private static final Logger log = LoggerFactory.getLogger(OwnerLogin.class);

    private final Locator locator;
    private final Routes routes;
    private final Duration patience;
    private Route route;

    /// @param patience how long a client waits for an owner
    OwnerLogin(Locator locator, Routes routes, Duration patience) {
        this.locator = locator;
        this.routes = routes;
        this.patience = patience;
    }

    /// Under which route the conversation was handed over.
    Route route() {
        return route;
    }

    @Override
    public Outcome logIn(Attempt attempt) {
        long until = System.nanoTime() + patience.toNanos();
        Outcome outcome = new Unavailable(NO_OWNER);
        Duration pause = FIRST_PAUSE;
        try {
            while (true) {
                long seen = routes.changes();
                outcome = once(attempt, until);
                if (!(outcome instanceof Unavailable(String text))) {
                    return outcome;
                }
                Duration left = left(until);
                if (!left.isPositive()) {
                    log.warn("{} could not log in within {} s: {}", attempt.user(), patience.toSeconds(), text);
                    return outcome;
                }
                routes.await(seen, shorter(left, pause));
                pause = routes.changes() == seen ? shorter(pause.multipliedBy(2), LONGEST_PAUSE) : FIRST_PAUSE;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return outcome;
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration left(long until) {
        return Duration.ofNanos(until - System.nanoTime());
    }

    @Override
    public ScramSalt salt(String user) throws IOException {
        return locator.salt(user);
    }

    private Outcome once(Attempt attempt, long until) {
        try {
            if (attempt.user().isEmpty()) {
                return byToken(attempt, until);
            }
            DirectoryClient.Located located = locator.locate(attempt.user(), left(until));
            if (located.kind() != DirectoryClient.Kind.LOCAL) {
                return refuse(attempt, until);
            }
            Optional<Route> known = routes.route(located.virtualServer());
            Optional<Link> link = known.flatMap(routes::link);
            if (link.isEmpty()) {
                return new Unavailable(NO_OWNER);
            }
            return at(known.get(), link.get(), attempt, until);
        } catch (IOException e) {
            log.debug("{} cannot be logged in yet: {}", attempt.user(), e.getMessage());
            return new Unavailable(NO_OWNER);
        }
    }

    /// Only a node can say whose token it is; the owner verifies it again.
    private Outcome byToken(Attempt attempt, long until) throws IOException {
        Optional<DirectoryClient.Verified> verified = locator.verify(attempt.credentials(), left(until));
        return verified.isEmpty() || verified.get().user().isEmpty()
                ? new Refused()
                : once(attempt.of(verified.get().user()), until);
    }

    /// An unknown user's password is checked like anybody's: otherwise a quick answer would say which users exist.
    private Outcome refuse(Attempt attempt, long until) throws IOException {
        boolean knownAfterAll =
                locator.verify(attempt.credentials(), left(until)).isPresent();
        return knownAfterAll ? new Unavailable(NO_OWNER) : new Refused();
    }

    private Outcome at(Route owner, Link link, Attempt attempt, long until) throws IOException {
        LinkStream stream = link.open(ImapService.opening(owner.virtualServer(), attempt));
        // A frozen owner resets nothing; the news of another one is all that ends the wait for its answer.
        Runnable cut = () -> {
            if (!routes.newest(owner)) {
                stream.reset("another node owns " + owner.virtualServer() + " now");
            }
        };
        boolean handedOver = false;
        Owners.Watch watch = routes.watch(owner.virtualServer(), cut);
        try (watch) {
            cut.run();
            Duration left = left(until);
            stream.readTimeout(left.isPositive() ? left : Duration.ofNanos(1));
            Outcome outcome = ImapService.answer(stream, attempt);
            handedOver = outcome instanceof HandOver;
            if (handedOver) {
                stream.readTimeout(Duration.ZERO);
                route = owner;
            }
            if (outcome instanceof Unavailable) {
                // Perhaps the user is of another virtual server by now.
                locator.forget(attempt.user());
            }
            return outcome;
        } finally {
            if (!handedOver) {
                stream.close();
            }
        }
    }
}
