package org.posthouse.bench;

import java.io.IOException;
import java.time.Duration;
import org.posthouse.testkit.ImapClient;

/// IMAP APPEND to INBOX, with LITERAL+ where the server offers it. After each turn IMAP must show exactly as many
/// messages more as were acknowledged.
final class AppendLoad implements Workload {
    private static final Duration WARM_UP = Duration.ofSeconds(3);

    private final int connections;
    private final Mold mold;

    AppendLoad(int connections, Mold mold) {
        this.connections = connections;
        this.mold = mold;
    }

    @Override
    public String name() {
        return "append";
    }

    @Override
    public int connections() {
        return connections;
    }

    @Override
    public Measured.Unit unit() {
        return Measured.Unit.MESSAGES;
    }

    @Override
    public void prepare(Target target) throws IOException {
        var _ = append(target, WARM_UP);
    }

    @Override
    public Measured turn(Target target, Duration duration) throws IOException {
        long before = target.messages();
        Measured measured = append(target, duration);
        long readable = target.messages() - before;
        if (readable != measured.units()) {
            throw new IOException(target.name() + " acknowledged " + measured.units() + " APPENDs, but IMAP shows "
                    + readable + " new messages");
        }
        return measured;
    }

    private Measured append(Target target, Duration duration) throws IOException {
        return Crowd.run(
                connections,
                k -> new Appender(target.imap(k, target.user(k)), "INBOX", mold),
                duration,
                Long.MAX_VALUE);
    }

    /// Appends to one mailbox.
    record Appender(ImapClient client, String mailbox, Mold mold) implements Crowd.Member {
        @Override
        public void act() throws IOException {
            var _ = client.append(mailbox, "", mold.message());
        }

        @Override
        public void close() throws IOException {
            client.logout();
        }
    }
}
