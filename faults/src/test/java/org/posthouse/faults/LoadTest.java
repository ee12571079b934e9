package org.posthouse.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.posthouse.faults.Ledger.Outcome;

/// The load against a server that acknowledges, refuses and hangs up as told: the outcomes in the ledger are those
/// that happened.
class LoadTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Map<String, String> USERS = Map.of("user1@example.org", "vs1");

    @Test
    void everyAnswerIsNotedForWhatItWas() throws IOException {
        Ledger ledger = new Ledger();
        try (Moody server = new Moody();
                Load load = Load.start(ledger, List.of(server.address()), USERS, new Load.Pace(1, 200, 1_000), 7)) {
            long after = System.nanoTime();
            for (int acknowledged = 0; acknowledged < 4; acknowledged++) {
                after = load.next("vs1", after, LIMIT).orElseThrow().sentNanos();
            }
            load.stop();
            assertThat(load.refusals().keySet())
                    .anySatisfy(answer -> assertThat(answer).isEqualTo("451 4.3.2 not now"))
                    .anySatisfy(answer -> assertThat(answer).isEqualTo("550 5.7.1 never"))
                    .anySatisfy(answer -> assertThat(answer).startsWith("no answer: "));
        }
        assertThat(ledger.count(Outcome.ACKNOWLEDGED)).isGreaterThanOrEqualTo(4);
        assertThat(ledger.count(Outcome.REFUSED_FOR_NOW)).isPositive();
        assertThat(ledger.count(Outcome.REFUSED_FOR_GOOD)).isPositive();
        assertThat(ledger.count(Outcome.UNKNOWN)).isPositive();
        assertThat(ledger.check(List.of()).lost().count()).isEqualTo(ledger.count(Outcome.ACKNOWLEDGED));
    }

    /// Answers messages in turn with 250, 451, 550, and by hanging up.
    private static final class Moody implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        private final AtomicInteger messages = new AtomicInteger();

        Moody() throws IOException {
            var _ = Thread.ofVirtual().start(this::serve);
        }

        InetSocketAddress address() {
            return (InetSocketAddress) listener.getLocalSocketAddress();
        }

        private void serve() {
            while (!listener.isClosed()) {
                try (Socket client = listener.accept()) {
                    talk(client);
                } catch (IOException _) {
                    // The client went, or the test ended: the next accept tells.
                }
            }
        }

        private void talk(Socket client) throws IOException {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
            OutputStream out = client.getOutputStream();
            say(out, "220 moody");
            boolean data = false;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (data) {
                    if (line.equals(".")) {
                        data = false;
                        String answer = mood();
                        if (answer.isEmpty()) {
                            return;
                        }
                        say(out, answer);
                    }
                } else if (line.equals("DATA")) {
                    data = true;
                    say(out, "354 go on");
                } else {
                    say(out, "250 fine");
                }
            }
        }

        private String mood() {
            return switch (messages.getAndIncrement() % 4) {
                case 0 -> "250 taken";
                case 1 -> "451 4.3.2 not now";
                case 2 -> "550 5.7.1 never";
                default -> "";
            };
        }

        private static void say(OutputStream out, String line) throws IOException {
            out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
