package org.posthouse.frontend;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.posthouse.directory.DirectoryClient;
import org.posthouse.directory.DirectoryClient.Located;
import org.posthouse.directory.DirectoryClient.Verified;
import org.posthouse.smtp.AddressBook;
import org.posthouse.smtp.Place;
import org.posthouse.wire.Link;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;

/// The directory, by way of any node that answers. A node answers in the negative only when it is sure (after a
/// linearizable read), so the first answer of any is final; one that cannot say is passed over for the next.
///
/// Positive answers of [#locate] are kept for a few seconds, for mail comes in batches; negative ones and
/// passwords never.
final class Locator implements AddressBook {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Supplier<List<Link>> nodes;
    private final Limits limits;
    private final LongSupplier nanoTime;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private final SequencedMap<String, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
    private volatile String preferred = "";

    /// @param patience how long one question may take in all
    /// @param attempt how long one node may take at first to say where an address leads, which is quickly done: a
    ///     frozen one says nothing; twice as long in each further round
    /// @param passwordAttempt the same for checking a password, which is slow on purpose
    /// @param keptFor how old a kept answer may be
    /// @param keptMax how many are kept
    record Limits(Duration patience, Duration attempt, Duration passwordAttempt, Duration keptFor, int keptMax) {
        static final Limits DEFAULT = new Limits(
                Duration.ofSeconds(10), Duration.ofMillis(250), Duration.ofSeconds(2), Duration.ofSeconds(5), 10_000);
    }

    private record Kept(Located located, long at) {}

    private interface Question<T> {
        T ask(Link node, Duration deadline) throws IOException;
    }

    Locator(Supplier<List<Link>> nodes, Limits limits, LongSupplier nanoTime) {
        this.nodes = nodes;
        this.limits = limits;
        this.nanoTime = nanoTime;
    }

    @Override
    public Place locate(String address) throws IOException {
        return Place.of(locate(address, limits.patience()));
    }

    @Override
    public Optional<Known> verify(Credentials credentials) throws IOException {
        return verify(credentials, limits.patience()).map(found -> new Known(found.user(), found.signature()));
    }

    @Override
    public ScramSalt salt(String user) throws IOException {
        return ask(limits.patience(), limits.attempt(), (node, atMost) -> DirectoryClient.salt(node, user, atMost));
    }

    /// Where an address leads.
    ///
    /// @throws IOException if no node can say within the deadline
    Located locate(String address, Duration deadline) throws IOException {
        Optional<Located> known = kept(address);
        if (known.isPresent()) {
            return known.get();
        }
        Located located =
                ask(deadline, limits.attempt(), (node, atMost) -> DirectoryClient.locate(node, address, atMost));
        if (located.kind() == DirectoryClient.Kind.LOCAL) {
            keep(address, located);
        }
        return located;
    }

    /// Whether a secret is right; empty if not.
    ///
    /// @throws IOException if no node can say within the deadline
    Optional<Verified> verify(Credentials credentials, Duration deadline) throws IOException {
        return ask(
                deadline,
                limits.passwordAttempt(),
                (node, atMost) -> DirectoryClient.verify(node, credentials.user(), credentials.secret(), atMost));
    }

    /// Drops what is kept of an address: the answer has proved wrong.
    void forget(String address) {
        lock.lock();
        try {
            kept.remove(address);
        } finally {
            lock.unlock();
        }
    }

    private Optional<Located> kept(String address) {
        lock.lock();
        try {
            Kept found = kept.get(address);
            if (found != null
                    && nanoTime.getAsLong() - found.at >= limits.keptFor().toNanos()) {
                kept.remove(address);
                return Optional.empty();
            }
            return Optional.ofNullable(found).map(Kept::located);
        } finally {
            lock.unlock();
        }
    }

    private void keep(String address, Located located) {
        lock.lock();
        try {
            kept.put(address, new Kept(located, nanoTime.getAsLong()));
            if (kept.size() > limits.keptMax()) {
                kept.pollFirstEntry();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Asks one node after the other, beginning with the one that answered last, round and round.
    private <T> T ask(Duration deadline, Duration attempt, Question<T> question) throws IOException {
        long until = System.nanoTime() + deadline.toNanos();
        IOException last = new IOException("no link to any node");
        for (Duration longest = attempt; true; longest = longest.multipliedBy(2)) {
            for (Link node : inOrder()) {
                Duration left = Duration.ofNanos(until - System.nanoTime());
                if (!left.isPositive()) {
                    break;
                }
                try {
                    T answer = question.ask(node, left.compareTo(longest) < 0 ? left : longest);
                    preferred = node.peer();
                    return answer;
                } catch (IOException e) {
                    last = e;
                }
            }
            pause(until, last);
        }
    }

    private List<Link> inOrder() {
        String first = preferred;
        // A stable sort: the others stay in the order of their names.
        return nodes.get().stream()
                .sorted((a, b) ->
                        Boolean.compare(b.peer().equals(first), a.peer().equals(first)))
                .toList();
    }

    private void pause(long until, IOException last) throws IOException {
        long left = until - System.nanoTime();
        try {
            if (left <= 0 || closed.await(Math.min(left, PAUSE.toNanos()), TimeUnit.NANOSECONDS)) {
                throw new IOException("no node could say: " + last.getMessage(), last);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking nodes", last);
        }
    }

    /// Ends all waiting.
    void close() {
        closed.countDown();
    }
}
