package org.posthouse.imap;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.posthouse.imap.ImapException.Bye;
import org.posthouse.mailstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells a client what happens while no command of its is carried out (IDLE, NOTIFY): when the store wakes it a thread
/// is started that writes, under the session's lock, and ends. However often it is woken meanwhile, one more waits
/// at most, so a client that reads nothing costs two threads.
final class Teller {
    private static final Logger LOG = LoggerFactory.getLogger(Teller.class);

    private final Session session;
    private final Words words;
    private final AtomicBoolean awake = new AtomicBoolean();
    private boolean stopped; // guarded by the session's lock

    /// What there is to be told, written with the session's lock held.
    interface Words {
        void write() throws IOException;
    }

    Teller(Session session, Words words) {
        this.session = session;
        this.words = words;
    }

    /// Called by the store: returns at once.
    void wake() {
        if (!awake.getAndSet(true)) {
            Thread.ofVirtual().name("imap teller").start(() -> {
                awake.set(false);
                say(words);
            });
        }
    }

    /// With the lock held: nothing is told any more when this returns.
    void stop() {
        stopped = true;
    }

    /// Says something now.
    void say(Words what) {
        session.lock().lock();
        try {
            if (stopped || session.over()) {
                return;
            }
            session.out().under(session.store(), session.store().enter());
            what.write();
            session.out().flushAndRest();
        } catch (Bye e) {
            sendAway(e);
        } catch (StoreException e) {
            sendAway(ImapException.of(e) instanceof Bye bye ? bye : new Bye("UNAVAILABLE", e.getMessage()));
        } catch (IOException e) {
            stopped = true;
            session.duplex().close(); // wakes the thread that reads
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
