package org.posthouse.faults;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.posthouse.faults.Ledger.Outcome;
import org.posthouse.testkit.MarkedMessage;
import org.posthouse.testkit.RefusedException;
import org.posthouse.testkit.RunningCluster;
import org.posthouse.testkit.SmtpClient;
import org.posthouse.testkit.SmtpClient.Protocol;

/// A constant load of SMTP connections, spread over the front ends, each sending message after message to users
/// chosen by the seed, and noting every answer in a ledger.
final class Load implements AutoCloseable {
    // A front end holds a message whose final dot it has for up to 5 min.
    private static final Patience PATIENT = new Patience(Duration.ofMinutes(6), Duration.ofMinutes(6));
    private static final Duration RECONNECT_PAUSE = Duration.ofMillis(100);
    private static final int REFUSALS_MAX = 50;

    /// How much is sent.
    ///
    /// @param perSecond messages a second, all connections together
    record Pace(int connections, double perSecond, int sizeBytes) {}

    /// How long a client waits before it tries again on another connection.
    ///
    /// @param connect until it has been greeted
    /// @param answer for each answer
    record Patience(Duration connect, Duration answer) {}

    /// An answered 250.
    ///
    /// @param sentNanos when the final dot had been sent
    /// @param latencyNanos from MAIL to the answer
    record Acknowledgement(String virtualServer, long sentNanos, long answeredNanos, long latencyNanos) {}

    private final Ledger ledger;
    private final List<InetSocketAddress> doors;
    private final Map<String, String> users;
    private final Pace pace;
    private final Patience patience;
    private final long seed;
    private final List<Thread> senders = new ArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition acknowledged = lock.newCondition();
    private final List<Acknowledgement> acknowledgements = new ArrayList<>();
    private final Map<String, Integer> refusals = new TreeMap<>();

    private Load(
            Ledger ledger,
            List<InetSocketAddress> doors,
            Map<String, String> users,
            Pace pace,
            Patience patience,
            long seed) {
        this.ledger = ledger;
        this.doors = doors;
        this.users = users;
        this.pace = pace;
        this.patience = patience;
        this.seed = seed;
    }

    /// Starts sending.
    static Load start(RunningCluster cluster, Ledger ledger, Pace pace, long seed) throws IOException {
        return start(ledger, cluster.smtpDoors(), cluster.users(), pace, seed);
    }

    /// Starts sending to these addresses.
    ///
    /// @param users addresses, each with the virtual server that holds its mailbox
    static Load start(Ledger ledger, List<InetSocketAddress> doors, Map<String, String> users, Pace pace, long seed) {
        return start(ledger, doors, users, pace, PATIENT, seed);
    }

    /// Starts sending to a server that may vanish without a word, as no front end stands in between.
    static Load start(RunningCluster cluster, Ledger ledger, Pace pace, Patience patience, long seed)
            throws IOException {
        return start(ledger, cluster.smtpDoors(), cluster.users(), pace, patience, seed);
    }

    private static Load start(
            Ledger ledger,
            List<InetSocketAddress> doors,
            Map<String, String> users,
            Pace pace,
            Patience patience,
            long seed) {
        Load load = new Load(ledger, doors, users, pace, patience, seed);
        for (int k = 0; k < pace.connections(); k++) {
            int number = k;
            load.senders.add(Thread.ofVirtual().name("sender-" + k).start(() -> load.send(number)));
        }
        return load;
    }

