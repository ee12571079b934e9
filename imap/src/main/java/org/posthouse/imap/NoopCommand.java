package org.posthouse.imap;

/// NOOP and CHECK (RFC 3501 sections 6.1.2 and 6.4.1): what has happened is told behind them. Everything is
/// committed before it is answered, so there is nothing to check.
final class NoopCommand implements Command {
    private final String name;

    NoopCommand(String name) {
        this.name = name;
    }

    @Override
    public Completed run(Session session, Decoder in) {
        in.expectEnd();
        return Completed.ok(name + " completed");
    }
}
