package org.posthouse.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.posthouse.directory.DirectoryClient.Kind;
import org.posthouse.smtp.AddressBook;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;
import org.posthouse.wire.PeerCertificate;
import org.posthouse.wire.RemoteException;
import org.posthouse.wire.Sasl.Credentials;
import org.posthouse.wire.ScramSalt;
import org.posthouse.wire.Secret;

@Timeout(30)
class LocatorTest {
    private static final Duration BRIEFLY = Duration.ofMillis(150);
    private static final Duration PLENTY = Duration.ofSeconds(10);

    private final AtomicLong clock = new AtomicLong();
    private final List<Link> nodes = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private final List<Duration> deadlines = new ArrayList<>();
    private final Locator locator = new Locator(
            () -> List.copyOf(nodes),
            new Locator.Limits(BRIEFLY, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(5), 2),
            clock::get);

    /// A node that always says the same; `null` for one that cannot say, `""` for one that does not answer.
    private final class Node implements Link {
        private final String name;
        private String answer;
        private int silentFor; // calls

        Node(String name, String answer) {
            this.name = name;
            this.answer = answer;
            nodes.add(this);
        }

        @Override
        public byte[] call(Opening head, byte[] request, Duration deadline, Consumer<LinkStream> underWay)
                throws IOException {
            asked.add(name);
            deadlines.add(deadline);
            if (answer == null) {
                throw new RemoteException("no quorum");
            }
            if (answer.isEmpty() || silentFor-- > 0) {
                throw new SocketTimeoutException(name + " did not answer");
            }
            return answer.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String peer() {
            return "node:" + name;
        }

        @Override
        public PeerCertificate certificate() {
            return new PeerCertificate("none", Instant.MAX);
        }

        @Override
        public LinkStream open(Opening opening) throws IOException {
            throw new IOException("no streams here");
        }

        @Override
        public boolean notice(Opening head, byte[] message) {
            return false;
        }

        @Override
        public boolean up() {
            return true;
        }

        @Override
        public void close() {}
    }

    @Test
    void aPositiveAnswerIsKeptForAWhile() throws IOException {
        Node n1 = new Node("n1", "local vs1 a@x");
        assertThat(locator.locate("a@x", PLENTY).virtualServer()).isEqualTo("vs1");
        n1.answer = "local vs2 a@x";
        clock.addAndGet(Duration.ofSeconds(4).toNanos());
        assertThat(locator.locate("a@x", PLENTY).virtualServer()).isEqualTo("vs1");
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(locator.locate("a@x", PLENTY).virtualServer()).isEqualTo("vs2");
        assertThat(asked).hasSize(2);
    }

    @Test
    void anAnswerThatProvedWrongIsForgotten() throws IOException {
        Node n1 = new Node("n1", "local vs1 a@x");
        assertThat(locator.locate("a@x", PLENTY).virtualServer()).isEqualTo("vs1");
        n1.answer = "local vs2 a@x";
        locator.forget("a@x");
        assertThat(locator.locate("a@x", PLENTY).virtualServer()).isEqualTo("vs2");
    }

    @Test
    void noMoreIsKeptThanTheLimit() throws IOException {
        Node n1 = new Node("n1", "local vs1 a@x");
        for (String address : List.of("a@x", "b@x", "a@x", "c@x")) {
            assertThat(locator.locate(address, PLENTY).kind()).isEqualTo(Kind.LOCAL);
        }
        n1.answer = "unknown";
        // Of two places one went to the newest, the other to what was asked for last before.
        assertThat(locator.locate("c@x", PLENTY).kind()).isEqualTo(Kind.LOCAL);
        assertThat(locator.locate("a@x", PLENTY).kind()).isEqualTo(Kind.LOCAL);
        assertThat(locator.locate("b@x", PLENTY).kind()).isEqualTo(Kind.UNKNOWN);
    }

    @Test
    void aNegativeAnswerIsFinalAndNotKept() throws IOException {
        Node n1 = new Node("n1", "unknown");
        assertThat(locator.locate("a@x", PLENTY).kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(asked).containsExactly("n1");
        n1.answer = "local vs1 a@x";
        assertThat(locator.locate("a@x", PLENTY).kind()).isEqualTo(Kind.LOCAL);
    }

    @Test
    void nodesThatCannotSayArePassedOverAndThenAskedLast() throws IOException {
        Node n1 = new Node("n1", null);
        Node n2 = new Node("n2", "");
        Node n3 = new Node("n3", "unknown");
        assertThat(locator.locate("a@x", PLENTY).kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(locator.locate("a@x", PLENTY).kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(asked).containsExactly("n1", "n2", "n3", "n3");
        n3.answer = null;
        n2.answer = "unknown";
        assertThat(locator.locate("a@x", PLENTY).kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(asked).containsExactly("n1", "n2", "n3", "n3", "n3", "n1", "n2");
        assertThat(n1.up()).isTrue();
    }

    @Test
    void aNodeThatIsOnlySlowIsGivenLongerInTheNextRound() throws IOException {
        Node n1 = new Node("n1", "");
        Node n2 = new Node("n2", "unknown");
        n2.silentFor = 2;
        assertThat(locator.locate("a@x", PLENTY).kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(asked).containsExactly("n1", "n2", "n1", "n2", "n1", "n2");
        assertThat(deadlines.stream().map(Duration::toSeconds)).containsExactly(1L, 1L, 2L, 2L, 4L, 4L);
        assertThat(n1.up()).isTrue();
    }

    @Test
    void withoutAnAnswerTheWaitEndsAtItsDeadline() {
        assertThatThrownBy(() -> locator.locate("a@x", BRIEFLY))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no link to any node");
        Node n1 = new Node("n1", null);
        assertThatThrownBy(() -> locator.verify(password("a@x"))).hasMessage("no node could say: no quorum");
        assertThat(n1.up()).isTrue();
    }

    @Test
    void aPasswordIsAskedEachTime() throws IOException {
        Node n1 = new Node("n1", "accepted vs1 a@x sig");
        assertThat(locator.verify(password("alias@x"))).contains(new AddressBook.Known("a@x", "sig"));
        n1.answer = "accepted vs1 a@x ";
        assertThat(locator.verify(password("alias@x"))).contains(new AddressBook.Known("a@x", ""));
        n1.answer = "refused";
        assertThat(locator.verify(password("alias@x"))).isEmpty();
    }

    @Test
    void aSaltIsWhatTheNodeSays() throws IOException {
        Node n1 = new Node("n1", "c2FsdA== 4096");
        assertThat(locator.salt("a@x")).isEqualTo(new ScramSalt("c2FsdA==", 4096));
        assertThat(n1.up()).isTrue();
    }

    private static Credentials password(String user) {
        return new Credentials(user, new Secret.Password("secret"));
    }
}