    private void send(int number) {
        Random random = new Random(seed * 31 + number);
        List<String> recipients = new ArrayList<>(new TreeMap<>(users).keySet());
        long interval = (long) (1e9 * pace.connections() / pace.perSecond());
        long due = System.nanoTime() + random.nextLong(interval);
        SmtpClient client = null;
        for (int n = 0; awaitDue(due); n++) {
            due = Math.max(due + interval, System.nanoTime() - interval);
            String recipient = recipients.get(random.nextInt(recipients.size()));
            String id = Long.toHexString(seed) + "-" + number + "-" + n;
            byte[] message = MarkedMessage.of(id, recipient, pace.sizeBytes());
            boolean contentBegun = false;
            try {
                if (client == null) {
                    client = SmtpClient.connect(Protocol.SMTP, doors.get(number % doors.size()), patience.connect());
                    client.limit(patience.answer());
                }
                long begun = System.nanoTime();
                client.open("load@example.org", List.of(recipient));
                contentBegun = true;
                client.content(message);
                long sent = System.nanoTime();
                var _ = client.answers();
                ledger.note(id, recipient, Outcome.ACKNOWLEDGED);
                note(new Acknowledgement(users.get(recipient), sent, System.nanoTime(), System.nanoTime() - begun));
            } catch (RefusedException e) {
                ledger.note(id, recipient, e.temporary() ? Outcome.REFUSED_FOR_NOW : Outcome.REFUSED_FOR_GOOD);
                refused(e.answer());
                client = reopened(client, e.answer().startsWith("421"));
            } catch (IOException e) {
                // Before its content was begun a message cannot have been taken: if it turns up, it is a stranger.
                if (contentBegun) {
                    ledger.note(id, recipient, Outcome.UNKNOWN);
                }
                refused("no answer: " + e.getMessage());
                client = reopened(client, true);
                due = System.nanoTime() + RECONNECT_PAUSE.toNanos();
            }
        }
        if (client != null) {
            client.close();
        }
    }

    private static SmtpClient reopened(SmtpClient client, boolean lost) {
        if (client != null && lost) {
            client.close();
            return null;
        }
        return client;
    }

    /// Waits for the next message's time; false once the load is to end.
    private boolean awaitDue(long due) {
        try {
            return !stop.await(Math.max(0, due - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void note(Acknowledgement acknowledgement) {
        lock.lock();
        try {
            acknowledgements.add(acknowledgement);
            acknowledged.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void refused(String answer) {
        lock.lock();
        try {
            if (refusals.size() < REFUSALS_MAX || refusals.containsKey(answer)) {
                refusals.merge(answer, 1, Integer::sum);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits for the first acknowledgement of a message for this virtual server whose final dot was sent after this
    /// time; an earlier message's answer may have been under way.
    Optional<Acknowledgement> next(String virtualServer, long afterNanos, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        lock.lock();
        try {
            int looked = 0;
            while (true) {
                for (; looked < acknowledgements.size(); looked++) {
                    Acknowledgement each = acknowledgements.get(looked);
                    if (each.virtualServer().equals(virtualServer) && each.sentNanos() - afterNanos > 0) {
                        return Optional.of(each);
                    }
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return Optional.empty();
                }
                var _ = acknowledged.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /// Acknowledgements of messages whose final dot was sent between these times.
    List<Acknowledgement> between(long fromNanos, long toNanos) {
        lock.lock();
        try {
            return acknowledgements.stream()
                    .filter(each -> each.sentNanos() - fromNanos >= 0 && each.sentNanos() - toNanos < 0)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /// The longest time without an acknowledgement since then, nanoseconds.
    long longestGapNanos(long since) {
        long now = System.nanoTime();
        List<Long> answered = new ArrayList<>(between(since, now).stream()
                .map(Acknowledgement::answeredNanos)
                .sorted(Comparator.comparingLong(at -> at - since))
                .toList());
        answered.add(now);
        long longest = 0;
        long last = since;
        for (long at : answered) {
            longest = Math.max(longest, at - last);
            last = at;
        }
        return longest;
    }

    /// What servers said instead of 250, with how often.
    Map<String, Integer> refusals() {
        lock.lock();
        try {
            return new TreeMap<>(refusals);
        } finally {
            lock.unlock();
        }
    }

    /// Lets every connection finish the message that it is at, then ends.
    void stop() throws IOException {
        stop.countDown();
        try {
            for (Thread sender : senders) {
                if (!sender.join(patience.answer().multipliedBy(2))) {
                    throw new IOException(sender.getName() + " did not end");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// Tells the senders to end, and waits for none of them.
    @Override
    public void close() {
        stop.countDown();
    }
}
