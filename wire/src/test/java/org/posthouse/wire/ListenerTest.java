package org.posthouse.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Listeners over real sockets.
@Timeout(30)
class ListenerTest {
    private final List<AutoCloseable> opened = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    private static Listener.Plan plan(Listener.Limits limits, ServiceGate gate) {
        return new Listener.Plan(
                "test",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                limits,
                Optional.empty(),
                false,
                gate,
                reason -> "421 " + reason);
    }

    private Listener.Plan withTls(boolean implicit) throws IOException {
        Listener.Plan plain = plan(Listener.Limits.DEFAULT, ServiceGate.alwaysOpen());
        return new Listener.Plan(
                plain.name(),
                plain.address(),
                plain.limits(),
                Optional.of(TestIdentity.in(folder)),
                implicit,
                plain.gate(),
                plain.farewell());
    }

    private Listener open(Listener.Plan plan, Listener.Service service) throws IOException {
        Listener listener = Listener.open(plan, service);
        opened.add(listener);
        return listener;
    }

    private Socket connect(Listener listener) throws IOException {
        Socket socket = new Socket();
        socket.connect(listener.address(), 5000);
        socket.setSoTimeout(10_000);
        opened.add(socket);
        return socket;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
    }

    private static void echo(Duplex conversation) throws IOException {
        conversation.output().write("hello\r\n".getBytes(US_ASCII));
        WireReader in = new WireReader(conversation.input());
        while (in.peek() >= 0) {
            byte[] line = in.readLine(100);
            if (new String(line, US_ASCII).equals("starttls")) {
                conversation.output().write("go\r\n".getBytes(US_ASCII));
                echo(conversation.startTls());
                return;
            }
            conversation.output().write(line);
            conversation.output().write("\r\n".getBytes(US_ASCII));
        }
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    @Test
    void servesManyAtOnce() throws Exception {
        Listener listener = open(plan(Listener.Limits.DEFAULT, ServiceGate.alwaysOpen()), ListenerTest::echo);
        for (int i = 0; i < 20; i++) {
            Socket socket = connect(listener);
            BufferedReader in = reader(socket);
            assertThat(in.readLine()).isEqualTo("hello");
            say(socket, "line " + i + "\r\n");
            assertThat(in.readLine()).isEqualTo("line " + i);
        }
        assertThat(listener.connections()).isEqualTo(20);
    }

    @Test
    void refusesOverTheLimitsAndTakesAgainWhenSomebodyLeft() throws Exception {
        Listener.Limits two = Listener.Limits.DEFAULT.connections(3, 2);
        Listener listener = open(plan(two, ServiceGate.alwaysOpen()), ListenerTest::echo);
        Socket first = connect(listener);
        assertThat(reader(first).readLine()).isEqualTo("hello");
        assertThat(reader(connect(listener)).readLine()).isEqualTo("hello");
        BufferedReader third = reader(connect(listener));
        assertThat(third.readLine()).isEqualTo("421 TOO_MANY_FROM_ADDRESS");
        assertThat(third.readLine()).isNull();
        first.close();
        awaitConnections(listener, 1);
        assertThat(reader(connect(listener)).readLine()).isEqualTo("hello");
    }

    @Test
    void refusesOverTheLimitForAll() throws Exception {
        Listener listener =
                open(plan(Listener.Limits.DEFAULT.connections(1, 5), ServiceGate.alwaysOpen()), ListenerTest::echo);
        assertThat(reader(connect(listener)).readLine()).isEqualTo("hello");
        assertThat(reader(connect(listener)).readLine()).isEqualTo("421 TOO_MANY");
    }

    static void awaitConnections(Listener listener, int count) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (listener.connections() > count && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(listener.connections()).isEqualTo(count);
    }

    @Test
    void holdsUntilTheGateOpens() throws Exception {
        ServiceGate gate = ServiceGate.closed();
        Listener listener = open(plan(Listener.Limits.DEFAULT, gate), ListenerTest::echo);
        Socket socket = connect(listener);
        socket.setSoTimeout(200);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(10_000);
        gate.open();
        assertThat(reader(socket).readLine()).isEqualTo("hello");
    }

    @Test
    void sendsAwayWhoWaitedInVainAndWhoeverIsTooManyToWait() throws Exception {
        ServiceGate gate = ServiceGate.closed();
        Listener.Limits brief = Listener.Limits.DEFAULT.holding(10, Duration.ofMillis(100));
        assertThat(reader(connect(open(plan(brief, gate), ListenerTest::echo))).readLine())
                .isEqualTo("421 NOT_OPEN");
        Listener.Limits nobody = Listener.Limits.DEFAULT.holding(0, Duration.ofHours(1));
        assertThat(reader(connect(open(plan(nobody, gate), ListenerTest::echo))).readLine())
                .isEqualTo("421 NOT_OPEN");
    }

    @Test
    void closingSaysFarewellToTheIdleAtOnceAndToTheBusyWhenTheyAreDone() throws Exception {
        CountDownLatch working = new CountDownLatch(1);
        CountDownLatch mayAnswer = new CountDownLatch(1);
        Listener listener = open(plan(Listener.Limits.DEFAULT, ServiceGate.alwaysOpen()), conversation -> {
            WireReader in = new WireReader(conversation.input());
            while (in.peek() >= 0) {
                in.readLine(100);
                working.countDown();
                awaitUninterrupted(mayAnswer);
                conversation.output().write("done\r\n".getBytes(US_ASCII));
            }
        });
        Socket idle = connect(listener);
        Socket busy = connect(listener);
        say(busy, "work\r\n");
        awaitUninterrupted(working);
        CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> listener.close(Duration.ofSeconds(10)));
        assertThat(reader(idle).readLine()).isEqualTo("421 CLOSING");
        assertThat(closed).isNotDone();
        mayAnswer.countDown();
        BufferedReader in = reader(busy);
        assertThat(in.readLine()).isEqualTo("done");
        assertThat(in.readLine()).isEqualTo("421 CLOSING");
        assertThat(in.readLine()).isNull();
        closed.get(10, TimeUnit.SECONDS);
        assertThatThrownBy(() -> connect(listener)).isInstanceOf(IOException.class);
    }

