package org.posthouse.smtp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;

/// A reception for `example.org` that keeps what it gets. Users: ann and bob on vs1, cid on vs2, `team` leads to ann
/// and bob, `full` is over quota, `later` cannot be answered for.
final class RecordingReception implements Reception {
    record Received(Envelope envelope, String text) {}

    private static final Map<String, RecipientAnswer> KNOWN = Map.of(
            "ann@example.org", new RecipientAnswer.Accepted("vs1", List.of("ann@example.org")),
            "bob@example.org", new RecipientAnswer.Accepted("vs1", List.of("bob@example.org")),
            "cid@example.org", new RecipientAnswer.Accepted("vs2", List.of("cid@example.org")),
            "jürgen@example.org", new RecipientAnswer.Accepted("vs1", List.of("jürgen@example.org")),
            "postmaster@example.org", new RecipientAnswer.Accepted("vs1", List.of("ann@example.org")),
            "team@example.org", new RecipientAnswer.Accepted("vs1", List.of("ann@example.org", "bob@example.org")),
            "full@example.org", new RecipientAnswer.Refused(Answer.OVER_QUOTA),
            "later@example.org", new RecipientAnswer.Refused(Answer.NO_OWNER));

    final List<Received> messages = new CopyOnWriteArrayList<>();
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    volatile Answer verdict = new Answer(250, "2.0.0", "delivered");
    volatile Answer atData;

    @Override
    public RecipientAnswer recipient(String sender, String address, long declaredSize) {
        if (!address.endsWith("@example.org")) {
            return new RecipientAnswer.Refused(Answer.RELAYING_DENIED);
        }
        if (address.startsWith("n") && address.matches("n\\d+@.*")) {
            return new RecipientAnswer.Accepted("vs1", List.of(address));
        }
        return KNOWN.getOrDefault(address, new RecipientAnswer.Refused(Answer.UNKNOWN_USER));
    }

    @Override
    public Login authenticate(Credentials credentials) {
        String user = credentials.user();
        if (user.equals("later@example.org")) {
            return new Login.Unavailable();
        }
        Optional<String> signature = DirectoryFake.signature(credentials.secret());
        return signature.isPresent() && KNOWN.containsKey(user)
                ? new Login.Accepted(user, signature.get())
                : new Login.Refused();
    }

    @Override
    public ScramSalt salt(String user) throws IOException {
        if (user.equals("later@example.org")) {
            throw new IOException("no directory");
        }
        return DirectoryFake.salt();
    }

    @Override
    public boolean maySendAs(String user, String address) throws IOException {
        if (address.equals("later@example.org")) {
            throw new IOException("no directory");
        }
        return KNOWN.get(address) instanceof RecipientAnswer.Accepted accepted
                && accepted.users().contains(user);
    }

    @Override
    public MessageSink begin(Envelope envelope) throws RefusedException {
        if (atData != null) {
            throw new RefusedException(atData);
        }
        begun.incrementAndGet();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        return new MessageSink() {
            @Override
            public void write(byte[] block, int offset, int length) {
                bytes.write(block, offset, length);
            }

            @Override
            public Answer finish() {
                if (verdict.positive()) {
                    messages.add(new Received(envelope, bytes.toString(StandardCharsets.UTF_8)));
                }
                return verdict;
            }

            @Override
            public void close() {
                closed.incrementAndGet();
            }
        };
    }

    /// The content of the only message, behind the trace headers.
    String onlyContent() {
        if (messages.size() != 1) {
            throw new AssertionError("messages: " + messages);
        }
        String text = messages.getFirst().text();
        int received = text.indexOf("Received: ");
        int end = received;
        do {
            end = text.indexOf("\r\n", end) + 2;
        } while (text.startsWith("\t", end));
        return text.substring(end);
    }
}
