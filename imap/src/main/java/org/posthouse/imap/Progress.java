package org.posthouse.imap;

import java.io.IOException;

/// Tells a client now and then how far a command is that takes long (RFC 9585), so that it neither gives up nor leaves
/// its user in the dark. Between response lines only. Commands that are one change of the store have no half way: they
/// say nothing until the commit deadline.
final class Progress {
    /// Virtual threads are not preempted: a few searches of many keys would keep all processors from everybody else.
    private static final long TURN_NANOS = 5_000_000;

    private final Session session;
    private final long everyNanos;
    private long toldNanos;
    private long turnNanos;
    private long goal;
    private long done;

    Progress(Session session) {
        this.session = session;
        this.everyNanos = session.settings().access().progressNotice().toNanos();
    }

    @SuppressWarnings("ThreadPriorityCheck")
    // Justification: it warns that yielding may do nothing; a virtual thread goes to the end of the queue.
    private void letOthersRun(long now) {
        if (now - turnNanos >= TURN_NANOS) {
            Thread.yield();
            turnNanos = System.nanoTime();
        }
    }

    /// A command begins to look at so many messages.
    void begin(long messages) {
        toldNanos = System.nanoTime();
        goal = messages;
        done = 0;
    }

    /// So many messages are looked at next.
    ///
    /// @throws ImapException.No if the command has taken longer than a command may
    void step(int messages) throws IOException {
        long now = System.nanoTime();
        session.checkTime(now);
        if (now - toldNanos >= everyNanos) {
            tell();
            toldNanos = now;
        }
        letOthersRun(now);
        done += messages;
    }

    /// The message last looked at is looked at again.
    ///
    /// @throws ImapException.No if the command has taken longer than a command may
    void again() throws IOException {
        done--;
        step(1);
    }

    /// No more than so many messages are left.
    void left(long messages) {
        done = Math.max(done, goal - messages);
    }

    private void tell() throws IOException {
        Responses out = session.out();
        out.text("* OK [INPROGRESS (");
        String tag = session.tag();
        if (tag.indexOf(']') < 0) {
            out.octet('"').text(tag).octet('"');
        } else {
            out.text("NIL"); // RFC 9585 section 4: it would end the response code
        }
        out.octet(' ').number(done).octet(' ');
        if (done < goal) {
            out.number(goal);
        } else {
            out.text("NIL");
        }
        out.text(")] Still looking").endLine();
        out.flush();
    }
}
