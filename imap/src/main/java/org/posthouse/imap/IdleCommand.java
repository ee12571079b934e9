package org.posthouse.imap;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.ImapException.Bye;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// IDLE (RFC 2177). This thread waits for `DONE`; when something happens in the mailbox a thread is started that
/// tells it, under the session's lock, and ends. So an idle session costs one waiting virtual thread.
final class IdleCommand implements Command {
    private static final Logger LOG = LoggerFactory.getLogger(IdleCommand.class);

    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        Teller teller = new Teller(session);
        session.out().continuation("idling");
        MailStore.Watch watch = session.selected() == null
                ? () -> {}
                : session.store().watch(session.selected().mailboxId(), teller::wake);
        String line;
        try (watch) {
            teller.wake(); // for what happened before the watch stood
            awaitInput(session, teller);
        } finally {
            teller.stop();
        }
        line = in.plainLine();
        if (!line.equalsIgnoreCase("DONE")) {
            throw new Bad("Expected DONE");
        }
        session.out().under(session.store(), session.store().enter());
        return Completed.ok("IDLE completed");
    }

    /// Without the lock, which the teller needs.
    private static void awaitInput(Session session, Teller teller) throws IOException {
        Duration notice = session.limits().idleNotice();
        Duration left = session.limits().idleTimeout();
        session.duplex().readTimeout(notice);
        session.clock().rest();
        session.lock().unlock();
        try {
            while (true) {
                try {
                    session.in().peek();
                    return;
                } catch (SocketTimeoutException e) {
                    left = left.minus(notice);
                    if (!left.isPositive()) {
                        throw e;
                    }
                    teller.stillHere();
                }
            }
        } finally {
            session.lock().lock();
            session.duplex().readTimeout(session.limits().idleTimeout());
        }
    }

    /// Tells changes while the session idles.
    private static final class Teller {
        private final Session session;
        private final AtomicBoolean awake = new AtomicBoolean();
        private boolean stopped; // guarded by the session's lock

        Teller(Session session) {
            this.session = session;
        }

        /// Called by the store: returns at once.
        void wake() {
            if (!awake.getAndSet(true)) {
                Thread.ofVirtual().name("imap idle").start(() -> {
                    awake.set(false);
                    say(false);
                });
            }
        }

        /// A line now and then keeps middle boxes from forgetting the connection, and finds out whether it, and
        /// this node's ownership, still stand.
        void stillHere() {
            say(true);
        }

        /// With the lock held: nothing is told any more when this returns.
        void stop() {
            stopped = true;
        }

        private void say(boolean notice) {
            session.lock().lock();
            try {
                if (stopped) {
                    return;
                }
                session.out().under(session.store(), session.store().enter());
                session.tell(Telling.ALL);
                if (notice) {
                    session.out().untagged("OK Still here");
                }
                session.out().flushAndRest();
            } catch (Bye e) {
                sendAway(e);
            } catch (StoreException e) {
                sendAway(ImapException.of(e) instanceof Bye bye ? bye : new Bye("UNAVAILABLE", e.getMessage()));
            } catch (IOException e) {
                stopped = true;
                session.duplex().close(); // wakes the thread that waits for DONE
            } finally {
                session.lock().unlock();
            }
        }

        private void sendAway(Bye bye) {
            stopped = true;
            try {
                session.out().bye(bye.code(), bye.getMessage());
            } catch (IOException e) {
                LOG.debug("IMAP client {} was gone already: {}", session.client(), e.getMessage());
            } finally {
                session.duplex().close();
            }
        }
    }
}