    private static void awaitUninterrupted(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(10, TimeUnit.SECONDS)) {
                throw new IOException("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void cutsWhoeverDoesNotTakeTheAnswer() throws Exception {
        CompletableFuture<IOException> failure = new CompletableFuture<>();
        Listener.Limits brief = Listener.Limits.DEFAULT.writeDeadline(Duration.ofMillis(200));
        Listener listener = open(plan(brief, ServiceGate.alwaysOpen()), conversation -> {
            try {
                while (true) {
                    conversation.output().write(new byte[1 << 20]);
                }
            } catch (IOException e) {
                failure.complete(e);
                throw e;
            }
        });
        connect(listener);
        assertThat(failure.get(10, TimeUnit.SECONDS)).isNotNull();
        awaitConnections(listener, 0);
    }

    @Test
    void cutsWhoeverDoesNotTakeTheAnswerInTls() throws Exception {
        CompletableFuture<IOException> failure = new CompletableFuture<>();
        Listener.Plan tls = withTls(true);
        Listener.Plan brief = new Listener.Plan(
                tls.name(),
                tls.address(),
                // The handshake has as long, and all its code is cold.
                tls.limits().writeDeadline(Duration.ofSeconds(3)),
                tls.tls(),
                true,
                tls.gate(),
                tls.farewell());
        Listener listener = open(brief, conversation -> {
            try {
                while (true) {
                    conversation.output().write(new byte[1 << 20]);
                }
            } catch (IOException e) {
                failure.complete(e);
                throw e;
            }
        });
        Socket plain = connect(listener);
        SSLSocket socket = (SSLSocket) TestIdentity.trusting().createSocket(plain, "localhost", 0, true);
        socket.startHandshake();
        assertThat(failure.get(60, TimeUnit.SECONDS)).isNotNull();
        awaitConnections(listener, 0);
    }

    @Test
    void implicitTlsAndFarewellInIt() throws Exception {
        Listener listener = open(withTls(true), ListenerTest::echo);
        SSLSocket socket = (SSLSocket) TestIdentity.trusting().createSocket(connect(listener), "localhost", 0, true);
        BufferedReader in = reader(socket);
        assertThat(in.readLine()).isEqualTo("hello");
        say(socket, "there\r\n");
        assertThat(in.readLine()).isEqualTo("there");
        listener.dismiss(Duration.ofSeconds(5));
        assertThat(in.readLine()).isEqualTo("421 CLOSING");
        assertThat(in.readLine()).isNull();
    }

    @Test
    void startTls() throws Exception {
        for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
            Listener listener = open(withTls(false), ListenerTest::echo);
            Socket plain = connect(listener);
            BufferedReader before = reader(plain);
            assertThat(before.readLine()).isEqualTo("hello");
            say(plain, "starttls\r\n");
            assertThat(before.readLine()).isEqualTo("go");
            SSLSocket socket = (SSLSocket) TestIdentity.trusting().createSocket(plain, "localhost", 0, true);
            socket.setEnabledProtocols(new String[] {protocol});
            BufferedReader in = reader(socket);
            assertThat(in.readLine()).isEqualTo("hello");
            say(socket, "secret\r\n");
            assertThat(in.readLine()).isEqualTo("secret");
            assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
        }
    }

