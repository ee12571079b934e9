package org.posthouse.faults;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.posthouse.testkit.ImapClient;
import org.posthouse.testkit.SampleCluster;

/// An IMAP session that asks NOOP all the time and logs in again when it is cut: what a client sees of a failover.
final class SessionWatch implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
    private static final long PAUSE_MILLIS = 10;
    private static final long END_MILLIS = 5_000;

    private final InetSocketAddress address;
    private final String user;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Long> answers = new ArrayList<>(); // under this
    private final List<Long> troubles = new ArrayList<>(); // under this
    private Thread thread;

    private SessionWatch(InetSocketAddress address, String user) {
        this.address = address;
        this.user = user;
    }

    /// Logs in and begins to ask.
    static SessionWatch start(InetSocketAddress address, String user) throws IOException {
        SessionWatch watch = new SessionWatch(address, user);
        ImapClient client = watch.logIn();
        watch.thread = Thread.ofVirtual().name("imap-session").start(() -> watch.run(client));
        return watch;
    }

    private ImapClient logIn() throws IOException {
        ImapClient client = ImapClient.login(address, user, SampleCluster.PASSWORD, ANSWER_LIMIT);
        try {
            var _ = client.select("INBOX");
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private void run(ImapClient first) {
        ImapClient client = first;
        try {
            while (!stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                try {
                    if (client == null) {
                        client = logIn();
                    }
                    var _ = client.command("NOOP");
                    note(answers);
                } catch (IOException _) {
                    // Being cut is what this watches for: noted, and logged in again.
                    note(troubles);
                    if (client != null) {
                        client.close();
                    }
                    client = null;
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            if (client != null) {
                client.close();
            }
        }
    }

    private synchronized void note(List<Long> times) {
        times.add(System.nanoTime());
    }

    /// When the session was cut first after a time.
    synchronized OptionalLong firstTroubleAfter(long nanos) {
        return troubles.stream()
                .filter(at -> at - nanos > 0)
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /// When it was answered again after that.
    synchronized OptionalLong firstAnswerAfterTrouble(long nanos) {
        OptionalLong trouble = firstTroubleAfter(nanos);
        return answers.stream()
                .filter(at -> trouble.isPresent() && at - trouble.getAsLong() > 0)
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /// The longest time between two answers.
    synchronized double longestGapMillis() {
        long longest = 0;
        for (int i = 1; i < answers.size(); i++) {
            longest = Math.max(longest, answers.get(i) - answers.get(i - 1));
        }
        return longest / 1e6;
    }

    @Override
    public void close() {
        stop.countDown();
        try {
            if (!thread.join(Duration.ofMillis(END_MILLIS))) {
                throw new IllegalStateException("the IMAP session does not end");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
