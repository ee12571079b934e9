package org.posthouse.imap;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.posthouse.imap.ImapException.Bad;
import org.posthouse.imap.Selected.Telling;
import org.posthouse.mailstore.MailStore;

/// IDLE (RFC 2177). This thread waits for `DONE`; when something happens in the mailbox a [Teller] tells it. So an
/// idle session costs one waiting virtual thread.
final class IdleCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) throws IOException {
        in.expectEnd();
        Teller teller = new Teller(session, () -> session.tell(Telling.ALL));
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
                    // A line now and then keeps middle boxes from forgetting the connection, and finds out whether it,
                    // and this node's ownership, still stand.
                    teller.say(() -> {
                        session.tell(Telling.ALL);
                        session.out().untagged("OK Still here");
                    });
                }
            }
        } finally {
            session.lock().lock();
            session.duplex().readTimeout(session.limits().idleTimeout());
        }
    }
}