    @Test
    void garbageInsteadOfAHandshakeEndsTheConnection() throws Exception {
        Listener listener = open(withTls(true), ListenerTest::echo);
        Socket plain = connect(listener);
        say(plain, "EHLO plain.example\r\n");
        BufferedReader in = reader(plain);
        while (in.read() >= 0) {
            // An alert, then the end.
        }
        awaitConnections(listener, 0);
    }

    @Test
    void lastAnswerArrivesThoughMoreWasSentThanRead() throws Exception {
        Listener listener = open(plan(Listener.Limits.DEFAULT, ServiceGate.alwaysOpen()), conversation -> {
            new WireReader(conversation.input()).readLine(1000);
            conversation.output().write("enough\r\n".getBytes(US_ASCII));
        });
        for (int i = 0; i < 20; i++) {
            Socket socket = connect(listener);
            say(socket, "a\r\n" + "x".repeat(200_000));
            BufferedReader in = reader(socket);
            assertThat(in.readLine()).isEqualTo("enough");
            assertThat(in.readLine()).isNull();
            socket.close();
        }
    }

    @Test
    void lastAnswerArrivesInTlsToo() throws Exception {
        Listener listener = open(withTls(true), conversation -> {
            new WireReader(conversation.input()).readLine(1000);
            conversation.output().write("enough\r\n".getBytes(US_ASCII));
        });
        for (int i = 0; i < 5; i++) {
            Socket plain = connect(listener);
            SSLSocket socket = (SSLSocket) TestIdentity.trusting().createSocket(plain, "localhost", 0, true);
            say(socket, "a\r\n" + "x".repeat(100_000));
            BufferedReader in = reader(socket);
            assertThat(in.readLine()).isEqualTo("enough");
            assertThat(in.readLine()).isNull();
            socket.close();
        }
    }

    @Test
    void nameOfAnUnusableAddressOrFileIsInTheMessage() throws Exception {
        Listener listener = open(plan(Listener.Limits.DEFAULT, ServiceGate.alwaysOpen()), ListenerTest::echo);
        Listener.Plan taken = new Listener.Plan(
                "second",
                listener.address(),
                Listener.Limits.DEFAULT,
                Optional.empty(),
                false,
                ServiceGate.alwaysOpen(),
                Enum::name);
        assertThatThrownBy(() -> Listener.open(taken, ListenerTest::echo))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("second")
                .hasMessageContaining(String.valueOf(listener.address().getPort()));
        Path empty = Files.createFile(folder.resolve("empty.pem"));
        assertThatThrownBy(() -> TlsIdentity.load(empty, empty)).hasMessageContaining("empty.pem");
    }
}
