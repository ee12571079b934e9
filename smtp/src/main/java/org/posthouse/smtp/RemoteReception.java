package org.posthouse.smtp;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;
import org.posthouse.wire.WireReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reception on a front end: keeps each message until the owner of its mailboxes has answered for it.
///
/// Promises: whatever fails between here and the owner, the message is handed over again, with the same delivery id
/// and the same bytes, to whoever owns the virtual server then; so it is delivered once (P2). Only an owner's answer
/// makes a 250 (P1). A client waits 10 s for an owner at RCPT, and 5 min behind its final dot.
public final class RemoteReception extends DirectoryReception {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteReception.class);
    private static final int ANSWER_BYTES_MAX = 4096;
    private static final int STREAM_BYTES = 32 << 10;

    private final Owners owners;
    private final SpoolSpace space;
    private final Patience patience;

    /// How long this side waits.
    ///
    /// @param recipient for an owner at RCPT
    /// @param message for an answer behind the final dot
    /// @param attempt for the owner's answer to one hand-over, or to one question, before it is tried again
    /// @param pauseFirst between failed attempts under one owner; doubles
    /// @param pauseMax up to this
    public record Patience(
            Duration recipient, Duration message, Duration attempt, Duration pauseFirst, Duration pauseMax) {
        /// 10 s, 5 min, 30 s, 50 ms, 1 s.
        public static final Patience DEFAULT = new Patience(
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                Duration.ofSeconds(30),
                Duration.ofMillis(50),
                Duration.ofSeconds(1));
    }

    /// A reception that hands over to owners.
    public RemoteReception(AddressBook addresses, Owners owners, SpoolSpace space, Patience patience) {
        super(addresses);
        this.owners = owners;
        this.space = space;
        this.patience = patience;
    }

    /// One try: a result, or an exception that says why there is none.
    private interface Attempt<T> {
        /// @param left of the time for all tries
        /// @return empty if the node said "retry"
        Optional<T> at(Link owner, OwnerWait wait, Duration left) throws IOException;
    }

    /// How long to wait for the answer to a question: briefly at first, since a frozen owner never answers and
    /// another may have taken over; twice as long each time, since a busy one does in the end.
    private static final class AskingDeadline {
        private Duration deadline;

        AskingDeadline(Duration first) {
            this.deadline = first;
        }

        Duration next() {
            Duration now = deadline;
            deadline = now.multipliedBy(2);
            return now;
        }
    }

    @Override
    RecipientAnswer room(Place.Local local, long declaredSize) {
        Opening question = new Opening(
                DeliverService.RECIPIENT,
                new TreeMap<>(Map.of("virtual-server", local.virtualServer(), "size", Long.toString(declaredSize))));
        byte[] users = String.join("\n", local.users()).getBytes(StandardCharsets.UTF_8);
        AskingDeadline asking = new AskingDeadline(patience.pauseMax().dividedBy(4));
        return repeat(local.virtualServer(), patience.recipient(), "a recipient", (owner, wait, left) -> {
                    Duration deadline = min(asking.next(), min(patience.attempt(), left));
                    return switch (ask(owner, wait, question, users, deadline)) {
                        case "ok" -> Optional.of(new RecipientAnswer.Accepted(local.virtualServer(), local.users()));
                        case "full" -> Optional.of(new RecipientAnswer.Refused(Answer.OVER_QUOTA));
                        case String answer -> retry(owner, local.virtualServer(), answer);
                    };
                })
                .orElseGet(() -> new RecipientAnswer.Refused(Answer.NO_OWNER));
    }

    /// Ends at once when another node owns the virtual server.
    private static String ask(Link owner, OwnerWait wait, Opening question, byte[] users, Duration deadline)
            throws IOException {
        try {
            byte[] answer = owner.call(question, users, deadline, stream -> wait.use(owner, stream));
            return new String(answer, StandardCharsets.UTF_8);
        } finally {
            wait.done();
        }
    }

    @Override
    public MessageSink begin(Envelope envelope) {
        return new Sink(envelope, space.spool(envelope.deliveryId()));
    }

    private Answer handOver(Envelope envelope, Spool spool) {
        return repeat(
                        envelope.virtualServer(),
                        patience.message(),
                        "delivery " + envelope.deliveryId(),
                        (owner, wait, left) -> handOver(owner, wait, min(patience.attempt(), left), envelope, spool))
                .orElse(Answer.TRY_LATER);
    }

    private static Optional<Answer> handOver(
            Link owner, OwnerWait wait, Duration answerWithin, Envelope envelope, Spool spool) throws IOException {
        LinkStream stream = owner.open(new Opening(DeliverService.DELIVER, new TreeMap<>()));
        try (stream) {
            wait.use(owner, stream);
            stream.readTimeout(answerWithin);
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(stream.output(), STREAM_BYTES));
            DeliveryHead.of(envelope, spool.length()).writeTo(out);
            spool.copyTo(out);
            out.flush();
            stream.finish();
            byte[] line = new WireReader(stream.input()).readLine(ANSWER_BYTES_MAX);
            String text = new String(line, StandardCharsets.UTF_8);
            return text.startsWith(DeliverService.ANSWER)
                    ? Optional.of(Answer.parse(text.substring(DeliverService.ANSWER.length())))
                    : retry(owner, envelope.virtualServer(), text);
        } finally {
            wait.done();
        }
    }

    private static <T> Optional<T> retry(Link owner, String virtualServer, String text) {
        LOG.debug("{} says of {}: {}", owner.peer(), virtualServer, text);
        return Optional.empty();
    }

    /// Tries at the owner, and at the next one, until there is a result or the time is over.
    private <T> Optional<T> repeat(String virtualServer, Duration atMost, String what, Attempt<T> attempt) {
        long until = System.nanoTime() + atMost.toNanos();
        Duration pause = patience.pauseFirst();
        try (OwnerWait wait = new OwnerWait(owners, virtualServer)) {
            while (true) {
                long seen = wait.changes();
                Optional<Link> owner = wait.owner();
                Duration left = Duration.ofNanos(until - System.nanoTime());
                Optional<T> result = owner.isEmpty() || !left.isPositive()
                        ? Optional.empty()
                        : once(owner.get(), wait, left, what, attempt);
                left = Duration.ofNanos(until - System.nanoTime());
                if (result.isPresent()
                        || !left.isPositive()
                        || Thread.currentThread().isInterrupted()) {
                    if (result.isEmpty()) {
                        LOG.warn(
                                "{} at {}: no answer in {}, the sender is told to try again",
                                what,
                                virtualServer,
                                atMost);
                    }
                    return result;
                }
                wait.await(seen, owner.isEmpty() ? left : min(left, pause));
                pause = wait.changes() == seen
                        ? min(pause.multipliedBy(2), patience.pauseMax())
                        : patience.pauseFirst();
            }
        }
    }

    private static <T> Optional<T> once(Link owner, OwnerWait wait, Duration left, String what, Attempt<T> attempt) {
        try {
            return attempt.at(owner, wait, left);
        } catch (IOException | IllegalArgumentException e) {
            LOG.info("{} was not answered by {}, trying again: {}", what, owner.peer(), e.toString());
            return Optional.empty();
        }
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private final class Sink implements MessageSink {
        private final Envelope envelope;
        private final Spool spool;
        private IOException failure;

        Sink(Envelope envelope, Spool spool) {
            this.envelope = envelope;
            this.spool = spool;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (failure != null) {
                return;
            }
            try {
                spool.write(bytes, offset, length);
            } catch (IOException e) {
                LOG.warn("cannot keep a message here until it is handed over: {}", e.toString());
                failure = e;
            }
        }

        @Override
        public Answer finish() {
            return failure == null ? handOver(envelope, spool) : Answer.DISK_FULL;
        }

        @Override
        public void close() {
            try {
                spool.close();
            } catch (IOException e) {
                LOG.warn("cannot delete the spooled message {}: {}", envelope.deliveryId(), e.toString());
            }
        }
    }
}
