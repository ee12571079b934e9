package org.posthouse.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.posthouse.testkit.ImapClient;

/// One client fetches a whole mailbox in one command: the flags, or the bodies. The mailbox is filled before the
/// first turn, by APPEND.
final class FetchLoad implements Workload {
    private static final String MAILBOX = "bench-fetch";
    private static final int FILLERS = 8;
    private static final Duration FILL_LIMIT = Duration.ofMinutes(5);

    private final boolean bodies;
    private final int messages;
    private final Mold mold;

    FetchLoad(boolean bodies, int messages, Mold mold) {
        this.bodies = bodies;
        this.messages = messages;
        this.mold = mold;
    }

    @Override
    public String name() {
        return bodies ? "fetch body[]" : "fetch flags";
    }

    @Override
    public int connections() {
        return 1;
    }

    @Override
    public Measured.Unit unit() {
        return bodies ? Measured.Unit.MEGABYTES : Measured.Unit.MESSAGES;
    }

    @Override
    public void prepare(Target target) throws IOException {
        String user = target.user(0);
        try (ImapClient client = target.imap(0, user)) {
            List<ImapClient.Response> listed = client.command("LIST \"\" " + MAILBOX);
            if (listed.stream().noneMatch(answer -> answer.name().equals("LIST"))) {
                var _ = client.command("CREATE " + MAILBOX);
            }
            long missing = messages - client.messages(MAILBOX);
            if (missing > 0) {
                var _ = Crowd.run(
                        FILLERS,
                        k -> new AppendLoad.Appender(target.imap(k, user), MAILBOX, mold),
                        FILL_LIMIT,
                        missing);
            }
            var _ = client.select(MAILBOX);
            var _ = fetch(client);
            client.logout();
        }
    }

    @Override
    public Measured turn(Target target, Duration duration) throws IOException {
        try (ImapClient client = target.imap(0, target.user(0))) {
            var _ = client.select(MAILBOX);
            Histogram latencies = Crowd.histogram();
            long units = 0;
            long start = System.nanoTime();
            do {
                long before = System.nanoTime();
                units += fetch(client);
                latencies.recordValue((System.nanoTime() - before) / 1_000);
            } while (System.nanoTime() - start < duration.toNanos());
            long nanos = System.nanoTime() - start;
            client.logout();
            return new Measured(units, nanos, latencies);
        }
    }

    private long fetch(ImapClient client) throws IOException {
        long[] seen = {0, 0};
        client.fetch(false, "1:*", bodies ? "BODY.PEEK[]" : "FLAGS", answer -> {
            seen[0]++;
            for (byte[] literal : answer.literals()) {
                seen[1] += literal.length;
            }
        });
        if (seen[0] < messages) {
            throw new IOException("fetched " + seen[0] + " of " + messages + " messages");
        }
        return bodies ? seen[1] : seen[0];
    }
}
