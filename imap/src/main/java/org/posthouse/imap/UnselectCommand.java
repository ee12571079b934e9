package org.posthouse.imap;

/// UNSELECT (RFC 3691): CLOSE without expunging.
final class UnselectCommand implements Command {
    @Override
    public Completed run(Session session, Decoder in) {
        in.expectEnd();
        session.select(null);
        return Completed.ok("UNSELECT completed");
    }
}
