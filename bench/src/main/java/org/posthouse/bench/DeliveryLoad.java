package org.posthouse.bench;

import java.io.IOException;
import java.time.Duration;
import org.posthouse.testkit.SmtpClient;

/// SMTP or LMTP delivery: MAIL, RCPT and DATA pipelined, then the message, then its answer; one recipient each.
/// After each turn IMAP must show exactly as many messages more as were acknowledged.
final class DeliveryLoad implements Workload {
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final String SENDER = "bench@example.org";

    private final int connections;
    private final Mold mold;

    DeliveryLoad(int connections, Mold mold) {
        this.connections = connections;
        this.mold = mold;
    }

    @Override
    public String name() {
        return "delivery";
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
        var _ = deliver(target, WARM_UP);
    }

    @Override
    public Measured turn(Target target, Duration duration) throws IOException {
        long before = target.messages();
        Measured measured = deliver(target, duration);
        long readable = target.messages() - before;
        if (readable != measured.units()) {
            throw new IOException(target.name() + " acknowledged " + measured.units() + " deliveries, but IMAP shows "
                    + readable + " new messages");
        }
        return measured;
    }

    private Measured deliver(Target target, Duration duration) throws IOException {
        return Crowd.run(connections, k -> new Sender(target.delivery(k), target.user(k)), duration, Long.MAX_VALUE);
    }

    private final class Sender implements Crowd.Member {
        private final SmtpClient client;
        private final String user;

        Sender(SmtpClient client, String user) {
            this.client = client;
            this.user = user;
        }

        @Override
        public void act() throws IOException {
            var _ = client.deliver(SENDER, user, mold.message());
        }

        @Override
        public void close() throws IOException {
            client.quit();
        }
    }
}
