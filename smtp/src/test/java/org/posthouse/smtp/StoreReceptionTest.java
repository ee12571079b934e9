package org.posthouse.smtp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.posthouse.mailstore.Action;
import org.posthouse.mailstore.NewBody;
import org.posthouse.mailstore.StoreException;
import org.posthouse.smtp.Reception.RecipientAnswer;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;

/// Reception on the owner: what the store says, and what the client is told.
class StoreReceptionTest {
    private static final AddressBook ADDRESSES = new AddressBook() {
        @Override
        public Place locate(String address) throws IOException {
            return switch (address) {
                case "ann@example.org" -> new Place.Local("vs1", List.of("ann@example.org"));
                case "team@example.org" -> new Place.Local("vs1", List.of("ann@example.org", "bob@example.org"));
                case "cid@example.org" -> new Place.Local("vs2", List.of("cid@example.org"));
                case "gone@example.org" -> new Place.Nowhere(Answer.USER_DISABLED);
                default -> throw new IOException("no quorum");
            };
        }

        @Override
        public Optional<Known> verify(Credentials credentials) {
            return Optional.empty();
        }

        @Override
        public ScramSalt salt(String user) {
            return new ScramSalt("c2FsdA==", 4096);
        }
    };

    private final FakeStore store = new FakeStore();
    private final StoreReception reception =
            new StoreReception("vs1", store, ADDRESSES, user -> user.startsWith("bob") ? 500 : 0);

    private String recipient(String address, long size) {
        return switch (reception.recipient("", address, size)) {
            case RecipientAnswer.Accepted(String virtualServer, List<String> users) -> virtualServer + " " + users;
            case RecipientAnswer.Refused(Answer answer) -> answer.line().substring(0, 9);
        };
    }

    @Test
    void recipients() {
        assertThat(recipient("gone@example.org", 0)).isEqualTo("550 5.2.1");
        assertThat(recipient("elsewhere@example.org", 0)).isEqualTo("451 4.3.0");
        assertThat(recipient("cid@example.org", 0)).isEqualTo("551 5.1.6");
        assertThat(recipient("ann@example.org", 1_000_000)).isEqualTo("vs1 [ann@example.org]");
        store.used = 400;
        assertThat(recipient("team@example.org", 100)).isEqualTo("vs1 [ann@example.org, bob@example.org]");
        assertThat(recipient("team@example.org", 101)).isEqualTo("452 4.2.2");
        store.open = false;
        assertThat(recipient("ann@example.org", 0)).isEqualTo("451 4.3.2");
    }

    private static Envelope envelope() {
        return new Envelope(
                "id1",
                "",
                List.of(
                        new Envelope.Recipient("ann@example.org", "vs1", List.of("ann@example.org")),
                        new Envelope.Recipient("t@example.org", "vs1", List.of("bob@example.org", "ann@example.org"))),
                OffsetDateTime.parse("2026-11-22T10:15:30-03:30"));
    }

    private Answer deliver() throws Reception.RefusedException {
        try (MessageSink sink = reception.begin(envelope())) {
            byte[] text = "xhellox".getBytes(UTF_8);
            sink.write(text, 1, 5);
            return sink.finish();
        }
    }

    @Test
    void oneEntryForAllMailboxes() throws Exception {
        assertThat(deliver()).isEqualTo(new Answer(250, "2.0.0", "delivered as id1"));
        Action.Deliver delivery = store.all().getFirst();
        assertThat(delivery.targets())
                .extracting(Action.Target::user)
                .containsExactly("ann@example.org", "bob@example.org");
        assertThat(delivery.stamp().zoneMinutes()).isEqualTo(-210);
        assertThat(((NewBody.Inline) delivery.body()).bytes()).isEqualTo("hello".getBytes(UTF_8));
    }

    @Test
    void anOutcomeThatIsOpenIsNoAcceptance() throws Exception {
        for (StoreException.Kind kind : List.of(StoreException.Kind.NOT_OPEN, StoreException.Kind.UNKNOWN)) {
            store.atExecute = new StoreException(kind, "why");
            assertThat(deliver().line()).startsWith("451 4.3.0");
        }
        store.atExecute = null;
        store.atUpload = new StoreException(StoreException.Kind.FULL, "why");
        assertThat(deliver().line()).startsWith("452 4.3.1");
        store.open = false;
        assertThatThrownBy(this::deliver)
                .isInstanceOfSatisfying(
                        Reception.RefusedException.class,
                        refused -> assertThat(refused.answer().line()).startsWith("451 4.3.2"));
    }
}
